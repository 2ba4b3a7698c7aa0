#include "audit/read_log.hpp"

#include "audit/audit_repository.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/origin.hpp"

namespace reelvault::audit {
namespace {

constexpr std::size_t kRowsAtOnce = 400;
constexpr std::size_t kRemembered = 200'000;

std::string_view via_of(const Principal& by) {
  return by.kind == Principal::Kind::api_key ? "api-key" : by.kind == Principal::Kind::user ? "session" : "";
}

}  // namespace

ReadLog::ReadLog(db::Database& database, Options options)
    : database_(database),
      options_(options),
      lost_(metrics::counter("reelvault_audit_reads_lost_total", "Reads that the audit could not keep")),
      thread_([this] { run(); }) {}

ReadLog::~ReadLog() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
  if (auto written = flush(); !written)
    log::error("the last reads are missing from the audit", {{"detail", written.error().detail}});
}

void ReadLog::note(const Principal& by, const Read& read) {
  const auto at = std::chrono::steady_clock::now();
  const std::hash<std::string_view> hash;
  const Key key{by.user_id, read.asset_id, hash(read.operation) * 31 + hash(read.what)};
  std::lock_guard lock(mutex_);
  auto [known, first] = noted_.try_emplace(key, at);
  if (!first && at - known->second < options_.same_within) return;
  known->second = at;
  if (waiting_.size() >= options_.waiting_most) {
    lost_.Increment();
    return;
  }
  Entry entry;
  entry.at = now();
  entry.kind = Kind::read;
  entry.operation = read.operation;
  if (by.user_row != 0) entry.user_id = by.user_id;
  entry.username = by.username;
  entry.via = via_of(by);
  if (const Origin* origin = Origin::current()) entry.address = origin->address;
  entry.asset_row = read.asset_row;
  entry.asset_id = read.asset_id;
  entry.asset_name = read.asset_name;
  entry.reason = read.what;
  waiting_.push_back(std::move(entry));
}

Result<void> ReadLog::flush() {
  std::lock_guard turn(writing_);
  for (;;) {
    std::vector<Entry> some;
    {
      std::lock_guard lock(mutex_);
      const std::size_t count = std::min(waiting_.size(), kRowsAtOnce);
      some.assign(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    }
    if (some.empty()) return {};
    RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
      for (const Entry& entry : some) append(tx, entry);
      return {};
    }));
    // Others only add at the end, and one thread takes from the front.
    std::lock_guard lock(mutex_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(some.size()));
  }
}

void ReadLog::forget_old(std::chrono::steady_clock::time_point at) {
  std::lock_guard lock(mutex_);
  std::erase_if(noted_, [&](const auto& entry) { return at - entry.second >= options_.same_within; });
  if (noted_.size() > kRemembered) noted_.clear();  // some are then noted again
}

void ReadLog::run() {
  auto forget_at = std::chrono::steady_clock::now() + options_.same_within / 10;
  bool failing = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.interval, [this] { return stopping_; })) {
    lock.unlock();
    auto written = flush();
    if (!written && !failing)
      log::warning("the audit of reads waits for the database", {{"detail", written.error().detail}});
    failing = !written;
    if (const auto at = std::chrono::steady_clock::now(); at >= forget_at) {
      forget_old(at);
      forget_at = at + options_.same_within / 10;
    }
    lock.lock();
  }
}

}  // namespace reelvault::audit
