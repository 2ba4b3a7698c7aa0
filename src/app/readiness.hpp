// Whether what the server needs can be reached, told in time even where the look itself hangs: in a database that takes
// connections and never answers, or on a disk of the network that is gone. One look at a time, on a thread of its own;
// all who ask meanwhile share what it finds. Thread-safe.
#pragma once
#include "base/error.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace reelvault::app {

class Readiness {
 public:
  using Look = std::function<Result<void>()>;
  explicit Readiness(Look look);
  ~Readiness();  // waits for a look that goes on
  // Unavailable too where a look has not ended so long after it began.
  Result<void> now(std::chrono::milliseconds patience);

 private:
  void run(const std::stop_token& stop);

  const Look look_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::optional<std::chrono::steady_clock::time_point> began_;  // while a look is wanted or goes on
  std::uint64_t ended_ = 0;                                     // looks
  Result<void> found_;
  std::jthread thread_;
};

}  // namespace reelvault::app
