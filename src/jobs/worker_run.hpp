// One run of a worker: who claims, who sends heartbeats, and a thread for each job. Private to jobs/worker*.cpp.
#pragma once
#include "jobs/protocol_messages.hpp"
#include "jobs/server_link.hpp"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

namespace reelvault::jobs {

class WorkerRun {
 public:
  WorkerRun(const WorkerOptions& options, const std::map<std::string, Step>& steps, const std::atomic<bool>& stop)
      : options_(options), steps_(steps), stop_(stop) {}
  void run();

 private:
  struct Running {
    explicit Running(ClaimAnswer c) : claim(std::move(c)) {}
    ClaimAnswer claim;
    std::atomic<double> progress = 0;
    std::atomic<bool> cancelled = false;  // the step stops
    std::atomic<bool> lost = false;       // the server wants no result: cancelled there, or somebody else's by now
    std::atomic<bool> given_up = false;   // we are stopping
    std::atomic<bool> ended = false;
    std::mutex log_mutex;
    std::string log;
    std::thread thread;
  };
  struct Folders {
    std::filesystem::path out, in;
    std::filesystem::path ours;  // to be removed afterwards; empty where they are the server's
  };

  void claim_until_stopped();
  bool reap();  // true: a slot is free
  void beat_until_done();
  std::optional<std::chrono::milliseconds> send_heartbeats(ServerLink& link);
  void give_up();

  // worker_job.cpp: one job, on a thread of its own.
  void work(Running& job);
  std::expected<boost::json::object, Failure> run_step(Running& job, ServerLink& link, const Folders& folders);
  Folders folders_of(const ClaimAnswer& claim) const;
  Result<void> fetch_inputs(Running& job, ServerLink& link, const Folders& folders, boost::json::object& input);
  Result<void> fetch(Running& job, ServerLink& link, const std::filesystem::path& to, boost::json::object& part);
  Result<void> send_outputs(Running& job, ServerLink& link, const Folders& folders, const boost::json::object& result);
  void report(Running& job, ServerLink& link, std::expected<boost::json::object, Failure> result);
  // Asks until the server has answered, for as long as the job is ours.
  Result<LinkAnswer> insist(Running& job, const std::function<Result<LinkAnswer>()>& ask);
  bool elsewhere() const { return options_.unix_socket.empty(); }
  void pause(std::chrono::milliseconds time);  // less when stopping

  const WorkerOptions& options_;
  const std::map<std::string, Step>& steps_;
  const std::atomic<bool>& stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Running> running_;
  bool beat_now_ = false;
  bool done_ = false;  // no job runs any more, and none will
};

}  // namespace reelvault::jobs
