// Jobs for administrators, and the form in which any route shows a job.
#pragma once
#include "base/dto.hpp"
#include "http/route.hpp"
#include "jobs/engine.hpp"

namespace reelvault::jobs {

struct JobError {
  std::string code;
  std::string message;
  std::string detail;
};
BOOST_DESCRIBE_STRUCT(JobError, (), (code, message, detail))

// An item of an asset's job history (api.md 6).
struct JobJson {
  Uuid id;
  std::string jobType;
  std::string status;
  std::int64_t attempt = 0;
  double progress = 0;
  std::optional<Timestamp> startedAt;
  std::optional<Timestamp> endedAt;
  std::optional<std::int64_t> durationMs;  // of the last attempt; so far, while it runs
  std::optional<JobError> error;           // of the last attempt, unless another runs or it succeeded
  std::optional<std::string> note;         // of one that succeeded: what a person should know of what it made
  std::optional<std::string> workerId;
};
BOOST_DESCRIBE_STRUCT(JobJson, (),
                      (id, jobType, status, attempt, progress, startedAt, endedAt, durationMs, error, note, workerId))
// For whoever may read the asset: of paths on the machine the last name alone, and none of a tool's talk of itself.
JobJson job_json(const Job& job);

// GET /admin/job, GET /admin/job/{id}, POST /admin/job/{id}/retry and /cancel.
void add_job_routes(http::RouteTable& table, Engine& engine);

}  // namespace reelvault::jobs
