// What is said over and over, as by a loop that fails while a database is away: the same words are let through once in
// ten seconds, with how often they were kept back since. Of many different ones the earliest are forgotten.
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace reelvault {

class Repeats {
 public:
  using Clock = std::chrono::steady_clock;
  // How often these words were kept back before; nothing: keep them back.
  std::optional<std::int64_t> admit(const std::string& words, Clock::time_point now) {
    std::lock_guard lock(mutex_);
    auto last = said_.find(words);
    if (last == said_.end()) {
      if (said_.size() >= kMost) forget(now);
      said_.emplace(words, Said{now, 0});
      return 0;
    }
    if (now - last->second.at < kPause) {
      ++last->second.kept_back;
      return std::nullopt;
    }
    last->second.at = now;
    return std::exchange(last->second.kept_back, 0);
  }

 private:
  static constexpr auto kPause = std::chrono::seconds(10);
  static constexpr std::size_t kMost = 256;
  struct Said {
    Clock::time_point at;
    std::int64_t kept_back;
  };
  void forget(Clock::time_point now) {
    std::erase_if(said_, [&](const auto& each) { return now - each.second.at >= kPause; });
    if (said_.size() >= kMost) said_.clear();
  }

  std::mutex mutex_;
  std::map<std::string, Said> said_;
};

}  // namespace reelvault
