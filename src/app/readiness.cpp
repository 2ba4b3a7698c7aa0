#include "app/readiness.hpp"

#include <pthread.h>

namespace reelvault::app {

Readiness::Readiness(Look look) : look_(std::move(look)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

Readiness::~Readiness() {
  thread_.request_stop();
  thread_.join();
}

Result<void> Readiness::now(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!began_) {
    began_ = std::chrono::steady_clock::now();
    wake_.notify_all();
  }
  const std::uint64_t before = ended_;
  if (wake_.wait_until(lock, *began_ + patience, [&] { return ended_ != before; })) return found_;
  return fail(Code::unavailable, "", "What the server needs does not answer: its database, or the local store's disk.");
}

void Readiness::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "readiness");
  std::unique_lock lock(mutex_);
  while (wake_.wait(lock, stop, [this] { return began_.has_value(); })) {
    lock.unlock();
    Result<void> found = look_();
    lock.lock();
    found_ = std::move(found);
    began_.reset();
    ++ended_;
    wake_.notify_all();
  }
}

}  // namespace reelvault::app
