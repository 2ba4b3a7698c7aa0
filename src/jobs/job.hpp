// Durable jobs: typed, with dependencies, priority, attempts with back-off, a lease with heartbeat and fencing token,
// progress, and a log excerpt. What a job produces and the row that says so are committed together, under a key that
// makes a second run harmless.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace reelvault::jobs {

enum class Status : std::int64_t { queued = 0, running = 1, succeeded = 2, failed = 3, cancelled = 4 };
std::string_view status_name(Status status);                // "Queued", …
std::optional<Status> parse_status(std::string_view name);  // any letter case
inline bool ended(Status status) { return status >= Status::succeeded; }

// Failure codes that the engine itself gives or knows.
inline constexpr std::string_view kWorkerLost = "worker-lost";        // no sign from it for a lease, or it died
inline constexpr std::string_view kWorkerStopped = "worker-stopped";  // gave the job back; not counted as attempt
// A store did not answer, of which the job is no cause: not counted as attempt, and tried again with growing pauses.
inline constexpr std::string_view kStoreAway = "store-unavailable";
inline constexpr std::string_view kCancelled = "cancelled";
inline constexpr std::string_view kDependencyFailed = "dependency-failed";  // of a job with needs_success

struct Failure {
  std::string code;        // stable slug: "cannot-decode", "timed-out", "worker-lost"
  std::string message;     // a sentence that a person understands
  std::string detail;      // e.g. the last lines of what the child printed
  bool permanent = false;  // no further attempt would help
  // Not a failure: what the job waits for is not there yet. It is queued again for then, and no attempt is counted.
  std::chrono::seconds again_after{0};
};

// What a program said, without what is no reader's business: of absolute paths the last name is left, of addresses
// nothing after the ?, and lines in which a library talks of itself go.
std::string for_readers(std::string_view said);

// Work that came the same way from the same person, and what its next job stands behind (jobs/backlog.hpp).
struct Flow {
  std::string name;         // empty: none; its jobs are never held back
  std::optional<int> band;  // nothing: by how many of it wait; what follows from a job is of the job's
};

// `way`: what the work is ("upload", "archive"). Nobody: the server itself.
Flow flow_of(std::string_view way, const std::optional<Uuid>& person);

struct NewJob {
  std::string type;            // "probe", "checksum", "thumbnail", "renditions", "waveform", …
  std::int64_t asset_row = 0;  // asset.id; 0: none
  Uuid asset_id;
  std::int64_t version = 0;  // content version it works for
  std::string key;           // unique: asset, version, step, recipe, generation; a second insert is the same job.
                             // Empty: a job of its own
  boost::json::object payload;
  int priority = 0;   // higher first, within the flow's band; 0 to 99 where there is a flow
  bool slow = false;  // of a backlog, after all that is quick
  Flow flow;
  int max_attempts = 3;
  std::vector<std::int64_t> needs;  // job rows that must have ended; see `needs_success`
  bool needs_success = false;       // true: a failed or cancelled dependency cancels this one
};

struct Job {
  std::int64_t row = 0;
  Uuid id;
  std::string type;
  std::int64_t asset_row = 0;
  Uuid asset_id;
  std::int64_t version = 0;
  boost::json::object payload;
  Status status = Status::queued;
  int attempt = 0;  // that count; one that was given back, or that a restart of the server ended, does not
  int max_attempts = 3;
  int priority = 0;
  Flow flow;
  double progress = 0;  // percent
  std::int64_t fence = 0;
  std::optional<Failure> failure;  // of the last attempt; nothing once it succeeded
  boost::json::object result;
  std::string worker_id;
  std::optional<Timestamp> started_at, ended_at;
  Timestamp created_at;
};

}  // namespace reelvault::jobs
