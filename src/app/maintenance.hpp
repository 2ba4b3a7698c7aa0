// What a server does now and then: on one thread it hears, every second or two, of accounts that other processes
// changed; on another it sees, every few minutes, to idle uploads, bytes that nothing refers to, old events, and keys,
// which takes as long as the stores do.
#pragma once
#include "app/rooms.hpp"

#include "storage/sweep.hpp"

#include <condition_variable>
#include <thread>

namespace reelvault::app {

class Maintenance {
 public:
  Maintenance(const Config& config, Rooms& rooms);
  ~Maintenance();

 private:
  void hear();
  void tidy();
  bool stopped_within(std::chrono::seconds time);  // waits that long, or until it is to stop
  void round();
  Result<void> empty_bin();

  Config config_;
  Rooms& rooms_;
  storage::Sweep sweep_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread hearing_, tidying_;
};

}  // namespace reelvault::app
