#include "jobs/worker_list.hpp"

namespace reelvault::jobs {

namespace {

constexpr std::chrono::hours kForgottenAfter{24};
constexpr std::size_t kWorkersMost = 10'000;

struct WorkerItems {
  std::vector<WorkerJson> items;
};
BOOST_DESCRIBE_STRUCT(WorkerItems, (), (items))

}  // namespace

std::span<const dto::Rule> WorkerJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "local", .sentence = "It reads this server's files, over its socket; else it came with the token."},
      {.field = "isolation", .sentence = "What confines the decoders that it runs, in words."},
      {.field = "lastClaimAt", .sentence = "When it last asked for a job; one that is busy asks again afterwards."},
  };
  return rules;
}

void WorkerList::heard(WorkerJson worker) {
  std::lock_guard lock(mutex_);
  if (workers_.size() >= kWorkersMost && !workers_.contains(worker.id)) return;
  std::string id = worker.id;
  workers_.insert_or_assign(std::move(id), std::move(worker));
}

void WorkerList::left(const std::string& id) {
  std::lock_guard lock(mutex_);
  workers_.erase(id);
}

std::vector<WorkerJson> WorkerList::all() {
  std::lock_guard lock(mutex_);
  const Timestamp oldest = now() - kForgottenAfter;
  std::erase_if(workers_, [&](const auto& each) { return each.second.lastClaimAt < oldest; });
  std::vector<WorkerJson> out;
  for (const auto& [id, worker] : workers_) out.push_back(worker);
  return out;
}

void add_worker_list_route(http::RouteTable& table, WorkerList& workers) {
  table.add(http::get<http::NoQuery, WorkerItems>(
      "/admin/worker",
      {.summary = "The workers that ask this server for jobs, and what confines their decoders",
       .tag = "Jobs",
       .access = http::admin_only()},
      [&workers](const http::Call<http::NoQuery, http::NoBody>&) -> Result<http::Reply<WorkerItems>> {
        return http::Reply<WorkerItems>(WorkerItems{workers.all()});
      }));
}

}  // namespace reelvault::jobs
