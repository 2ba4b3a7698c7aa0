#include "db/postgres_transaction.hpp"

#include "db/postgres_values.hpp"

#include <libpq-fe.h>

namespace reelvault::db {

PostgresResult PostgresTransaction::run(std::string_view sql, const Parameters& parameters) {
  if (std::chrono::steady_clock::now() >= deadline_) throw Failure(unavailable_error("the read took too long"));
  return connection_.execute(sql, parameters);
}

std::int64_t PostgresTransaction::run_insert(std::string_view sql, const Parameters& parameters) {
  const PostgresResult result = run(std::string(sql) + " returning id", parameters);
  if (PQntuples(result.get()) == 0) return 0;
  return PostgresRow(result.get()).get<std::int64_t>(0);
}

std::int64_t PostgresTransaction::execute(std::string_view sql, const Parameters& parameters) {
  return guarded([&] {
    const PostgresResult result = run(sql, parameters);
    const std::string_view count = PQcmdTuples(result.get());
    std::int64_t rows = 0;
    std::from_chars(count.data(), count.data() + count.size(), rows);
    return rows;
  });
}

std::int64_t PostgresTransaction::insert(std::string_view sql, const Parameters& parameters) {
  return guarded([&] { return run_insert(sql, parameters); });
}

// A failed statement would otherwise end the transaction.
bool PostgresTransaction::in_savepoint(const std::function<void()>& statement) {
  return guarded([&] {
    connection_.execute_raw("savepoint attempt");
    try {
      statement();
    } catch (const Failure& failure) {
      if (!failure.unique_violation) throw;
      connection_.execute_raw("rollback to savepoint attempt; release savepoint attempt");
      return false;
    }
    connection_.execute_raw("release savepoint attempt");
    return true;
  });
}

bool PostgresTransaction::try_execute(std::string_view sql, const Parameters& parameters) {
  return in_savepoint([&] { run(sql, parameters); });
}

std::optional<std::int64_t> PostgresTransaction::try_insert(std::string_view sql, const Parameters& parameters) {
  std::int64_t id = 0;
  if (!in_savepoint([&] { id = run_insert(sql, parameters); })) return std::nullopt;
  return id;
}

void PostgresTransaction::execute_raw(std::string_view sql) {
  guarded([&] { connection_.execute_raw(sql); });
}

void PostgresTransaction::visit(std::string_view sql, const Parameters& parameters,
                                const std::function<bool(const Row&)>& fn) {
  guarded([&] {
    const PostgresResult result = run(sql, parameters);
    PostgresRow row(result.get());
    const int count = PQntuples(result.get());
    for (int i = 0; i < count; ++i) {
      row.move_to(i);
      if (!fn(row)) return;
    }
  });
}

}  // namespace reelvault::db
