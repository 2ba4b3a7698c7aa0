// The SQLite side of Database: a pool of reader connections, the writer thread and the checkpointer.
#pragma once
#include "db/database.hpp"
#include "db/pool.hpp"
#include "db/sqlite_checkpointer.hpp"
#include "db/sqlite_connection.hpp"
#include "db/sqlite_writer.hpp"

namespace reelvault::db {

class SqliteDatabase : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(Options options);

  Kind kind() const override { return Kind::sqlite; }
  Result<void> backup(const std::filesystem::path& to) override;
  std::filesystem::path file() const override { return options_.path; }
  std::optional<std::uint64_t> epoch() const override { return writer_->epoch(); }

 protected:
  Result<void> run_read(const Closure& closure) override;
  Result<void> run_read_unlimited(const Closure& closure) override;
  Result<void> run_read_beside(const Closure& closure) override;
  Result<void> run_write(const Closure& closure) override;
  Result<void> run_write_unsynced(const Closure& closure) override;
  Result<void> run_write_serializable(const Closure& closure) override { return run_write(closure); }

 private:
  Result<void> read_with(Pool<SqliteConnection>& readers, std::chrono::milliseconds limit, const Closure& closure);
  Result<void> write_with(bool synced, const Closure& closure);
  explicit SqliteDatabase(Options options);

  const Options options_;
  Pool<SqliteConnection> readers_;
  Pool<SqliteConnection> beside_;  // one
  std::unique_ptr<SqliteCheckpointer> checkpointer_;
  std::unique_ptr<SqliteWriter> writer_;  // goes first: it reports to the checkpointer
  prometheus::Histogram& read_seconds_;
};

}  // namespace reelvault::db
