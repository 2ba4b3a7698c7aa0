// Jobs over HTTP: the item of the job history (api.md 6), and what administrators do with jobs.
#pragma once
#include "base/dto.hpp"
#include "http/route.hpp"
#include "jobs/engine.hpp"

namespace reelvault::jobs {

struct JobErrorJson {
  std::string code, message, detail;
};
BOOST_DESCRIBE_STRUCT(JobErrorJson, (), (code, message, detail))

struct JobJson {
  Uuid id;
  std::string jobType, status;
  std::int64_t attempt = 0;
  double progress = 0;
  std::optional<Timestamp> startedAt, endedAt;
  std::optional<std::int64_t> durationMs;
  std::optional<JobErrorJson> error;
  std::optional<std::string> workerId;
};
BOOST_DESCRIBE_STRUCT(JobJson, (), (id, jobType, status, attempt, progress, startedAt, endedAt, durationMs, error, workerId))

JobJson job_json(const Job& job);
void add_job_routes(http::RouteTable& table, Engine& engine);

}  // namespace reelvault::jobs
