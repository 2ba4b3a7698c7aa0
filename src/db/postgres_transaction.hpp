// The statements of one closure on a PostgreSQL connection; whoever makes it begins and ends the transaction.
#pragma once
#include "db/closure_transaction.hpp"
#include "db/postgres_connection.hpp"

namespace reelvault::db {

class PostgresTransaction : public ClosureTransaction {
 public:
  // No statement starts after the deadline.
  PostgresTransaction(PostgresConnection& connection, std::chrono::steady_clock::time_point deadline)
      : connection_(connection), deadline_(deadline) {}
  Kind kind() const override { return Kind::postgres; }
  Answer execute(std::string_view sql, const Parameters& parameters) override;
  bool try_execute(std::string_view sql, const Parameters& parameters) override;
  Answer insert(std::string_view sql, const Parameters& parameters) override;
  std::optional<std::int64_t> try_insert(std::string_view sql, const Parameters& parameters) override;
  void execute_raw(std::string_view sql) override;
  void settle() override;

 protected:
  void visit(std::string_view sql, const Parameters& parameters, const std::function<bool(const Row&)>& fn) override;
  std::int64_t answer_of(std::size_t statement) override;

 private:
  void check_deadline() const;
  std::size_t send(std::string_view sql, const Parameters& parameters);
  std::optional<std::int64_t> in_savepoint(std::string_view sql, const Parameters& parameters);

  PostgresConnection& connection_;
  const std::chrono::steady_clock::time_point deadline_;
};

}  // namespace reelvault::db
