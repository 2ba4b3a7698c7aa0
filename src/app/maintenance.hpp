// What a server does now and then, on one thread of its own: every second or two it hears of accounts that other
// processes changed; every few minutes it sees to idle uploads, bytes that nothing refers to, old events, and keys.
#pragma once
#include "app/rooms.hpp"

#include <condition_variable>
#include <thread>

namespace reelvault::app {

class Maintenance {
 public:
  Maintenance(const Config& config, Rooms& rooms);
  ~Maintenance();

 private:
  void run();
  void round();
  Result<void> empty_bin();

  Config config_;
  Rooms& rooms_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace reelvault::app
