// The bodies of the workers' protocol, as both its sides declare them.
#pragma once
#include "base/dto.hpp"
#include "jobs/job.hpp"

namespace reelvault::jobs {

struct ClaimRequest {
  std::string workerId;
  std::vector<std::string> types;
  std::int64_t waitMs = 0;
  std::optional<std::string> isolation;  // what confines its decoders
};
BOOST_DESCRIBE_STRUCT(ClaimRequest, (), (workerId, types, waitMs, isolation))

struct ClaimAnswer {
  Uuid id;
  std::string type;
  std::int64_t attempt = 0;
  std::int64_t fence = 0;
  Uuid assetId;
  std::int64_t version = 0;
  boost::json::object payload;
  boost::json::object input;
  std::string scratch;  // empty for a worker elsewhere
  std::int64_t leaseMs = 0;
};
BOOST_DESCRIBE_STRUCT(ClaimAnswer, (), (id, type, attempt, fence, assetId, version, payload, input, scratch, leaseMs))

struct HeldJob {
  Uuid id;
  std::int64_t fence = 0;
  double progress = 0;
};
BOOST_DESCRIBE_STRUCT(HeldJob, (), (id, fence, progress))

struct HeartbeatRequest {
  std::vector<HeldJob> jobs;
};
BOOST_DESCRIBE_STRUCT(HeartbeatRequest, (), (jobs))

struct HeartbeatAnswer {
  std::vector<Uuid> cancelled;  // stop working on these
};
BOOST_DESCRIBE_STRUCT(HeartbeatAnswer, (), (cancelled))

struct CompleteRequest {
  Uuid id;
  std::int64_t fence = 0;
  boost::json::object result;
  std::string log;
};
BOOST_DESCRIBE_STRUCT(CompleteRequest, (), (id, fence, result, log))

struct FailRequest {
  Uuid id;
  std::int64_t fence = 0;
  std::string code;
  std::string message;
  std::string detail;
  bool permanent = false;
  std::string log;
};
BOOST_DESCRIBE_STRUCT(FailRequest, (), (id, fence, code, message, detail, permanent, log))

struct LeaveRequest {
  std::string workerId;
};
BOOST_DESCRIBE_STRUCT(LeaveRequest, (), (workerId))

}  // namespace reelvault::jobs
