// For tests of workers alone: the engine behind a real server on a Unix socket and on a port with a token, and steps
// that do what a job's payload says. The test program is a worker or a supervisor when it is started so.
#pragma once
#include "http/server.hpp"
#include "jobs/protocol.hpp"
#include "jobs/testing.hpp"
#include "jobs/worker.hpp"
#include "jobs/worker_list.hpp"

#include <optional>
#include <thread>

namespace reelvault::jobs {

// {"do": …}: "write" (files by name and size), "wait" (for a file, or cancellation), "fail", "throw", "crash" (the
// process, on the first attempt that finds no file), "copy" (input.path to an output).
std::map<std::string, Step> test_steps();

// What the program does for `--worker SOCKET ID`, `worker --socket …` (as a supervisor starts it) and
// `--supervise SOCKET COUNT`; nothing: run the tests.
std::optional<int> run_as_child(int argc, char** argv);

inline constexpr std::string_view kTestToken = "the-worker-token";

class TestWorkerGate : public http::Gate {
 public:
  Result<std::shared_ptr<const Principal>> authenticate(const http::Request& request,
                                                        const http::Access& access) override {
    auto principal = std::make_shared<Principal>();
    principal->kind = Principal::Kind::worker;
    if (access.who != http::Access::Who::worker) return fail(Code::forbidden, "", "Workers only.");
    if (request.remote_address == "unix") return principal;
    if (request.headers.get("Authorization") != fmt::format("Bearer {}", kTestToken))
      return fail(Code::unauthenticated, "", "Token.");
    return principal;
  }
  Result<void> authorize(const Principal&, const http::Access&, const Uuid&) override { return {}; }
};

class WithServer : public WithEngine {
 protected:
  void SetUp() override;
  void TearDown() override;
  void serve();  // on the socket and on a port
  void stop_serving();

  // A worker on a thread.
  class InThread {
   public:
    explicit InThread(WorkerOptions options) : thread_([this, options] { Worker(options, test_steps()).run(stop_); }) {}
    ~InThread() { stop(); }
    void tell_to_stop() { stop_ = true; }
    void stop() {
      stop_ = true;
      if (thread_.joinable()) thread_.join();
    }

   private:
    std::atomic<bool> stop_ = false;
    std::thread thread_;
  };
  WorkerOptions on_socket(int slots = 1);
  WorkerOptions on_port(std::string token = std::string(kTestToken));

  // A worker in a process of its own.
  class InProcess {
   public:
    InProcess(const std::filesystem::path& socket, const std::string& id);
    ~InProcess();
    void kill();
    int pid() const { return pid_; }

   private:
    int pid_ = -1;
  };

  std::filesystem::path marker(std::string_view name) { return folder_ / name; }
  void mark(std::string_view name) { std::ofstream(marker(name)) << "x"; }
  bool wait_for_marker(std::string_view name);

  std::filesystem::path folder_, socket_;
  TestWorkerGate gate_;
  WorkerList workers_;
  std::unique_ptr<http::RouteTable> table_;
  std::unique_ptr<http::Server> local_, remote_;
  std::uint16_t port_ = 0;
};

bool process_lives(int pid);

}  // namespace reelvault::jobs
