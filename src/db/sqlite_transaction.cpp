#include "db/sqlite_transaction.hpp"

#include <sqlite3.h>

namespace reelvault::db {

std::int64_t SqliteTransaction::run(std::string_view sql, const Parameters& parameters) {
  sqlite3* handle = connection_.handle();
  const std::int64_t before = sqlite3_total_changes64(handle);
  SqliteStatement statement(connection_, sql, parameters);
  while (statement.step()) continue;
  // sqlite3_changes keeps the count of an earlier statement where this one changed nothing.
  return sqlite3_total_changes64(handle) == before ? 0 : sqlite3_changes64(handle);
}

std::int64_t SqliteTransaction::run_insert(std::string_view sql, const Parameters& parameters) {
  // Not last_insert_rowid: that stays at an earlier row where an upsert updates or does nothing.
  const std::string returning = std::string(sql) + " returning id";
  SqliteStatement statement(connection_, returning, parameters);
  std::int64_t id = 0;
  while (statement.step()) id = sqlite3_column_int64(statement.get(), 0);
  return id;
}

Answer SqliteTransaction::execute(std::string_view sql, const Parameters& parameters) {
  return changing([&] { return Answer(run(sql, parameters)); });
}

Answer SqliteTransaction::insert(std::string_view sql, const Parameters& parameters) {
  return changing([&] { return Answer(run_insert(sql, parameters)); });
}

// A statement that violates a constraint undoes itself and leaves the transaction as it was.
bool SqliteTransaction::try_execute(std::string_view sql, const Parameters& parameters) {
  return changing([&] {
    try {
      run(sql, parameters);
      return true;
    } catch (const Failure& failure) {
      if (!failure.unique_violation) throw;
      return false;
    }
  });
}

std::optional<std::int64_t> SqliteTransaction::try_insert(std::string_view sql, const Parameters& parameters) {
  return changing([&]() -> std::optional<std::int64_t> {
    try {
      return run_insert(sql, parameters);
    } catch (const Failure& failure) {
      if (!failure.unique_violation) throw;
      return std::nullopt;
    }
  });
}

void SqliteTransaction::execute_raw(std::string_view sql) {
  guarded([&] { connection_.execute_raw(sql); });
}

void SqliteTransaction::visit(std::string_view sql, const Parameters& parameters,
                              const std::function<bool(const Row&)>& fn) {
  guarded([&] {
    SqliteStatement statement(connection_, sql, parameters);
    const SqliteRow row(statement.get());
    while (statement.step() && fn(row)) continue;
  });
}

}  // namespace reelvault::db
