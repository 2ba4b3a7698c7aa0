#include "db/postgres_database.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "db/nesting.hpp"
#include "db/postgres_transaction.hpp"

#include <fmt/format.h>

#include <random>

namespace reelvault::db {
namespace {

constexpr int attempts_max = 20;
constexpr int lost_connections_max = 3;
// Of those that take a free name at once all but one find it taken, the next likewise; who violates a constraint by
// itself does so however often.
constexpr int taken_max = 8;
constexpr std::chrono::seconds patience_for_a_writer{30};
constexpr std::chrono::hours read_no_limit{24};
// Beyond when the server itself ends a statement; a change it lets take its time.
constexpr std::chrono::seconds silence_of_a_read{2};
constexpr std::chrono::minutes silence_of_a_write{2};
constexpr const char* begin_read = "begin isolation level repeatable read read only";

// Two that collided must not collide again in step.
std::chrono::microseconds pause_before(int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int most = std::min(100'000, 1000 << std::min(attempt, 10));
  return std::chrono::microseconds(std::uniform_int_distribution(0, most)(random));
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

PostgresDatabase::PostgresDatabase(Options options)
    : options_(std::move(options)),
      commits_(metrics::counter("reelvault_db_commits_total", "Transactions committed")),
      closures_(metrics::counter("reelvault_db_closures_total", "Write closures run; over commits: the batch size")),
      retries_(metrics::counter("reelvault_db_retries_total", "Write closures run again after a lost race")),
      queued_(metrics::gauge("reelvault_db_write_queue", "Write closures that wait for the writer")),
      commit_seconds_(metrics::seconds("reelvault_db_commit_seconds", "Time of COMMIT, its fsync included")),
      read_seconds_(metrics::seconds("reelvault_db_read_seconds", "Time of a read closure, waiting included")) {
  for (int i = 0; i < std::max(1, options_.readers); ++i) {
    readers_.add(std::make_unique<PostgresConnection>(options_, PostgresConnection::Role::reader));
  }
  beside_.add(std::make_unique<PostgresConnection>(options_, PostgresConnection::Role::reader));
  for (int i = 0; i < std::max(1, options_.writers); ++i) {
    writers_.add(std::make_unique<PostgresConnection>(options_, PostgresConnection::Role::writer));
  }
}

Result<std::unique_ptr<Database>> PostgresDatabase::open(Options options) {
  if (options.schema.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos) {
    return fail(Code::internal, "", "The database schema's name may hold a to z, 0 to 9 and _ only.", options.schema);
  }
  std::unique_ptr<PostgresDatabase> database(new PostgresDatabase(std::move(options)));
  RV_CHECK(database->make_schema());
  return database;
}

Result<void> PostgresDatabase::make_schema() {
  Options plain = options_;
  plain.schema.clear();
  PostgresConnection connection(plain, PostgresConnection::Role::writer);
  try {
    connection.connect();
    if (options_.schema.empty()) return {};
    try {
      connection.execute_raw(fmt::format("create schema if not exists \"{}\"", options_.schema));
    } catch (const Failure& failure) {
      if (!failure.unique_violation) throw;  // another node made it at the same moment
    }
    return {};
  } catch (const Failure& failure) {
    return fail(failure.error);
  }
}

void PostgresDatabase::warm_up() {
  warming_ = std::jthread([this](std::stop_token stop) {
    auto each = [&](Pool<PostgresConnection>& pool, int count) {
      for (int i = 0; i < count && !stop.stop_requested(); ++i)
        if (auto connection = pool.borrow_coldest()) connection->warm_up();
    };
    try {
      each(writers_, std::max(1, options_.writers));
      each(readers_, std::max(1, options_.readers));
      each(beside_, 1);
    } catch (const Failure& failure) {
      log::warning("connections are opened when they are needed", {{"detail", failure.error.detail}});
    }
  });
}

Result<void> PostgresDatabase::run_read(const Closure& closure) {
  const Nesting nesting;
  return read_with(readers_, {begin_read}, options_.read_limit, closure);
}

Result<void> PostgresDatabase::run_read_unlimited(const Closure& closure) {
  const Nesting nesting;
  return read_with(readers_, {begin_read, "set local statement_timeout = 0"}, read_no_limit, closure);
}

Result<void> PostgresDatabase::run_read_beside(const Closure& closure) {
  return read_with(beside_, {begin_read}, options_.read_limit, closure);
}

Result<void> PostgresDatabase::read_with(Pool<PostgresConnection>& readers, const Beginning& beginning,
                                         std::chrono::milliseconds limit, const Closure& closure) {
  const auto start = std::chrono::steady_clock::now();
  auto connection = readers.borrow(limit);
  if (!connection) return fail(unavailable_error("no connection for reading came free"));
  Outcome outcome;
  for (bool again = true; again;) {
    try {
      connection->begin(beginning.begin, limit + silence_of_a_read);
      if (beginning.then != nullptr) connection->send_plain(beginning.then);
    } catch (const Failure& failure) {
      connection->roll_back();
      return fail(failure.error);
    }
    PostgresTransaction transaction(*connection, start + limit);
    outcome = run_closure(closure, transaction);
    // The server went away since the connection was last used: the closure has seen nothing yet, so a new one serves.
    again = !outcome.good() && connection->trouble() == PostgresConnection::Trouble::lost && !connection->answered() &&
            std::chrono::steady_clock::now() < start + limit;
    connection->end_read();
  }
  read_seconds_.Observe(seconds_since(start));
  if (outcome.exception) std::rethrow_exception(outcome.exception);
  return std::move(outcome.result);
}

Result<void> PostgresDatabase::run_write(const Closure& closure) {
  return write_at({"begin isolation level read committed"}, closure);
}

Result<void> PostgresDatabase::run_write_unsynced(const Closure& closure) {
  return write_at({"begin isolation level read committed", "set local synchronous_commit = off"}, closure);
}

Result<void> PostgresDatabase::run_write_serializable(const Closure& closure) {
  return write_at({"begin isolation level serializable"}, closure);
}

Result<void> PostgresDatabase::write_at(const Beginning& beginning, const Closure& closure) {
  const Nesting nesting;
  queued_.Increment();
  auto connection = writers_.borrow(patience_for_a_writer);
  queued_.Decrement();
  if (!connection) return fail(unavailable_error("no connection for writing came free"));
  for (int tried = 1, lost = 0, taken = 0;; ++tried) {
    Outcome outcome = attempt(*connection, beginning, closure);
    const PostgresConnection::Trouble trouble = connection->trouble();
    if (outcome.good()) {
      const std::lock_guard lock(callbacks_);
      run_callbacks(outcome.callbacks);
      return {};
    }
    if (outcome.exception) std::rethrow_exception(outcome.exception);
    if (trouble == PostgresConnection::Trouble::lost && ++lost > lost_connections_max) return outcome.result;
    if (trouble == PostgresConnection::Trouble::taken && ++taken > taken_max) return outcome.result;
    if (trouble == PostgresConnection::Trouble::none || tried == attempts_max) return outcome.result;
    retries_.Increment();
    std::this_thread::sleep_for(pause_before(trouble == PostgresConnection::Trouble::lost ? 10 : tried));
  }
}

// One transaction, ended whatever happens in it.
Outcome PostgresDatabase::attempt(PostgresConnection& connection, const Beginning& beginning, const Closure& closure) {
  Outcome outcome;
  try {
    for (int runs = options_.run_closures_twice ? 2 : 1; runs > 0; --runs) {
      connection.begin(beginning.begin, silence_of_a_write);
      if (beginning.then != nullptr) connection.send_plain(beginning.then);
      PostgresTransaction transaction(connection, std::chrono::steady_clock::time_point::max());
      closures_.Increment();
      outcome = run_closure(closure, transaction);
      if (!outcome.good() || runs > 1) {
        connection.roll_back();
        if (!outcome.good() && connection.trouble() != PostgresConnection::Trouble::none) break;
      }
    }
    if (!outcome.good()) return outcome;
    const auto start = std::chrono::steady_clock::now();
    connection.commit();
    commit_seconds_.Observe(seconds_since(start));
    commits_.Increment();
  } catch (const Failure& failure) {
    outcome = {fail(failure.error), nullptr, {}};
    connection.roll_back();
  }
  return outcome;
}

Result<void> PostgresDatabase::backup(const std::filesystem::path&) {
  const std::string sentence = "A PostgreSQL database is backed up with pg_dump, not by reelvault.";
  return fail(Code::not_implemented, "use-pg-dump", sentence, sentence);
}

}  // namespace reelvault::db
