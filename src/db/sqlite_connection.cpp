#include "db/sqlite_connection.hpp"

#include "db/sql_text.hpp"
#include "db/sqlite_functions.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace reelvault::db {
namespace {

constexpr std::size_t cached_statements_max = 500;
constexpr int busy_timeout_ms = 5000;
// The checkpointer may have to empty the log, which a slow disk that others use too takes its time for; nobody else
// writes.
constexpr int writer_busy_timeout_ms = 30'000;
// The checkpointer holds up writers while it waits for readers to leave the log.
constexpr int checkpointer_busy_timeout_ms = 500;
// The file grows ahead of its pages, so that there is room left in it when the disk is full.
constexpr int growth_bytes = 4 << 20;
constexpr int instructions_between_deadline_checks = 2000;

int check_deadline(void* deadline) {
  const auto at = *static_cast<const std::chrono::steady_clock::time_point*>(deadline);
  if (at == std::chrono::steady_clock::time_point::max()) return 0;
  return std::chrono::steady_clock::now() >= at ? 1 : 0;
}

std::string pragmas(SqliteConnection::Role role) {
  // A reader maps the file instead of copying pages; what it sees is still checked against the log page by page.
  std::string sql =
      "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma wal_autocheckpoint = 0;"
      "pragma case_sensitive_like = on; pragma temp_store = memory; pragma journal_size_limit = 67108864;";
  if (role == SqliteConnection::Role::writer) sql += "pragma cache_size = -16000;";
  if (role == SqliteConnection::Role::reader) {
    sql += "pragma cache_size = -4000; pragma mmap_size = 2147418112; pragma query_only = on;";
  }
  return sql;
}

}  // namespace

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::filesystem::path& path, Role role) {
  // Nobody asks how much memory SQLite has, and counting it takes a lock around each allocation.
  [[maybe_unused]] static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection);
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  int code = sqlite3_open_v2(path.c_str(), &connection->handle_, flags, nullptr);
  sqlite3* handle = connection->handle_;
  if (code == SQLITE_OK) {
    sqlite3_busy_timeout(handle, role == Role::checkpointer ? checkpointer_busy_timeout_ms
                                 : role == Role::writer     ? writer_busy_timeout_ms
                                                            : busy_timeout_ms);
    for (int off : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL}) sqlite3_db_config(handle, off, 0, nullptr);
    code = add_sqlite_functions(handle);
  }
  if (code == SQLITE_OK) code = sqlite3_exec(handle, pragmas(role).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return fail(connection->failure(code, "opening " + path.string()).error);
  if (role != Role::reader) {
    int chunk = growth_bytes;
    sqlite3_file_control(handle, nullptr, SQLITE_FCNTL_CHUNK_SIZE, &chunk);
  }
  sqlite3_progress_handler(handle, instructions_between_deadline_checks, check_deadline, &connection->deadline_);
  return connection;
}

SqliteConnection::~SqliteConnection() {
  for (auto& [sql, prepared] : cache_) sqlite3_finalize(prepared->statement);
  for (auto& prepared : extra_) sqlite3_finalize(prepared->statement);
  sqlite3_close_v2(handle_);
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

int SqliteConnection::control(std::string_view sql) {
  try {
    SqliteStatement statement(*this, sql, {});
    const int code = sqlite3_step(statement.get());
    return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
  } catch (const Failure&) {
    return sqlite3_extended_errcode(handle_);
  }
}

void SqliteConnection::execute_raw(std::string_view sql) {
  const int code = sqlite3_exec(handle_, std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw failure(code, sql);
}

bool SqliteConnection::disk_full(int code) const {
  const int primary = code & 0xff;
  return primary == SQLITE_FULL || (primary == SQLITE_IOERR && sqlite3_system_errno(handle_) == ENOSPC);
}

Failure SqliteConnection::failure(int code, std::string_view sql) {
  const std::string message = handle_ == nullptr ? "no connection" : sqlite3_errmsg(handle_);
  const std::string detail = fmt::format("SQLite {}: {} in: {}", code, message, sql.substr(0, 500));
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return Failure(constraint_error(constraint_name(message)), true);
    case SQLITE_CONSTRAINT_FOREIGNKEY: return Failure(constraint_error("foreign key"));
    case SQLITE_CONSTRAINT_CHECK:
      return Failure(constraint_error(message.substr(std::min(message.size(), message.rfind(' ') + 1))));
    default: break;
  }
  if (disk_full(code)) return Failure(make_error(Code::no_space, "", "The server's disk is full.", detail));
  const int primary = code & 0xff;
  if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED || primary == SQLITE_INTERRUPT || primary == SQLITE_NOMEM) {
    return Failure(unavailable_error(detail));
  }
  return Failure(make_error(Code::internal, "", "The database failed.", detail));
}

// "UNIQUE constraint failed: asset.parent, asset.name" or "…: index 'asset_lower_name'": the index's name, and for a
// constraint written inside `create table` the name PostgreSQL gives it, so that both databases answer alike.
std::string SqliteConnection::constraint_name(std::string_view message) {
  const std::size_t colon = message.find(": ");
  if (colon == std::string_view::npos) return std::string(message);
  std::string_view rest = message.substr(colon + 2);
  if (rest.starts_with("index '")) return std::string(rest.substr(7, rest.size() - 8));
  const std::string_view table = rest.substr(0, rest.find('.'));
  std::string columns, generated(table);
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find(", "));
    const std::string_view column = one.substr(std::min(one.size(), one.find('.') + 1));
    columns += std::string(columns.empty() ? "" : ",") + std::string(column);
    generated += "_" + std::string(column);
    rest.remove_prefix(std::min(rest.size(), one.size() + 2));
  }
  try {
    SqliteStatement find(*this,
                         "select l.name, l.origin from pragma_index_list(:table) l where l.\"unique\" and "
                         "(select group_concat(i.name) from pragma_index_info(l.name) i) = :columns",
                         {{"table", table}, {"columns", columns}});
    if (find.step()) {
      const SqliteRow row(find.get());
      const auto origin = row.get<std::string_view>(1);
      if (origin == "c") return row.get<std::string>(0);
      return origin == "pk" ? std::string(table) + "_pkey" : generated + "_key";
    }
  } catch (const Failure&) {
    return std::string(rest);
  }
  return std::string(table) + "_pkey";  // a rowid table's integer primary key has no index
}

SqlitePrepared* SqliteConnection::prepare(std::string_view sql) {
  auto found = cache_.find(sql);
  if (found == cache_.end()) {
    if (cache_.size() >= cached_statements_max) {
      auto oldest = cache_.end();
      for (auto i = cache_.begin(); i != cache_.end(); ++i) {
        if (!i->second->in_use && (oldest == cache_.end() || i->second->last_use < oldest->second->last_use))
          oldest = i;
      }
      if (oldest != cache_.end()) {
        sqlite3_finalize(oldest->second->statement);
        cache_.erase(oldest);
      }
    }
    found = cache_.emplace(std::string(sql), prepare_new(sql)).first;
  }
  SqlitePrepared* prepared = found->second.get();
  if (prepared->in_use) prepared = extra_.emplace_back(prepare_new(sql)).get();
  prepared->in_use = true;
  prepared->last_use = ++uses_;
  return prepared;
}

std::unique_ptr<SqlitePrepared> SqliteConnection::prepare_new(std::string_view sql) {
  const std::string text = sqlite_statement(sql);
  auto prepared = std::make_unique<SqlitePrepared>();
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(handle_, text.c_str(), static_cast<int>(text.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &prepared->statement, &tail);
  if (code != SQLITE_OK) throw failure(code, sql);
  const bool one = prepared->statement != nullptr && split_statements(tail).empty();
  const int count = sqlite3_bind_parameter_count(prepared->statement);
  for (int i = 1; one && i <= count; ++i) {
    const char* name = sqlite3_bind_parameter_name(prepared->statement, i);
    prepared->names.emplace_back(name == nullptr ? "" : name + 1);
  }
  if (!one) {
    sqlite3_finalize(prepared->statement);
    throw_bug(fmt::format("not one statement: {}", sql));
  }
  return prepared;
}

void SqliteConnection::release(SqlitePrepared* prepared) {
  sqlite3_reset(prepared->statement);
  if (!prepared->names.empty()) sqlite3_clear_bindings(prepared->statement);
  prepared->in_use = false;
  for (auto i = extra_.begin(); i != extra_.end(); ++i) {
    if (i->get() != prepared) continue;
    sqlite3_finalize(prepared->statement);
    extra_.erase(i);
    return;
  }
}

SqliteStatement::SqliteStatement(SqliteConnection& connection, std::string_view sql, const Parameters& parameters)
    : connection_(connection), sql_(sql), prepared_(connection.prepare(sql)) {
  try {
    for (std::size_t i = 0; i < prepared_->names.size(); ++i) {
      const std::string& name = prepared_->names[i];
      // Mostly they are given in the order of the statement.
      auto found = i < parameters.size() && parameters[i].name == name
                       ? parameters.begin() + static_cast<std::ptrdiff_t>(i)
                       : std::find_if(parameters.begin(), parameters.end(), [&](auto& p) { return p.name == name; });
      if (found == parameters.end()) throw_bug(fmt::format("no value for :{} in: {}", name, sql));
      bind(static_cast<int>(i) + 1, found->value);
    }
  } catch (...) {
    connection_.release(prepared_);
    throw;
  }
}

SqliteStatement::~SqliteStatement() { connection_.release(prepared_); }

void SqliteStatement::bind(int index, const Value& value) {
  sqlite3_stmt* statement = prepared_->statement;
  const int code = std::visit(
      [&]<class T>(const T& v) -> int {
        if constexpr (std::is_same_v<T, Null>) {
          return sqlite3_bind_null(statement, index);
        } else if constexpr (std::is_same_v<T, bool>) {
          return sqlite3_bind_int(statement, index, v ? 1 : 0);
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          return sqlite3_bind_int64(statement, index, v);
        } else if constexpr (std::is_same_v<T, double>) {
          return sqlite3_bind_double(statement, index, v);
        } else if constexpr (std::is_same_v<T, std::string_view>) {
          check_text(v);  // a null pointer would bind NULL, hence the ""
          return sqlite3_bind_text64(statement, index, v.empty() ? "" : v.data(), v.size(), SQLITE_STATIC, SQLITE_UTF8);
        } else if constexpr (std::is_same_v<T, Blob>) {
          return sqlite3_bind_blob64(statement, index, v.bytes.data(), v.bytes.size(), SQLITE_STATIC);
        } else if constexpr (std::is_same_v<T, Uuid>) {
          return sqlite3_bind_blob(statement, index, v.bytes.data(), 16, SQLITE_STATIC);
        } else {
          if constexpr (std::is_same_v<T, std::vector<std::string>>) std::for_each(v.begin(), v.end(), check_text);
          auto* list = const_cast<Value::Variant*>(&value.variant());  // only read behind the pointer
          return sqlite3_bind_pointer(statement, index, list, sqlite_list_pointer, nullptr);
        }
      },
      value.variant());
  if (code != SQLITE_OK) throw connection_.failure(code, sql_);
}

bool SqliteStatement::step() {
  const int code = sqlite3_step(prepared_->statement);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw connection_.failure(code, sql_);
}

int SqliteRow::position(std::string_view column) const {
  const int count = sqlite3_column_count(statement_);
  for (int i = 0; i < count; ++i) {
    if (column == sqlite3_column_name(statement_, i)) return i;
  }
  throw_bug(fmt::format("no column {}", column));
}

bool SqliteRow::null(int column) const {
  if (column < 0 || column >= sqlite3_column_count(statement_)) throw_bug(fmt::format("no column {}", column));
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

std::int64_t SqliteRow::integer(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) throw_bug(fmt::format("column {} is not a number", column));
  return sqlite3_column_int64(statement_, column);
}

double SqliteRow::real(int column) const {
  const int type = sqlite3_column_type(statement_, column);
  if (type != SQLITE_INTEGER && type != SQLITE_FLOAT) throw_bug(fmt::format("column {} is not a number", column));
  return sqlite3_column_double(statement_, column);
}

std::string_view SqliteRow::bytes(int column) const {
  // Numbers become text, as they come from PostgreSQL.
  const void* data = sqlite3_column_type(statement_, column) == SQLITE_BLOB ? sqlite3_column_blob(statement_, column)
                                                                            : sqlite3_column_text(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return {size == 0 ? "" : static_cast<const char*>(data), size};
}

Uuid SqliteRow::uuid(int column) const {
  const std::string_view raw = bytes(column);
  if (sqlite3_column_type(statement_, column) != SQLITE_BLOB || raw.size() != 16) {
    throw_bug(fmt::format("column {} is not a uuid", column));
  }
  Uuid out;
  std::copy(raw.begin(), raw.end(), out.bytes.begin());
  return out;
}

}  // namespace reelvault::db
