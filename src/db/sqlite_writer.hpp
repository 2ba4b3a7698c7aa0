// The one thread that writes to a SQLite database. Callers queue their closures; the thread runs those that wait, each
// in a savepoint, and commits them together, so that they share one fsync. Served in the order of arrival; a long one
// (a step of a batch) begins a commit of its own, so that what came before it does not wait for its end.
#pragma once
#include <atomic>
#include "db/closure_transaction.hpp"
#include "db/sqlite_connection.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace reelvault::db {

class SqliteWriter {
 public:
  using Closure = std::function<Result<void>(Transaction&)>;
  // `committed` is called on the writer thread after each commit with the pages that the write-ahead log holds.
  SqliteWriter(std::unique_ptr<SqliteConnection> connection, bool run_closures_twice,
               std::function<void(int)> committed);
  ~SqliteWriter();  // what waits is still done

  std::uint64_t epoch() const { return epoch_.load(std::memory_order_acquire); }  // see Database
  // Blocks until the closure is committed, `synced`: on the disk, or has failed.
  Result<void> run(const Closure& closure, bool synced = true);

 private:
  struct Request {
    const Closure* closure = nullptr;
    bool synced = true;
    std::chrono::steady_clock::duration expected{};  // as long as the caller's last one took
    Outcome outcome;
    bool done = false;
    std::condition_variable finished;
  };
  using Batch = std::vector<Request*>;

  void loop();
  // The next, unless it is expected to take longer, or wants to be synced by a transaction that is not.
  Request* take(std::chrono::steady_clock::duration most, bool synced);
  int sync_commits(bool synced);  // outside of a transaction; what SQLite says
  void run_batch();
  void run_one_by_one(const Batch& batch);
  int run_alone(Request& request);
  void run_in_savepoint(Request& request);
  int commit();
  void empty_log();
  void roll_back();
  void finish(const Batch& batch);
  Error error(int code, std::string_view doing);

  std::unique_ptr<SqliteConnection> connection_;
  const bool run_closures_twice_;
  std::function<void(int)> committed_;
  int log_pages_ = 0;
  bool synced_ = true;  // whether a commit waits for the disk
  std::atomic<std::uint64_t> epoch_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Request*> queue_;
  bool stopping_ = false;

  prometheus::Counter& commits_;
  prometheus::Counter& closures_;
  prometheus::Gauge& queued_;
  prometheus::Histogram& commit_seconds_;
  std::thread thread_;
};

}  // namespace reelvault::db
