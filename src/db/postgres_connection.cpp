#include "db/postgres_connection.hpp"

#include "base/log.hpp"
#include "db/postgres_values.hpp"
#include "db/sql_text.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

namespace reelvault::db {
namespace {

constexpr std::size_t cached_statements_max = 500;
constexpr std::size_t waiting_max = 128;  // statements that are not answered yet
constexpr std::size_t sent_together = 16;
constexpr std::chrono::seconds patience_for_a_setting{10};
constexpr int oldest_server = 130000;  // pg_current_xact_id

std::string_view field(const pg_result* result, int code) {
  const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
  return text == nullptr ? std::string_view() : text;
}

void log_notice(void*, const char* message) { log::debug("PostgreSQL says", {{"detail", message}}); }

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

void PostgresResultDeleter::operator()(pg_result* result) const { PQclear(result); }

PostgresConnection::PostgresConnection(const Options& options, Role role)
    : url_(options.url), schema_(options.schema), role_(role), read_limit_(options.read_limit) {}

PostgresConnection::~PostgresConnection() { close(); }

void PostgresConnection::close() {
  PQfinish(connection_);
  connection_ = nullptr;
  cache_.clear();
  waiting_.clear();
  broken_ = silent_ = false;
}

bool PostgresConnection::dead() const {
  return broken_ || connection_ == nullptr || PQstatus(connection_) != CONNECTION_OK;
}

void PostgresConnection::connect() {
  if (!dead()) return;
  close();
  // What the URL says comes later and so wins; only the encoding is ours.
  const char* keys[] = {"connect_timeout",  "keepalives_idle",  "keepalives_interval",
                        "keepalives_count", "tcp_user_timeout", "application_name",
                        "dbname",           "client_encoding",  nullptr};
  const char* values[] = {"5", "30", "10", "3", "30000", "reelvault", url_.c_str(), "UTF8", nullptr};
  connection_ = PQconnectdbParams(keys, values, 1);
  if (dead()) {
    const std::string reason = connection_ == nullptr ? "no memory" : one_line(PQerrorMessage(connection_));
    close();
    trouble_ = Trouble::lost;
    Error error = unavailable_error("connecting to PostgreSQL: " + reason);
    error.message = "The database cannot be reached.";
    throw Failure(std::move(error));
  }
  PQsetNoticeProcessor(connection_, log_notice, nullptr);
  silence_max_ = patience_for_a_setting;
  try {
    set_up();
  } catch (...) {
    close();
    throw;
  }
}

void PostgresConnection::set_up() {
  const char* encoding = PQparameterStatus(connection_, "server_encoding");
  if (PQserverVersion(connection_) < oldest_server) throw_bug("PostgreSQL 13 or newer is needed");
  if (encoding == nullptr || std::string_view(encoding) != "UTF8") throw_bug("the PostgreSQL database is not in UTF8");
  std::string sql =
      "set timezone = 'UTC'; set standard_conforming_strings = on; set bytea_output = hex; "
      "set client_min_messages = warning; set extra_float_digits = 1; set lock_timeout = '30s'; "
      // Of a node that is gone without a word the locks go within a minute.
      "set tcp_keepalives_idle = 30; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3; "
      // Our statements are short and served by indexes: compiling them, or reading a table that seems to be small from
      // end to end while its statistics are still to come, costs more than it saves.
      "set jit = off; set random_page_cost = 1.1; "
      "set idle_in_transaction_session_timeout = '60s'; "
      // What write has answered is durable, whatever the server's default.
      "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off';";
  // All that a change looks for is found by an index; only what was planned before there were statistics would not be.
  if (role_ == Role::writer) sql += "set enable_seqscan = off;";
  if (role_ == Role::reader) sql += fmt::format("set statement_timeout = {};", std::max<long>(1, read_limit_.count()));
  if (!schema_.empty()) sql += fmt::format("set search_path = \"{}\";", schema_);
  checked(execute_plain(sql.c_str()).release(), sql);
}

void PostgresConnection::begin(const char* sql, std::chrono::milliseconds silence_max) {
  try {
    settle();  // the end of a read before
  } catch (const Failure&) {
    roll_back();
  }
  trouble_ = Trouble::none;
  connect();
  silence_max_ = silence_max;
  answers_.clear();
  sent_ = 0;
  send_plain(sql);
}

void PostgresConnection::roll_back() {
  if (connection_ == nullptr) return;
  try {
    settle();
  } catch (const Failure&) {
    // The transaction fails in any case.
  }
  if (dead()) return close();
  leave_pipeline();
  if (PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) return close();
  const PGTransactionStatusType status = PQtransactionStatus(connection_);
  if (status == PQTRANS_IDLE) return;
  const PostgresResult result = execute_plain("rollback");
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) return close();
  if (trouble_ == Trouble::stale_plan) {
    const PostgresResult forgotten = execute_plain("deallocate all");
    cache_.clear();
  }
}

void PostgresConnection::end_read() {
  if (dead() || trouble_ != Trouble::none || !waiting_.empty() || PQtransactionStatus(connection_) != PQTRANS_INTRANS) {
    return roll_back();
  }
  try {
    send_plain("rollback");
  } catch (const Failure&) {
    return close();
  }
  if (!synchronise()) close();
}

void PostgresConnection::commit() {
  settle();  // what fails before is known not to be done
  leave_pipeline();
  const PostgresResult result = execute_plain("commit");
  if (PQresultStatus(result.get()) == PGRES_COMMAND_OK) {
    // A transaction in which a statement failed answers a COMMIT with a rollback.
    if (std::string_view(PQcmdStatus(result.get())) == "COMMIT") return;
    throw_bug("the transaction had failed and was rolled back at its commit");
  }
  const Failure failed = failure(result.get(), "commit");
  if (!dead()) throw Failure(failed);
  trouble_ = Trouble::none;  // it may have committed: running it again could do it twice
  throw Failure(make_error(Code::unavailable, "commit-unknown",
                           "The database went away; the change may or may not be done.", failed.error.detail));
}

void PostgresConnection::forgive_taken() {
  if (trouble_ == Trouble::taken) trouble_ = Trouble::none;
}

void PostgresConnection::execute_raw(std::string_view sql) {
  settle();
  leave_pipeline();
  checked(PQexec(connection_, std::string(sql).c_str()), sql);
}

PostgresResult PostgresConnection::execute(std::string_view sql, const Parameters& parameters) {
  send(sql, parameters);
  return collect();
}

std::size_t PostgresConnection::send(std::string_view sql, const Parameters& parameters) {
  if (waiting_.size() >= waiting_max) settle();
  if (sql.starts_with(planned_anew)) {
    const PostgresStatement statement = postgres_statement(sql);
    const PostgresArguments arguments(statement.names, parameters, sql);
    start_pipeline();
    return sent(
        PQsendQueryParams(connection_, statement.sql.c_str(), static_cast<int>(arguments.types().size()),
                          arguments.types().data(), arguments.values(), arguments.lengths(), arguments.formats(), 0),
        sql);
  }
  Prepared& statement = prepared(sql);
  const PostgresArguments arguments(statement.statement.names, parameters, sql);
  const std::string& name = variant(statement, arguments.types(), sql);
  start_pipeline();
  return sent(PQsendQueryPrepared(connection_, name.c_str(), static_cast<int>(arguments.types().size()),
                                  arguments.values(), arguments.lengths(), arguments.formats(), 0),
              sql);
}

void PostgresConnection::warm_up() {
  connect();
  static constexpr const char* kLook =
      "do $$ declare tables record; begin for tables in select cast(oid as regclass) as name from pg_class "
      "where relkind = 'r' and relnamespace = cast(current_schema() as regnamespace) loop "
      "execute format('select 1 from %s where false', tables.name); end loop; end $$";
  checked(execute_plain(kLook).release(), kLook);
}

void PostgresConnection::send_plain(const char* sql) {
  start_pipeline();
  sent(PQsendQueryParams(connection_, sql, 0, nullptr, nullptr, nullptr, nullptr, 0), sql);
}

void PostgresConnection::start_pipeline() {
  if (PQpipelineStatus(connection_) == PQ_PIPELINE_OFF) PQenterPipelineMode(connection_);
}

void PostgresConnection::leave_pipeline() {
  if (connection_ != nullptr && PQpipelineStatus(connection_) != PQ_PIPELINE_OFF) PQexitPipelineMode(connection_);
}

std::size_t PostgresConnection::sent(int accepted, std::string_view sql) {
  if (accepted != 1) throw failure(nullptr, sql);
  waiting_.emplace_back(sql);
  // The server works on these while the next are made. A Sync, since only from there on it minds how long a transaction
  // is idle: a node that stops here must not keep its locks.
  if (++sent_ % sent_together == 0 && !synchronise()) throw failure(nullptr, sql);
  return sent_ - 1;
}

bool PostgresConnection::synchronise() {
  if (PQpipelineSync(connection_) != 1) return false;
  waiting_.emplace_back();
  return true;
}

std::int64_t PostgresConnection::answer(std::size_t statement) {
  if (statement >= answers_.size()) settle();
  return answers_.at(statement);
}

void PostgresConnection::settle() { collect(); }

// Gives the last result. What was sent after a statement that failed was not done.
PostgresResult PostgresConnection::collect() {
  PostgresResult last;
  if (waiting_.empty() || connection_ == nullptr) return last;
  std::optional<Failure> failed;
  if (!waiting_.back().empty() && !synchronise()) failed = failure(nullptr, waiting_.front());
  PostgresResult result;
  for (const std::string& sql : std::exchange(waiting_, {})) {
    if (failed && dead()) break;
    result = next_result();
    if (sql.empty()) {
      broken_ = broken_ || PQresultStatus(result.get()) != PGRES_PIPELINE_SYNC;
      if (broken_ && !failed) failed = failure(result.get(), "sync");
      continue;
    }
    last = std::move(result);
    const ExecStatusType status = PQresultStatus(last.get());
    std::int64_t answer = 0;
    if (status == PGRES_TUPLES_OK && sql.ends_with(" returning id")) {
      if (PQntuples(last.get()) > 0) answer = PostgresRow(last.get()).get<std::int64_t>(0);
    } else if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
      const std::string_view count = PQcmdTuples(last.get());
      std::from_chars(count.data(), count.data() + count.size(), answer);
    } else if (status != PGRES_EMPTY_QUERY && !failed) {
      failed = failure(last.get(), sql);
    }
    if (!dead()) answers_.push_back(answer);
    // Up to the null that ends a statement's results.
    while (last && next_result()) continue;
  }
  if (failed) throw Failure(*failed);
  return last;
}

PostgresConnection::Prepared& PostgresConnection::prepared(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found == cache_.end()) {
    if (cache_.size() >= cached_statements_max) {
      auto oldest = std::min_element(cache_.begin(), cache_.end(),
                                     [](auto& a, auto& b) { return a.second.last_use < b.second.last_use; });
      for (auto& [types, name] : oldest->second.variants) execute_raw("deallocate " + name);
      cache_.erase(oldest);
    }
    found = cache_.emplace(std::string(sql), Prepared{postgres_statement(sql), {}, 0}).first;
  }
  found->second.last_use = ++uses_;
  return found->second;
}

const std::string& PostgresConnection::variant(Prepared& prepared, const std::vector<unsigned>& types,
                                               std::string_view sql) {
  for (auto& [known, name] : prepared.variants) {
    if (known == types) return name;
  }
  std::string name = "s" + std::to_string(++names_);
  settle();
  leave_pipeline();
  if (PQsendPrepare(connection_, name.c_str(), prepared.statement.sql.c_str(), static_cast<int>(types.size()),
                    types.data()) != 1)
    throw failure(nullptr, sql);
  checked(last_result().release(), sql);
  return prepared.variants.emplace_back(types, std::move(name)).second;
}

PostgresResult PostgresConnection::next_result() {
  if (silent_) return {};
  auto until = std::chrono::steady_clock::now() + silence_max_;
  while (PQisBusy(connection_) != 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    pollfd socket{PQsocket(connection_), POLLIN, 0};
    const int ready = left.count() <= 0 ? 0 : poll(&socket, 1, static_cast<int>(std::min<long>(left.count(), 60'000)));
    if (ready > 0) {
      if (PQconsumeInput(connection_) != 1) break;
      until = std::chrono::steady_clock::now() + silence_max_;
    } else if (ready == 0 && left.count() <= 60'000) {
      silent_ = broken_ = true;
      return {};
    } else if (ready < 0 && errno != EINTR) {
      break;
    }
  }
  return PostgresResult(PQgetResult(connection_));
}

PostgresResult PostgresConnection::last_result() {
  PostgresResult last;
  while (PostgresResult result = next_result()) last = std::move(result);
  if (silent_) last.reset();
  return last;
}

PostgresResult PostgresConnection::execute_plain(const char* sql) {
  return PQsendQuery(connection_, sql) == 1 ? last_result() : PostgresResult();
}

PostgresResult PostgresConnection::checked(pg_result* raw, std::string_view sql) {
  PostgresResult result(raw);
  const ExecStatusType status = PQresultStatus(raw);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY) return result;
  throw failure(raw, sql);
}

Failure PostgresConnection::failure(const pg_result* result, std::string_view sql) {
  const std::string state(field(result, PG_DIAG_SQLSTATE));
  // The server says so before it hangs up.
  const std::string_view severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  broken_ = broken_ || severity == "FATAL" || severity == "PANIC";
  const std::string detail = fmt::format("PostgreSQL {}: {} in: {}", state.empty() ? "connection" : state,
                                         silent_             ? "it does not answer"
                                         : result == nullptr ? one_line(PQerrorMessage(connection_))
                                                             : one_line(PQresultErrorMessage(result)),
                                         sql.substr(0, 500));
  if (state == "23505" || state == "23503" || state == "23514" || state == "23P01") {
    if (state == "23505") trouble_ = Trouble::taken;
    return Failure(constraint_error(std::string(field(result, PG_DIAG_CONSTRAINT_NAME))), state == "23505");
  }
  if (state == "40001" || state == "40P01") {
    trouble_ = Trouble::lost_race;
    return Failure(unavailable_error(detail));
  }
  if (state == "0A000" && field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery") {
    trouble_ = Trouble::stale_plan;
    return Failure(unavailable_error(detail));
  }
  if (dead()) {
    // Another try would wait as long, and nobody has so much patience.
    trouble_ = silent_ ? Trouble::none : Trouble::lost;
    return Failure(unavailable_error(detail));
  }
  if (state == "53100") {
    return Failure(make_error(Code::no_space, "", "The database server's disk is full.", detail));
  }
  // Canceled by the time limit, no lock in time, out of memory or connections, shutting down.
  if (state == "57014" || state == "55P03" || state.starts_with("53") || state.starts_with("57P")) {
    return Failure(unavailable_error(detail));
  }
  return Failure(make_error(Code::internal, "", "The database failed.", detail));
}

}  // namespace reelvault::db
