#include "http/lane.hpp"

#include "http/server.hpp"

#include <pthread.h>

namespace reelvault::http {

Lane::Lane(std::string name, int threads, std::size_t queue_limit)
    : name_(std::move(name)),
      thread_limit_(static_cast<std::size_t>(std::max(1, threads))),
      queue_limit_(queue_limit),
      queued_(
          metrics::gauge("reelvault_http_lane_queued", "Work that waits for a thread of its lane", {{"lane", name_}})),
      running_(metrics::gauge("reelvault_http_lane_running", "Work that runs on a lane", {{"lane", name_}})) {}

Lane::~Lane() {
  {
    std::unique_lock lock(mutex_);
    closed_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Lane::submit(Job job) {
  std::unique_lock lock(mutex_);
  if (closed_ || queue_.size() >= queue_limit_ + idle_) return false;
  push(lock, std::move(job));
  return true;
}

void Lane::must_submit(Job job) {
  std::unique_lock lock(mutex_);
  push(lock, std::move(job));
}

void Lane::push(std::unique_lock<std::mutex>& lock, Job job) {
  queue_.push_back(std::move(job));
  queued_.Set(static_cast<double>(queue_.size()));
  if (queue_.size() > idle_ && threads_.size() < thread_limit_) {
    ++idle_;  // until it takes its first job
    threads_.emplace_back([this] { run(); });
  }
  lock.unlock();
  wake_.notify_one();
}

std::size_t Lane::waiting() const {
  std::unique_lock lock(mutex_);
  return queue_.size();
}

void Lane::run() {
  pthread_setname_np(pthread_self(), ("lane " + name_).substr(0, 15).c_str());
  std::unique_lock lock(mutex_);
  for (;; ++idle_) {
    wake_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    queued_.Set(static_cast<double>(queue_.size()));
    lock.unlock();
    running_.Increment();
    job();
    job = nullptr;  // what it holds is let go outside the lock
    running_.Decrement();
    lock.lock();
  }
}

Lanes::Lanes(const ServerOptions& options) {
  int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  auto make = [&](Cost cost, const char* name, int threads) {
    // A queue of a few rounds absorbs bursts; what is behind it would time out anyway.
    auto limit = options.lane_queue > 0 ? static_cast<std::size_t>(options.lane_queue)
                                        : std::max<std::size_t>(64, static_cast<std::size_t>(threads) * 32);
    lanes_[static_cast<std::size_t>(cost)] = std::make_unique<Lane>(name, threads, limit);
  };
  make(Cost::read, "read", options.read_lane > 0 ? options.read_lane : 2 * cores);
  make(Cost::write, "write", options.write_lane);
  make(Cost::hash, "hash", options.hash_lane > 0 ? options.hash_lane : cores);
  make(Cost::outside, "outside", options.outside_lane);
  make(Cost::disk, "disk", options.disk_lane);
  make(Cost::wait, "wait", options.wait_lane);
}

void Lanes::close() {
  for (auto& lane : lanes_) lane.reset();
}

}  // namespace reelvault::http
