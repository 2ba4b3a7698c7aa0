// Threads for work that may block, with a limit on how many run and how many wait. A full lane refuses, so that slow
// requests never starve quick ones. Threads are made when first needed. Thread-safe.
#pragma once
#include "base/metrics.hpp"
#include "http/route.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace reelvault::http {

class Lane {
 public:
  using Job = std::move_only_function<void()>;  // must not throw

  Lane(std::string name, int threads, std::size_t queue_limit);
  ~Lane();                    // finishes what was taken in
  bool submit(Job job);       // false: full
  void must_submit(Job job);  // for the next step of work that a submit let in: at most one waits per connection
  std::size_t waiting() const;

 private:
  void run();
  void push(std::unique_lock<std::mutex>& lock, Job job);

  const std::string name_;
  const std::size_t thread_limit_, queue_limit_;
  prometheus::Gauge& queued_;
  prometheus::Gauge& running_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool closed_ = false;
};

struct ServerOptions;

class Lanes {
 public:
  explicit Lanes(const ServerOptions& options);
  Lane& of(Cost cost) { return *lanes_[static_cast<std::size_t>(cost == Cost::point ? Cost::read : cost)]; }
  void close();  // waits for what was taken in; nothing may be submitted from then on

 private:
  std::array<std::unique_ptr<Lane>, kCosts> lanes_;
};

}  // namespace reelvault::http
