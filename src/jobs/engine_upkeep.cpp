// The engine's own threads: leases, folders, gauges, and jobs that run inside the server.
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "db/clock.hpp"
#include "jobs/engine_state.hpp"

namespace reelvault::jobs {
namespace {

constexpr std::chrono::seconds kConfirmWithin{10};  // from handing a job out to its first heartbeat
constexpr std::chrono::seconds kGaugesEvery{5};
constexpr std::chrono::seconds kFoldersEvery{60};
constexpr int kLeasesAtOnce = 100;

const Failure kLost{.code = std::string(kWorkerLost), .message = "The worker gave no sign of life for too long."};

void log_failure(std::string_view what, const Error& error) {
  log::warning(what, {{"error", error.message}, {"detail", error.detail}});
}

}  // namespace

void Engine::State::recover() {
  auto left = database.read([&](db::Transaction& tx) -> Result<std::vector<JobRepository::Running>> {
    return rows().of_workers_under(tx, own_prefix);
  });
  if (!left) return log_failure("jobs that a crash left are found when their leases end", left.error());
  for (const auto& job : *left) {
    auto ended = end_attempt({.job = job.id, .fence = job.fence, .failure = kLost, .cause = Cause::given_back});
    if (!ended) log_failure("a job that a crash left is not taken up yet", ended.error());
  }
  if (!left->empty()) log::info("jobs that a crash left are queued again", {{"count", left->size()}});
}

void Engine::State::run_upkeep() {
  const auto tick = std::clamp(options.lease / 8, std::chrono::milliseconds(20), std::chrono::milliseconds(1000));
  Steady::time_point next_sweep = started_at + options.lease, next_gauges = started_at,
                     next_folders = started_at + kFoldersEvery;
  while (!stopping) {
    const Steady::time_point moment = Steady::now();
    tend_own_jobs();
    if (moment >= next_sweep) {
      sweep_leases();
      next_sweep = moment + options.lease / 4;
    }
    if (moment >= next_gauges) {
      show_gauges();
      // A long queue takes long to be counted.
      next_gauges = Steady::now() + std::max<Steady::duration>(kGaugesEvery, (Steady::now() - moment) * 50);
    }
    if (moment >= next_folders) {
      sweep_folders(false);
      next_folders = moment + kFoldersEvery;
    }
    std::unique_lock lock(mutex);
    if (!stopping) upkeep_wake.wait_for(lock, tick);
  }
}

// Jobs that run in the server or whose results it is storing: their leases are the server's to keep. Jobs that were
// handed out and never begun: the answer did not reach the worker.
void Engine::State::tend_own_jobs() {
  struct Tended {
    Uuid id;
    std::int64_t fence;
  };
  std::vector<Tended> tended, unclaimed;
  {
    std::lock_guard lock(mutex);
    for (const auto& [id, job] : live) {
      if (job.stop || job.completing)
        tended.push_back({id, job.fence});
      else if (!job.confirmed && Steady::now() - job.heard > std::min<Steady::duration>(kConfirmWithin, options.lease))
        unclaimed.push_back({id, job.fence});
    }
  }
  for (const Tended& job : tended) {
    auto running = beat(job.id, job.fence, -1, false);
    if (!running || *running) continue;
    std::lock_guard lock(mutex);
    if (auto found = live.find(job.id); found != live.end() && found->second.fence == job.fence && found->second.stop) {
      found->second.stop->store(true);
    }
  }
  for (const Tended& job : unclaimed) {
    auto ended = end_attempt({.job = job.id, .fence = job.fence, .failure = kLost, .cause = Cause::given_back});
    if (ended || ended.error().code == Code::conflict) forget(job.id, job.fence);
  }
}

void Engine::State::sweep_leases() {
  auto expired = database.read([&](db::Transaction& tx) -> Result<std::vector<JobRepository::Running>> {
    return rows().expired(tx, db::clock(tx), kLeasesAtOnce);
  });
  if (!expired) return log_failure("leases are not looked at", expired.error());
  for (const auto& job : *expired) {
    {
      std::lock_guard lock(mutex);
      auto found = live.find(job.id);
      const bool known = found != live.end() && found->second.fence == job.fence;
      // What was never begun is tend_own_jobs' to take back, which does not count it as an attempt.
      if (known &&
          (found->second.completing || !found->second.confirmed || Steady::now() - found->second.heard < options.lease))
        continue;
    }
    auto ended = end_attempt({.job = job.id, .fence = job.fence, .failure = kLost, .only_if_lease_over = true});
    if (!ended && ended.error().code != Code::conflict) {
      log_failure("a lost job is not taken up yet", ended.error());
      continue;
    }
    forget(job.id, job.fence);
  }
}

void Engine::State::sweep_folders(bool at_start) {
  const auto folders = scratch.folders();
  std::map<std::pair<Uuid, std::int64_t>, Steady::time_point> orphans;
  for (std::size_t first = 0; first < folders.size(); first += 200) {
    const auto some = std::span(folders).subspan(first, std::min<std::size_t>(200, folders.size() - first));
    std::vector<Uuid> ids;
    for (const auto& folder : some) ids.push_back(folder.job);
    auto running = database.read(
        [&](db::Transaction& tx) -> Result<std::vector<JobRepository::Running>> { return rows().running(tx, ids); });
    if (!running) return log_failure("folders of jobs are not looked at", running.error());
    for (const auto& folder : some) {
      const bool used = std::ranges::any_of(
          *running, [&](const auto& job) { return job.id == folder.job && job.fence == folder.fence; });
      if (!used) orphans.emplace(std::pair(folder.job, folder.fence), Steady::now());
    }
  }
  // A worker may not have noticed yet that its job is over, so a folder goes when it was found orphaned a lease ago. At
  // a start nobody is left who could work in it but workers whose jobs have ended.
  for (auto& [key, since] : orphans) {
    if (auto known = orphan_folders.find(key); known != orphan_folders.end()) since = known->second;
  }
  std::erase_if(orphans, [&](const auto& orphan) {
    if (!at_start && Steady::now() - orphan.second < options.lease) return false;
    scratch.remove(orphan.first.first, orphan.first.second);
    return true;
  });
  orphan_folders = std::move(orphans);
}

void Engine::State::show_gauges() {
  auto counts =
      database.read([&](db::Transaction& tx) -> Result<std::vector<std::tuple<std::string, Status, std::int64_t>>> {
        return rows().open_counts(tx);
      });
  if (!counts) return;
  std::map<std::pair<std::string, Status>, std::int64_t> by;
  for (const auto& [name, type] : transitions.types) by[{name, Status::queued}] = by[{name, Status::running}] = 0;
  for (const auto& [name, status, count] : *counts) by[{name, status}] = count;
  for (const auto& [key, count] : by) {
    const bool queued = key.second == Status::queued;
    metrics::gauge(queued ? "reelvault_jobs_queued" : "reelvault_jobs_running",
                   queued ? "Jobs that wait, by type." : "Jobs that are worked on, by type.", {{"type", key.first}})
        .Set(static_cast<double>(count));
  }
}

void Engine::State::run_server_jobs(const std::set<std::string>& types) {
  ReadySignal& ready = *transitions.ready();
  while (!stopping) {
    const std::uint64_t seen = ready.count();
    auto job = take(own_prefix + "server", types);
    if (!job) log_failure("jobs of the server wait", job.error());
    if (job && *job)
      run_server_job(*type((*job)->type), **job);
    else
      ready.wait(seen, Steady::now() + options.poll);
  }
}

void Engine::State::run_server_job(const Type& type, const Job& job) {
  auto stop = std::make_shared<std::atomic<bool>>(false);
  {
    std::lock_guard lock(mutex);
    live[job.id].stop = stop;
    if (stopping) stop->store(true);
  }
  const auto progress = [&](double percent) {
    std::lock_guard lock(mutex);
    if (auto found = live.find(job.id); found != live.end() && found->second.fence == job.fence) {
      found->second.progress = std::clamp(percent, 0.0, 100.0);
    }
  };
  std::expected<boost::json::object, Failure> result;
  if (auto made = scratch.make(job.id, job.fence); !made) {
    result =
        std::unexpected(Failure{.code = "no-scratch", .message = made.error().message, .detail = made.error().detail});
  } else {
    try {
      result = type.run(job, progress, *stop);
    } catch (const std::exception& exception) {
      result = std::unexpected(Failure{
          .code = "internal-error", .message = "The job met a fault of the program.", .detail = exception.what()});
    }
  }
  Result<void> reported;
  Steady::time_point give_up = Steady::now() + options.lease;
  do {
    if (result) {
      reported = complete(job.id, job.fence, *result, "");
    } else {
      Verdict verdict{.job = job.id, .fence = job.fence, .failure = result.error()};
      if (stopping) verdict.cause = Cause::given_back;
      reported = end_attempt(verdict);
    }
    if (reported || reported.error().code == Code::conflict || reported.error().code == Code::not_found) break;
    // The database is away: what was made is worth waiting for.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  } while (!stopping && Steady::now() < give_up);
  if (!reported && reported.error().type != "lease-lost")
    log_failure("the outcome of a job is not recorded", reported.error());
  forget(job.id, job.fence, reported.has_value() && result.has_value());
}

}  // namespace reelvault::jobs
