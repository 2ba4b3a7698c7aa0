// The statements of one closure on a SQLite connection; whoever makes it begins and ends the transaction.
#pragma once
#include "db/closure_transaction.hpp"
#include "db/sqlite_connection.hpp"

namespace reelvault::db {

class SqliteTransaction : public ClosureTransaction {
 public:
  explicit SqliteTransaction(SqliteConnection& connection) : connection_(connection) {}
  Kind kind() const override { return Kind::sqlite; }
  Answer execute(std::string_view sql, const Parameters& parameters) override;
  bool try_execute(std::string_view sql, const Parameters& parameters) override;
  Answer insert(std::string_view sql, const Parameters& parameters) override;
  std::optional<std::int64_t> try_insert(std::string_view sql, const Parameters& parameters) override;
  void execute_raw(std::string_view sql) override;

 protected:
  void visit(std::string_view sql, const Parameters& parameters, const std::function<bool(const Row&)>& fn) override;
  std::int64_t answer_of(std::size_t) override { throw_bug("SQLite answers at once"); }

 private:
  std::int64_t run(std::string_view sql, const Parameters& parameters);
  std::int64_t run_insert(std::string_view sql, const Parameters& parameters);

  SqliteConnection& connection_;
};

}  // namespace reelvault::db
