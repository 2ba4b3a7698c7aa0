// What a server does now and then, on one thread of its own: idle uploads, bytes that nothing refers to, old events,
// keys that are due.
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

  Config config_;
  Rooms& rooms_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace reelvault::app
