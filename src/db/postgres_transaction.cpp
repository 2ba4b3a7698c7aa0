#include "db/postgres_transaction.hpp"

#include "db/postgres_values.hpp"

#include <libpq-fe.h>

namespace reelvault::db {

namespace {

// What only changes rows can wait for others; anything else may lock, sleep or be run for what it does beside.
bool can_wait(std::string_view sql) {
  const std::string_view verb = sql.substr(0, 6);
  return verb == "insert" || verb == "update" || verb == "delete";
}

std::string returning_id(std::string_view sql) { return std::string(sql) + " returning id"; }

}  // namespace

void PostgresTransaction::check_deadline() const {
  if (std::chrono::steady_clock::now() >= deadline_) throw Failure(unavailable_error("the read took too long"));
}

std::size_t PostgresTransaction::send(std::string_view sql, const Parameters& parameters) {
  check_deadline();
  return connection_.send(sql, parameters);
}

Answer PostgresTransaction::execute(std::string_view sql, const Parameters& parameters) {
  return changing([&] {
    const std::size_t statement = send(sql, parameters);
    if (!can_wait(sql)) connection_.settle();
    return Answer(*this, statement);
  });
}

Answer PostgresTransaction::insert(std::string_view sql, const Parameters& parameters) {
  return changing([&] { return Answer(*this, send(returning_id(sql), parameters)); });
}

std::int64_t PostgresTransaction::answer_of(std::size_t statement) {
  return guarded([&] { return connection_.answer(statement); });
}

void PostgresTransaction::settle() {
  guarded([&] { connection_.settle(); });
}

// A failed statement would otherwise end the transaction.
std::optional<std::int64_t> PostgresTransaction::in_savepoint(std::string_view sql, const Parameters& parameters) {
  return changing([&]() -> std::optional<std::int64_t> {
    connection_.settle();  // what failed before is not this one's failure
    try {
      connection_.send_plain("savepoint attempt");
      const std::size_t statement = send(sql, parameters);
      connection_.send_plain("release savepoint attempt");
      return connection_.answer(statement);
    } catch (const Failure& failure) {
      if (!failure.unique_violation) throw;
      connection_.execute_raw("rollback to savepoint attempt; release savepoint attempt");
      connection_.forgive_taken();
      return std::nullopt;
    }
  });
}

bool PostgresTransaction::try_execute(std::string_view sql, const Parameters& parameters) {
  return in_savepoint(sql, parameters).has_value();
}

std::optional<std::int64_t> PostgresTransaction::try_insert(std::string_view sql, const Parameters& parameters) {
  return in_savepoint(returning_id(sql), parameters);
}

void PostgresTransaction::execute_raw(std::string_view sql) {
  guarded([&] { connection_.execute_raw(sql); });
}

void PostgresTransaction::visit(std::string_view sql, const Parameters& parameters,
                                const std::function<bool(const Row&)>& fn) {
  guarded([&] {
    check_deadline();
    const PostgresResult result = connection_.execute(sql, parameters);
    PostgresRow row(result.get());
    const int count = PQntuples(result.get());
    for (int i = 0; i < count; ++i) {
      row.move_to(i);
      if (!fn(row)) return;
    }
  });
}

}  // namespace reelvault::db
