#include "db/sqlite_writer.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "db/nesting.hpp"
#include "db/sqlite_transaction.hpp"

#include <sqlite3.h>

#include <algorithm>

namespace reelvault::db {
namespace {

constexpr std::size_t batch_closures_max = 64;
constexpr std::chrono::milliseconds batch_time_max{10};
constexpr std::chrono::milliseconds long_closure{3};

// A thread that wrote for long is at work on something long: a batch, a rebuild.
thread_local std::chrono::steady_clock::duration last_closure{};

}  // namespace

SqliteWriter::SqliteWriter(std::unique_ptr<SqliteConnection> connection, bool run_closures_twice,
                           std::function<void(int)> committed)
    : connection_(std::move(connection)),
      run_closures_twice_(run_closures_twice),
      committed_(std::move(committed)),
      commits_(metrics::counter("reelvault_db_commits_total", "Transactions committed")),
      closures_(metrics::counter("reelvault_db_closures_total", "Write closures run; over commits: the batch size")),
      queued_(metrics::gauge("reelvault_db_write_queue", "Write closures that wait for the writer")),
      commit_seconds_(metrics::seconds("reelvault_db_commit_seconds", "Time of COMMIT, its fsync included")) {
  sqlite3_wal_hook(
      connection_->handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteWriter*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  thread_ = std::thread([this] { loop(); });
}

SqliteWriter::~SqliteWriter() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Result<void> SqliteWriter::run(const Closure& closure, bool synced) {
  Request request;
  request.closure = &closure;
  request.synced = synced;
  request.expected = last_closure;
  std::unique_lock lock(mutex_);
  queue_.push_back(&request);
  queued_.Set(static_cast<double>(queue_.size()));
  wake_.notify_one();
  request.finished.wait(lock, [&] { return request.done; });
  lock.unlock();
  last_closure = request.expected;
  if (request.outcome.exception) std::rethrow_exception(request.outcome.exception);
  return std::move(request.outcome.result);
}

void SqliteWriter::loop() {
  const Nesting nesting;  // a closure or callback that called write would wait for this very thread
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
    }
    run_batch();
  }
}

SqliteWriter::Request* SqliteWriter::take(std::chrono::steady_clock::duration most, bool synced) {
  std::lock_guard lock(mutex_);
  if (queue_.empty() || queue_.front()->expected > most || (queue_.front()->synced && !synced)) return nullptr;
  Request* request = queue_.front();
  queue_.pop_front();
  queued_.Set(static_cast<double>(queue_.size()));
  return request;
}

// The log is one file: a commit that syncs it syncs what was committed before.
int SqliteWriter::sync_commits(bool synced) {
  if (synced == synced_) return SQLITE_OK;
  // It is done while it is compiled, so a statement that is kept would do nothing.
  const int code =
      sqlite3_exec(connection_->handle(), synced ? "pragma synchronous = full" : "pragma synchronous = normal", nullptr,
                   nullptr, nullptr);
  if (code == SQLITE_OK) synced_ = synced;
  return code;
}

void SqliteWriter::run_batch() {
  const auto end = std::chrono::steady_clock::now() + batch_time_max;
  Batch batch;
  bool synced = true;
  {
    std::lock_guard lock(mutex_);
    synced = std::ranges::any_of(queue_, &Request::synced);
  }
  int code = sync_commits(synced);
  if (code == SQLITE_OK) code = connection_->control("begin immediate");
  if (code != SQLITE_OK) {
    if (Request* request = take(std::chrono::steady_clock::duration::max(), true)) {
      request->outcome.result = fail(error(code, "begin"));
      finish({request});
    }
    roll_back();
    return;
  }
  while (batch.size() < batch_closures_max && std::chrono::steady_clock::now() < end) {
    Request* request = take(batch.empty() ? std::chrono::steady_clock::duration::max() : long_closure, synced);
    if (request == nullptr) break;
    batch.push_back(request);
    const auto began = std::chrono::steady_clock::now();
    run_in_savepoint(*request);
    request->expected = std::chrono::steady_clock::now() - began;
    // A full disk or an I/O error can end the whole transaction, and with it the work of those before.
    if (!connection_->in_transaction()) return run_one_by_one(batch);
  }
  code = commit();
  if (code == SQLITE_OK) return finish(batch);
  const bool full = connection_->disk_full(code);
  const Error failed = error(code, "commit");
  roll_back();
  // A deferred constraint is one closure's fault, and what does not fit may be; anything else is everyone's.
  if ((code & 0xff) == SQLITE_CONSTRAINT || full) return run_one_by_one(batch);
  for (Request* request : batch) {
    if (request->outcome.good()) request->outcome.result = fail(failed);
    request->outcome.callbacks.clear();
  }
  finish(batch);
}

void SqliteWriter::run_one_by_one(const Batch& batch) {
  for (Request* request : batch) {
    int code = run_alone(*request);
    // The log that has no room to grow may begin anew: what it holds goes where there is room for most of it.
    if (connection_->disk_full(code)) {
      empty_log();
      code = run_alone(*request);
    }
    if (code != SQLITE_OK && request->outcome.good()) {
      request->outcome.result = fail(error(code, "commit alone"));
      request->outcome.callbacks.clear();
    }
    roll_back();
    finish({request});
  }
}

int SqliteWriter::run_alone(Request& request) {
  roll_back();
  request.outcome = {};
  int code = sync_commits(request.synced);
  if (code == SQLITE_OK) code = connection_->control("begin immediate");
  if (code != SQLITE_OK) return code;
  run_in_savepoint(request);
  return connection_->in_transaction() ? commit() : SQLITE_OK;
}

// Waits for readers to leave the log, for as long as the writer waits for anything.
void SqliteWriter::empty_log() {
  roll_back();
  const int code =
      sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr, nullptr);
  if (code != SQLITE_OK) log::warning("the log of a database without room was not emptied", {{"code", code}});
}

// Leaves the outcome in the request. Afterwards either its savepoint is gone or the whole transaction is.
void SqliteWriter::run_in_savepoint(Request& request) {
  for (int runs = run_closures_twice_ ? 2 : 1; runs > 0; --runs) {
    int code = connection_->control("savepoint closure");
    if (code == SQLITE_OK) {
      SqliteTransaction transaction(*connection_);
      request.outcome = run_closure(*request.closure, transaction);
      closures_.Increment();
      if (!connection_->in_transaction()) {
        // A closure that swallowed the failure must not pass for done.
        if (request.outcome.good()) request.outcome.result = fail(unavailable_error("the transaction ended"));
        return;
      }
      if (!request.outcome.good() || runs > 1) code = connection_->control("rollback to closure");
      if (code == SQLITE_OK) code = connection_->control("release closure");
    }
    if (code != SQLITE_OK) {
      if (request.outcome.good()) request.outcome.result = fail(error(code, "savepoint"));
      request.outcome.callbacks.clear();
      return roll_back();
    }
  }
}

int SqliteWriter::commit() {
  const auto start = std::chrono::steady_clock::now();
  log_pages_ = 0;
  const int code = connection_->control("commit");
  if (code != SQLITE_OK) return code;
  commit_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  commits_.Increment();
  if (log_pages_ > 0) committed_(log_pages_);
  return code;
}

void SqliteWriter::roll_back() {
  if (connection_->in_transaction()) connection_->control("rollback");
}

void SqliteWriter::finish(const Batch& batch) {
  for (Request* request : batch) {
    if (request->outcome.good()) run_callbacks(request->outcome.callbacks);
  }
  // Also where a commit failed: it may have come through all the same.
  epoch_.fetch_add(1, std::memory_order_acq_rel);
  // Notified under the lock: the request lives on its caller's stack and goes as soon as the caller wakes.
  std::lock_guard lock(mutex_);
  for (Request* request : batch) {
    request->done = true;
    request->finished.notify_one();
  }
}

Error SqliteWriter::error(int code, std::string_view doing) {
  Error error = connection_->failure(code, doing).error;
  if (error.code != Code::conflict) log::error("the database failed", {{"detail", error.detail}});
  return error;
}

}  // namespace reelvault::db
