// The worker: claims jobs from the server over HTTP (a Unix socket on the same machine, a worker token elsewhere), runs
// each in a step function with a scratch folder, sends heartbeats from a thread of its own, and reports. It never
// opens the database and holds no secrets. It outlives restarts of the server: while the server is away it goes on
// working, and reports when the server is back.
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
  boost::json::object payload;    // of the job
  boost::json::object input;      // from the server: {"path": …} or {"url": …}, "size", …
  std::filesystem::path scratch;  // where outputs go; given to the sandbox as the one writable directory
  std::function<void(double percent)> progress;
  const std::atomic<bool>& cancelled;                   // poll it; children are killed when it is set
  std::function<void(std::string_view line)> log = {};  // the last of it is kept with the job
};

// A result that made files names them in "files": [{"path": relative to scratch, …}]. A worker on another machine sends
// these to the server, and nothing else of its scratch folder. What the server itself holds of the input is brought to
// this machine first and told as "path"; an absolute address (a store's signed URL) is the step's to read.
using Step = std::function<std::expected<boost::json::object, Failure>(StepContext&)>;

struct WorkerOptions {
  std::string server_url;   // "http://127.0.0.1:8080" with a token, or
  std::string unix_socket;  // path
  std::string token;
  std::string ca_file;            // PEM: who may have signed the server's certificate; empty: whom this machine trusts
  std::string worker_id;          // host-pid-random by default
  std::string isolation;          // what confines its decoders, in words; the server shows it
  int slots = 1;                  // jobs at once
  std::filesystem::path scratch;  // for a worker elsewhere; empty: in the system's folder for temporary files
  std::chrono::milliseconds stop_grace{10000};  // how long a job that is nearly done may take when told to stop
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
