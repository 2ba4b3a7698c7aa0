#include "jobs/backlog.hpp"

#include <algorithm>
#include <bit>

namespace reelvault::jobs {

namespace {
constexpr std::int64_t kSmall = 64;         // waiting jobs
constexpr std::int64_t kCounted = 1 << 16;  // more are not told apart: a count takes a few milliseconds
constexpr int kBandWidth = 100;             // beyond every priority
constexpr int kSlow = 10'000;               // beyond every band
constexpr std::chrono::seconds kGoodFor{1};
constexpr int kShare = 200;  // counting takes at most this part of the time
constexpr std::size_t kFlows = 1000;
}  // namespace

Flow flow_of(std::string_view way, const std::optional<Uuid>& person) {
  return {fmt::format("{}/{}", way, person ? person->text() : "-"), {}};
}

int band_of(std::int64_t waiting) { return std::bit_width(static_cast<std::uint64_t>(waiting / kSmall + 1)) - 1; }

int effective_priority(int priority, bool slow, int band) {
  if (band <= 0) return priority;
  return std::clamp(priority, 0, kBandWidth - 1) - band * kBandWidth - (slow ? kSlow : 0);
}

int Backlog::add(db::Transaction& tx, JobRepository& rows, const std::string& flow) {
  if (flow.empty()) return 0;
  const auto began = Clock::now();
  tx.after_commit([this, flow] {
    const std::lock_guard lock(mutex_);
    if (auto found = counts_.find(flow); found != counts_.end()) ++found->second.waiting;
  });
  {
    const std::lock_guard lock(mutex_);
    auto found = counts_.find(flow);
    if (found != counts_.end() && found->second.until > began) return band_of(found->second.waiting);
  }
  const std::int64_t waiting = rows.waiting_of(tx, flow, kCounted);
  const auto ended = Clock::now();
  const std::lock_guard lock(mutex_);
  if (counts_.size() >= kFlows) std::erase_if(counts_, [&](const auto& each) { return each.second.until <= began; });
  counts_[flow] = {waiting, ended + std::max<Clock::duration>(kGoodFor, (ended - began) * kShare)};
  return band_of(waiting);
}

}  // namespace reelvault::jobs
