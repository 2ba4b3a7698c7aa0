// Handing jobs out, and what workers elsewhere need of them while they run.
#include "base/log.hpp"
#include "jobs/engine_state.hpp"

namespace reelvault::jobs {
namespace {

// Registers a claim for as long as it waits, so that it can be told that its worker is gone.
class Waiting {
 public:
  Waiting(Engine::State& state, std::string worker_id);
  ~Waiting();
  bool gone() const;

 private:
  Engine::State& state_;
  Waiter waiter_;
};

}  // namespace

Result<std::optional<Job>> Engine::State::take(const std::string& worker_id, const std::set<std::string>& types) {
  if (types.empty()) return std::nullopt;
  // A look first: an idle claim must not cost a commit.
  RV_TRY(const bool some, database.read([&](db::Transaction& tx) -> Result<bool> {
    // This node's clock may be behind the database's.
    const std::chrono::seconds allowance(tx.kind() == db::Kind::postgres ? 1 : 0);
    return !rows().ready(tx, types, now() + allowance, 1).empty();
  }));
  if (!some) return std::nullopt;
  RV_TRY(auto job, database.write([&](db::Transaction& tx) -> Result<std::optional<Job>> {
    return transitions.start(tx, types, worker_id, options.lease);
  }));
  if (!job) return std::nullopt;
  const Steady::time_point moment = Steady::now();
  LiveJob entry;
  entry.row = job->row;
  entry.fence = job->fence;
  entry.heard = entry.persisted = moment;
  std::lock_guard lock(mutex);
  live.insert_or_assign(job->id, std::move(entry));
  return job;
}

Result<boost::json::object> Engine::State::input_of(const Job& job) {
  const Type* known = type(job.type);
  if (!known || !known->prepare) return boost::json::object{};
  try {
    return known->prepare(job);
  } catch (const std::exception& exception) {
    return fail(Code::internal, "internal-error", "The job could not be prepared.", exception.what());
  }
}

std::optional<Engine::Claim> Engine::State::prepare(const Job& job) {
  auto made = scratch.make(job.id, job.fence);
  auto input = made ? input_of(job) : std::unexpected(std::move(made).error());
  if (!input) {
    Error& error = input.error();
    log::warning("a job cannot be prepared", {{"job", job.id.text()}, {"type", job.type}, {"detail", error.detail}});
    Verdict verdict{.job = job.id, .fence = job.fence, .failure = {}};
    verdict.failure.code = error.type.empty() ? "not-prepared" : error.type;
    verdict.failure.message = error.message;
    verdict.failure.permanent =
        error.code == Code::not_found || error.code == Code::gone || error.code == Code::unprocessable;
    if (auto ended = end_attempt(verdict); !ended) {
      log::error("an attempt is not ended; its lease will", {{"job", job.id.text()}, {"detail", ended.error().detail}});
    }
    forget(job.id, job.fence);
    return std::nullopt;
  }
  std::lock_guard lock(mutex);
  if (auto found = live.find(job.id); found != live.end() && found->second.fence == job.fence) {
    found->second.confirmed = false;
    found->second.heard = Steady::now();
    found->second.input = *input;
  }
  return Claim{job, std::move(*input), scratch.out(job.id, job.fence), options.lease};
}

Waiting::Waiting(Engine::State& state, std::string worker_id) : state_(state), waiter_{std::move(worker_id)} {
  std::lock_guard lock(state_.mutex);
  state_.waiters.push_back(&waiter_);
}

Waiting::~Waiting() {
  {
    std::lock_guard lock(state_.mutex);
    state_.waiters.remove(&waiter_);
    state_.changed.notify_all();
  }
}

bool Waiting::gone() const {
  std::lock_guard lock(state_.mutex);
  return waiter_.gone;
}

Result<std::optional<Engine::Claim>> Engine::claim(const std::string& worker_id, const std::set<std::string>& types,
                                                   std::chrono::milliseconds wait) {
  State& state = *state_;
  std::set<std::string> wanted;
  for (const std::string& name : types) {
    if (const Type* type = state.type(name); type && !type->in_server) wanted.insert(name);
  }
  Waiting waiting(state, worker_id);
  const Steady::time_point deadline = Steady::now() + wait;
  ReadySignal& ready = *state.transitions.ready();
  for (;;) {
    const std::uint64_t seen = ready.count();
    if (state.stopping) return fail(Code::unavailable, "stopping", "The server is stopping.");
    if (waiting.gone()) return std::nullopt;
    RV_TRY(auto job, state.take(worker_id, wanted));
    if (!job) {
      if (Steady::now() >= deadline) return std::nullopt;
      ready.wait(seen, std::min(deadline, Steady::now() + state.options.poll));
      continue;
    }
    auto claim = state.prepare(*job);
    if (!claim) continue;
    if (!waiting.gone()) return claim;
    RV_CHECK(
        state.end_attempt({.job = job->id, .fence = job->fence, .failure = {}, .cause = State::Cause::given_back}));
    state.forget(job->id, job->fence);
    return std::nullopt;
  }
}

Result<void> Engine::worker_gone(const std::string& worker_id, bool crashed) {
  State& state = *state_;
  {
    std::lock_guard lock(state.mutex);
    for (Waiter* waiter : state.waiters) {
      if (waiter->worker_id == worker_id) waiter->gone = true;
    }
  }
  state.transitions.ready()->wake();
  RV_TRY(const auto held, state.database.read([&](db::Transaction& tx) -> Result<std::vector<JobRepository::Running>> {
    return state.rows().of_worker(tx, worker_id);
  }));
  for (const auto& job : held) {
    State::Verdict verdict{.job = job.id, .fence = job.fence, .failure = {}};
    verdict.failure = {.code = std::string(kWorkerLost), .message = "The worker ended while it was at this job."};
    verdict.cause = crashed ? State::Cause::failed : State::Cause::given_back;
    if (auto ended = state.end_attempt(verdict); !ended && ended.error().code != Code::conflict) return ended;
    state.forget(job.id, job.fence);
  }
  return {};
}

Result<boost::json::object> Engine::input(const Uuid& id, std::int64_t fence) {
  State& state = *state_;
  RV_TRY(const bool running, state.beat(id, fence, -1, true));
  if (!running) return fail(lease_lost());
  {
    std::lock_guard lock(state.mutex);
    if (auto found = state.live.find(id); found != state.live.end() && found->second.input) {
      return *found->second.input;
    }
  }
  RV_TRY(const auto job, state.database.read([&](db::Transaction& tx) -> Result<std::optional<Job>> {
    return state.rows().find(tx, id);
  }));
  if (!job) return fail_not_found("job");
  return state.input_of(*job);
}

Result<Engine::OutputPlace> Engine::output_place(const Uuid& id, std::int64_t fence, std::string_view name) {
  State& state = *state_;
  RV_TRY(const bool running, state.beat(id, fence, -1, true));
  if (!running) return fail(lease_lost());
  RV_CHECK(state.scratch.make(id, fence));  // a restart of the server may have come between
  RV_TRY(auto final, state.scratch.output(id, fence, name));
  return OutputPlace{state.scratch.partial(id, fence), std::move(final)};
}

}  // namespace reelvault::jobs
