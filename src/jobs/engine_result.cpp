// What workers report: signs of life, results and failures.
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "db/clock.hpp"
#include "jobs/engine_state.hpp"

#include <random>

namespace reelvault::jobs {
namespace {

// A job that was handed out so often is given up even if each time was somebody else's fault.
constexpr int kClaimLimit = 100;
constexpr int kClaimLimitInServer = 10;  // it may be what crashes the server
constexpr std::chrono::seconds kProgressEvery{2};

// The database or the disk is away for now; the same call may succeed later.
bool passing(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::no_space || error.code == Code::timeout;
}

}  // namespace

std::chrono::milliseconds Engine::State::backoff(int attempt) const {
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const auto full = std::min(options.backoff * (std::int64_t{1} << doublings), options.backoff_max);
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> half(0, full.count() / 2);
  return full - std::chrono::milliseconds(half(random));
}

Result<bool> Engine::State::beat(const Uuid& id, std::int64_t fence, double progress, bool from_worker) {
  RV_TRY(const auto found, database.read([&](db::Transaction& tx) -> Result<std::vector<JobRepository::Running>> {
    return rows().running(tx, {id});
  }));
  if (found.empty() || found.front().fence != fence) return false;
  const std::int64_t row = found.front().row;
  const Steady::time_point moment = Steady::now();
  bool moved = false;
  {
    std::lock_guard lock(mutex);
    LiveJob& job = live[id];
    if (job.fence != fence) {  // handed out before a restart
      job = {};
      job.row = row;
      job.fence = fence;
    }
    job.heard = moment;
    job.confirmed = job.confirmed || from_worker;
    if (progress >= 0) job.progress = std::min(progress, 100.0);
    progress = job.progress;
    moved = std::abs(job.progress - job.persisted_progress) >= 1 && moment - job.persisted >= kProgressEvery;
    if (!moved && moment - job.persisted < options.lease / 3) return true;
    moved = job.progress != job.persisted_progress;
    job.persisted = moment;
    job.persisted_progress = job.progress;
  }
  return database.write([&](db::Transaction& tx) -> Result<bool> {
    if (!rows().renew(tx, row, fence, progress, db::clock(tx) + options.lease)) return false;
    if (moved) transitions.changed(tx, *rows().find(tx, row));
    return true;
  });
}

Result<Engine::Beat> Engine::heartbeat(const Uuid& job, std::int64_t fence, double progress) {
  RV_TRY(const bool running, state_->beat(job, fence, std::max(progress, 0.0), true));
  return Beat{.cancelled = !running};
}

Result<void> Engine::State::end_attempt(const Verdict& verdict) {
  const Failure failure = cleaned(verdict.failure);
  bool lost = false;
  auto closure = [&](db::Transaction& tx, bool hooks) -> Result<void> {
    auto job = rows().find_locked(tx, verdict.job);
    if (!job) return fail_not_found("job");
    if (job->fence != verdict.fence) return fail(lease_lost());
    if (job->status == Status::queued || job->status == Status::failed) return {};  // the same report again
    if (job->status != Status::running) return fail(lease_lost());
    if (verdict.only_if_lease_over && !rows().lease_over(tx, job->row, db::clock(tx))) return {};
    lost = failure.code == kWorkerLost;
    if (!verdict.log.empty()) rows().set_log(tx, job->row, cleaned_log(verdict.log));
    if (failure.again_after.count() > 0) {
      transitions.requeue(tx, *job, job->attempt - 1, failure.again_after, failure);
      rows().uncount_claim(tx, job->row);
      return {};
    }
    const Type* known = type(job->type);
    const int limit = known && known->in_server ? kClaimLimitInServer : kClaimLimit;
    const int claims = rows().claims(tx, job->row);
    if (failure.code == kStoreAway && claims < kClaimLimit) {
      transitions.requeue(tx, *job, job->attempt - 1, backoff(claims), failure);
      return {};
    }
    if (verdict.cause == Cause::given_back && claims < limit) {
      transitions.requeue(tx, *job, job->attempt - 1, std::chrono::milliseconds(0), std::nullopt);
      return {};
    }
    if (!failure.permanent && job->attempt < job->max_attempts) {
      transitions.requeue(tx, *job, job->attempt, backoff(job->attempt), failure);
      return {};
    }
    return transitions.end(tx, *job, Status::failed, failure, hooks);
  };
  Result<void> ended;
  try {
    ended = database.write([&](db::Transaction& tx) { return closure(tx, true); });
  } catch (const std::exception& exception) {
    ended = fail(Code::internal, "internal-error", "The job's failure could not be recorded.", exception.what());
  }
  if (!ended && ended.error().code != Code::not_found && ended.error().type != "lease-lost" &&
      !passing(ended.error())) {
    log::error("a job's type did not take its failure",
               {{"job", verdict.job.text()}, {"detail", ended.error().detail}});
    ended = database.write([&](db::Transaction& tx) { return closure(tx, false); });
  }
  if (ended && lost) {
    log::warning("a job has lost its worker", {{"job", verdict.job.text()}});
    metrics::counter("reelvault_jobs_lost_total", "Attempts at jobs whose worker died or fell silent.").Increment();
  }
  return ended;
}

Result<void> Engine::fail_attempt(const Uuid& job, std::int64_t fence, Failure failure, std::string log) {
  State::Verdict verdict{.job = job, .fence = fence, .failure = std::move(failure), .log = std::move(log)};
  if (verdict.failure.code == kWorkerStopped) verdict.cause = State::Cause::given_back;
  Result<void> ended = state_->end_attempt(verdict);
  if (ended || !passing(ended.error())) state_->forget(job, fence);
  return ended;
}

void Engine::State::forget(const Uuid& id, std::int64_t fence, bool published_taken) {
  std::optional<boost::json::object> published;
  {
    std::lock_guard lock(mutex);
    if (auto found = live.find(id); found != live.end() && found->second.fence == fence) {
      if (found->second.completing) return;  // whoever completes it forgets it
      published = std::move(found->second.published);
      live.erase(found);
    }
  }
  scratch.remove(id, fence);
  if (!published || published_taken) return;
  auto job = database.read([&](db::Transaction& tx) -> Result<std::optional<Job>> { return rows().find(tx, id); });
  if (!job || !*job) return;
  (*job)->fence = fence;
  if (const Type* known = type((*job)->type); known && known->discard) {
    try {
      known->discard(**job, *published);
    } catch (const std::exception& exception) {
      log::error("what a lost job published is left to the sweep", {{"job", id.text()}, {"detail", exception.what()}});
    }
  }
}

Result<boost::json::object> Engine::State::publish(const Job& job, boost::json::object result) {
  const Type* known = type(job.type);
  if (!known || !known->publish) return result;
  try {
    return known->publish(job, scratch.out(job.id, job.fence), std::move(result));
  } catch (const std::exception& exception) {
    return fail(Code::internal, "internal-error", "What the job made could not be stored.", exception.what());
  }
}

Result<void> Engine::State::commit(const Job& seen, const boost::json::object& result, const std::string& log) {
  try {
    return database.write([&](db::Transaction& tx) -> Result<void> {
      auto job = rows().find_locked(tx, seen.id);
      if (!job || job->fence != seen.fence || job->status != Status::running) return fail(lease_lost());
      if (!log.empty()) rows().set_log(tx, job->row, cleaned_log(log));
      return transitions.succeed(tx, std::move(*job), result);
    });
  } catch (const std::exception& exception) {
    return fail(Code::internal, "internal-error", "What the job made could not be recorded.", exception.what());
  }
}

// The attempt fails by what became of its result.
void Engine::State::refuse(const Uuid& id, std::int64_t fence, const Error& error, const std::string& log) {
  log::warning("the result of a job is refused",
               {{"job", id.text()}, {"error", error.message}, {"detail", error.detail}});
  Verdict verdict{.job = id, .fence = fence, .failure = {}, .log = log};
  verdict.failure.code = error.type.empty() ? "not-published" : error.type;
  verdict.failure.message = error.message;
  verdict.failure.permanent =
      error.code == Code::not_found || error.code == Code::gone || error.code == Code::unprocessable;
  if (auto ended = end_attempt(verdict); !ended && ended.error().type != "lease-lost") {
    log::error("an attempt is not ended; its lease will", {{"job", id.text()}, {"detail", ended.error().detail}});
  }
}

Result<void> Engine::State::complete(const Uuid& id, std::int64_t fence, boost::json::object result,
                                     const std::string& log) {
  RV_TRY(const auto job,
         database.read([&](db::Transaction& tx) -> Result<std::optional<Job>> { return rows().find(tx, id); }));
  if (!job) return fail_not_found("job");
  if (job->fence == fence && job->status == Status::succeeded) return {};
  if (job->fence != fence || job->status != Status::running) return fail(lease_lost());
  std::optional<boost::json::object> published;
  {
    std::lock_guard lock(mutex);
    published = live[id].published;
  }
  if (!published) {
    auto brought = publish(*job, std::move(result));
    if (!brought) {
      refuse(id, fence, brought.error(), log);
      return fail(Code::conflict, "result-refused", "The job's result could not be stored.", brought.error().detail);
    }
    published = std::move(*brought);
    std::lock_guard lock(mutex);
    live[id].published = published;
  }
  auto committed = commit(*job, *published, log);
  if (committed || passing(committed.error()) || committed.error().type == "lease-lost") return committed;
  refuse(id, fence, committed.error(), log);
  return fail(Code::conflict, "result-refused", "The job's result could not be recorded.", committed.error().detail);
}

Result<void> Engine::complete(const Uuid& id, std::int64_t fence, boost::json::object result, std::string log) {
  State& state = *state_;
  {
    // One at a time: a worker that got no answer asks again while the first is still publishing.
    std::unique_lock lock(state.mutex);
    state.changed.wait(lock, [&] {
      auto found = state.live.find(id);
      return found == state.live.end() || !found->second.completing;
    });
    LiveJob& job = state.live[id];
    if (job.fence > fence) {
      state.scratch.remove(id, fence);
      return fail(lease_lost());
    }
    if (job.fence != fence) job = {};
    job.fence = fence;
    job.heard = Steady::now();
    job.confirmed = true;
    job.completing = true;
  }
  Result<void> completed = state.complete(id, fence, std::move(result), log);
  {
    std::lock_guard lock(state.mutex);
    if (auto found = state.live.find(id); found != state.live.end() && found->second.fence == fence) {
      found->second.completing = false;
    }
    state.changed.notify_all();
  }
  if (completed || !passing(completed.error())) state.forget(id, fence, completed.has_value());
  return completed;
}

}  // namespace reelvault::jobs
