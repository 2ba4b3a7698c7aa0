// Which workers ask this server for jobs, and what protects them from what they decode: for administrators. Kept in
// memory: after a restart a worker is known again with its next claim. Thread-safe.
#pragma once
#include "http/route.hpp"

#include <mutex>

namespace reelvault::jobs {

struct WorkerJson {
  std::string id;
  bool local = false;  // started by this server, or over its socket
  std::optional<std::string> isolation;
  Timestamp lastClaimAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(WorkerJson, (), (id, local, isolation, lastClaimAt))

class WorkerList {
 public:
  void heard(WorkerJson worker);
  void left(const std::string& id);
  std::vector<WorkerJson> all();  // by id; without those that were silent for a day

 private:
  std::mutex mutex_;
  std::map<std::string, WorkerJson> workers_;
};

// GET /admin/worker
void add_worker_list_route(http::RouteTable& table, WorkerList& workers);

}  // namespace reelvault::jobs
