// Worker processes of this machine: started with the server, started again when they end (at once, then with back-off),
// stopped with it. A worker dies with the server whatever kills it (the kernel sees to it), so that none works for a
// server that is not there. It gets the server's environment without the secrets.
#pragma once
#include "base/error.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reelvault::jobs {

class Supervisor {
 public:
  struct Options {
    std::string program;  // run as: PROGRAM ARGUMENTS… worker --socket S --slots 1 --id PREFIX…
    std::string socket;
    int count = 1;
    std::vector<std::string> arguments = {};  // before "worker", e.g. {"--config", file}
    std::string worker_prefix = {};           // Engine::own_worker_prefix; empty: the workers choose their ids
    // A worker's process has ended: Engine::worker_gone. Called on the supervisor's threads. Needs worker_prefix.
    std::function<void(const std::string& worker_id, bool crashed)> gone = {};
    std::chrono::milliseconds grace{15000};        // from SIGTERM to SIGKILL
    std::chrono::milliseconds restart_pause{200};  // doubled each time a worker lives for less than a minute
    std::chrono::milliseconds restart_pause_max{30000};
  };
  static Result<std::unique_ptr<Supervisor>> start(Options options);
  ~Supervisor();
  void stop();                    // asks all to stop, waits, kills what is left
  std::vector<int> pids() const;  // of those that run

 private:
  struct State;
  explicit Supervisor(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::jobs
