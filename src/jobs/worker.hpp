// The worker: claims jobs from the server over HTTP (a Unix socket on the same machine, a worker token elsewhere), runs
// each in a step function with a scratch folder, sends heartbeats from a thread of its own, and reports. It never
// opens the database and holds no secrets.
#pragma once
#include "jobs/job.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>

namespace reelvault::jobs {

struct StepContext {
  Uuid job_id;
  std::string type;
  boost::json::object payload;            // of the job
  boost::json::object input;              // from the server: {"path": …} or {"url": …}, "size", …
  std::filesystem::path scratch;          // where outputs go; given to the sandbox as the one writable directory
  std::function<void(double percent)> progress;
  const std::atomic<bool>& cancelled;     // poll it; children are killed when it is set
};
using Step = std::function<std::expected<boost::json::object, Failure>(StepContext&)>;

struct WorkerOptions {
  std::string server_url;     // "http://127.0.0.1:8080" with a token, or
  std::string unix_socket;    // path
  std::string token;
  std::string worker_id;      // host-pid-random by default
  int slots = 1;              // jobs at once
};

class Worker {
 public:
  Worker(WorkerOptions options, std::map<std::string, Step> steps);
  // Runs until `stop` is set: running jobs are given up (the server hears it at once) or finished when nearly done.
  void run(const std::atomic<bool>& stop);

 private:
  WorkerOptions options_;
  std::map<std::string, Step> steps_;
};

}  // namespace reelvault::jobs
