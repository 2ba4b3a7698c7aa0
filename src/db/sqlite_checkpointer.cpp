#include "db/sqlite_checkpointer.hpp"

#include "base/file.hpp"
#include "base/log.hpp"

#include <fcntl.h>
#include <sqlite3.h>

namespace reelvault::db {
namespace {

constexpr int pages_before_checkpoint = 1000;  // 4 MiB
constexpr std::chrono::seconds checkpoint_interval{1};
constexpr std::uintmax_t log_bytes_max = 64u << 20;
// A reader that stands in the way is gone after its limit; until then holding up the writer again is in vain.
constexpr std::chrono::seconds truncate_interval{5};

constexpr off_t log_bytes_reserved = 4 << 20;  // as long as it gets before the first checkpoint

}  // namespace

SqliteCheckpointer::SqliteCheckpointer(std::unique_ptr<SqliteConnection> connection, std::filesystem::path database)
    : connection_(std::move(connection)), log_path_(std::move(database) += "-wal") {
  reserve();
  thread_ = std::thread([this] { loop(); });
}

SqliteCheckpointer::~SqliteCheckpointer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void SqliteCheckpointer::committed(int log_pages) {
  std::lock_guard lock(mutex_);
  log_pages_ = log_pages;
  if (log_pages_ < checkpointed_pages_) checkpointed_pages_ = 0;  // the log began anew
  due_ = true;
  if (much_to_do()) wake_.notify_one();
}

// Not the log's whole length: while somebody reads it does not begin anew, and every commit would be one too many.
bool SqliteCheckpointer::much_to_do() const { return log_pages_ - checkpointed_pages_ >= pages_before_checkpoint; }

void SqliteCheckpointer::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_for(lock, checkpoint_interval, [&] { return stopping_ || (due_ && much_to_do()); });
    if (stopping_ || !due_) continue;
    due_ = false;
    checkpointed_pages_ = log_pages_;
    lock.unlock();
    checkpoint();
    lock.lock();
  }
}

// Room for the log, before others fill the disk. Its length stays, which SQLite goes by. Where it is refused (a file
// system that cannot, a disk that is full already) commits take what there is.
void SqliteCheckpointer::reserve() {
  const UniqueFd log(::open(log_path_.c_str(), O_RDWR | O_CLOEXEC));
  if (log) static_cast<void>(::fallocate(log.get(), FALLOC_FL_KEEP_SIZE, 0, log_bytes_reserved));
}

void SqliteCheckpointer::checkpoint() {
  std::error_code ignored;
  const std::uintmax_t bytes = std::filesystem::file_size(log_path_, ignored);
  const auto now = std::chrono::steady_clock::now();
  int mode = SQLITE_CHECKPOINT_PASSIVE;
  if (!ignored && bytes > log_bytes_max && now >= next_truncate_) {
    mode = SQLITE_CHECKPOINT_TRUNCATE;
    next_truncate_ = now + truncate_interval;
  }
  int code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  // This one holds up the writer from its beginning, so there should be little left to do.
  if (code == SQLITE_OK && mode != SQLITE_CHECKPOINT_PASSIVE) {
    code = sqlite3_wal_checkpoint_v2(connection_->handle(), nullptr, mode, nullptr, nullptr);
    reserve();
  }
  const int primary = code & 0xff;
  if (primary == SQLITE_OK || primary == SQLITE_BUSY || primary == SQLITE_LOCKED) return;
  log::error("a checkpoint failed", {{"detail", connection_->failure(code, "checkpoint").error.detail}});
}

}  // namespace reelvault::db
