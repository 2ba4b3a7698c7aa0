// The PostgreSQL side of Database: a pool of connections for reads and one for writes. A write that loses a race, or
// its connection before the COMMIT, is run again a few times.
#pragma once
#include "db/closure_transaction.hpp"
#include "db/database.hpp"
#include "db/pool.hpp"
#include "db/postgres_connection.hpp"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace reelvault::db {

class PostgresDatabase : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(Options options);

  Kind kind() const override { return Kind::postgres; }
  void warm_up() override;
  Result<void> backup(const std::filesystem::path& to) override;
  std::filesystem::path file() const override { return {}; }

 protected:
  Result<void> run_read(const Closure& closure) override;
  Result<void> run_read_unlimited(const Closure& closure) override;
  Result<void> run_read_beside(const Closure& closure) override;
  Result<void> run_write(const Closure& closure) override;
  Result<void> run_write_unsynced(const Closure& closure) override;
  Result<void> run_write_serializable(const Closure& closure) override;

 private:
  explicit PostgresDatabase(Options options);
  Result<void> make_schema();
  struct Beginning {
    const char* begin = nullptr;
    const char* then = nullptr;  // sent with it
  };
  Result<void> read_with(Pool<PostgresConnection>& readers, const Beginning& beginning, std::chrono::milliseconds limit,
                         const Closure& closure);
  Result<void> write_at(const Beginning& beginning, const Closure& closure);
  Outcome attempt(PostgresConnection& connection, const Beginning& beginning, const Closure& closure);

  const Options options_;
  Pool<PostgresConnection> readers_;
  Pool<PostgresConnection> beside_;  // one
  Pool<PostgresConnection> writers_;
  std::mutex callbacks_;  // they never run two at once

  prometheus::Counter& commits_;
  prometheus::Counter& closures_;
  prometheus::Counter& retries_;
  prometheus::Gauge& queued_;
  prometheus::Histogram& commit_seconds_;
  prometheus::Histogram& read_seconds_;
  std::jthread warming_;  // last: it ends before what it uses
};

}  // namespace reelvault::db
