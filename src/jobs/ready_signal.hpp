// Wakes claims when jobs become ready: now, or at a time to come (back-off). Thread-safe.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <set>

namespace reelvault::jobs {

class ReadySignal {
 public:
  using Clock = std::chrono::steady_clock;

  std::uint64_t count() const {
    std::lock_guard lock(mutex_);
    return count_;
  }
  void wake() {
    {
      std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }
  void wake_at(Clock::time_point time) {
    {
      std::lock_guard lock(mutex_);
      times_.insert(time);
    }
    changed_.notify_all();  // who waits longer than that waits anew
  }
  // Returns at `until`, or before it when woken since `seen` was counted.
  void wait(std::uint64_t seen, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    while (count_ == seen) {
      const Clock::time_point now = Clock::now();
      if (!times_.empty() && *times_.begin() <= now) {
        times_.erase(times_.begin(), times_.upper_bound(now));
        ++count_;
        lock.unlock();
        changed_.notify_all();
        return;
      }
      if (now >= until) return;
      changed_.wait_until(lock, times_.empty() ? until : std::min(until, *times_.begin()));
    }
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t count_ = 0;
  std::multiset<Clock::time_point> times_;
};

}  // namespace reelvault::jobs
