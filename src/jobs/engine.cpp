#include "jobs/engine.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "jobs/engine_state.hpp"

#include <unistd.h>

namespace reelvault::jobs {
namespace {

constexpr std::int64_t kCountLimit = 10000;

// The same for this installation after a restart, another one for each other node.
std::string default_node(const std::filesystem::path& scratch) {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  std::error_code ignored;
  const std::string place = machine + "|" + std::filesystem::absolute(scratch, ignored).string();
  return fmt::format("{}-{}", host, hex(sha256(bytes_of(place))).substr(0, 8));
}

}  // namespace

Engine::State::State(db::Database& db, Options o)
    : database(db), options(std::move(o)), scratch(options.scratch), started_at(Steady::now()) {
  if (options.poll.count() == 0) {
    options.poll = std::chrono::milliseconds(db.kind() == db::Kind::sqlite ? 5000 : 1000);
  }
  if (options.node.empty()) options.node = default_node(options.scratch);
  own_prefix = options.node + "/";
}

const Type* Engine::State::type(const std::string& name) const {
  auto found = transitions.types.find(name);
  return found == transitions.types.end() ? nullptr : &found->second;
}

void Engine::State::show_progress(Job& job) {
  if (job.status != Status::running) return;
  std::lock_guard lock(mutex);
  if (auto found = live.find(job.id); found != live.end() && found->second.fence == job.fence) {
    job.progress = found->second.progress;
  }
}

Engine::Engine(db::Database& database, Options options)
    : state_(std::make_unique<State>(database, std::move(options))) {}

Engine::~Engine() {
  stop();
  std::unique_lock lock(state_->mutex);
  state_->changed.wait(lock, [&] { return state_->waiters.empty(); });
}

void Engine::add(Type type) {
  std::string name = type.name;
  state_->transitions.types.insert_or_assign(std::move(name), std::move(type));
}

void Engine::on_change(std::function<void(db::Transaction&, const Job&)> fn) {
  state_->transitions.change_hooks.push_back(std::move(fn));
}

std::string Engine::own_worker_prefix() const { return state_->own_prefix; }
db::Database& Engine::database() { return state_->database; }

std::int64_t Engine::enqueue(db::Transaction& tx, NewJob job) { return state_->transitions.enqueue(tx, job); }

void Engine::cancel_asset_jobs(db::Transaction& tx, std::int64_t asset_row, std::string_view reason) {
  JobRepository& rows = state_->rows();
  const Failure why = cleaned({.code = std::string(kCancelled), .message = std::string(reason)});
  for (std::int64_t row : rows.open_of_asset(tx, asset_row)) {
    auto job = rows.find(tx, row);
    if (ended(job->status)) continue;  // with one before it
    if (auto cancelled = state_->transitions.end(tx, *job, Status::cancelled, why); !cancelled) {
      log::error("a job's type did not take its cancellation",
                 {{"type", job->type}, {"detail", cancelled.error().detail}});
    }
  }
}

std::int64_t Engine::forget_asset_jobs(db::Transaction& tx, std::int64_t asset_row) {
  return state_->rows().remove_of_asset(tx, asset_row, 400);
}

std::vector<Job> Engine::history(db::Transaction& tx, std::int64_t asset_row) {
  std::vector<Job> jobs = state_->rows().of_asset(tx, asset_row);
  for (Job& job : jobs) state_->show_progress(job);
  return jobs;
}

std::optional<Job> Engine::find(db::Transaction& tx, const Uuid& id) {
  auto job = state_->rows().find(tx, id);
  if (job) state_->show_progress(*job);
  return job;
}

std::optional<Job> Engine::find_with_log(db::Transaction& tx, const Uuid& id, std::string& log) {
  auto job = find(tx, id);
  if (job) log = state_->rows().log(tx, job->row);
  return job;
}

Result<Engine::Page> Engine::list(const Query& query) {
  return state_->database.read([&](db::Transaction& tx) -> Result<Page> {
    const JobRepository::Filter filter{query.status, query.type, query.asset_id};
    Page page;
    page.jobs = state_->rows().page(tx, filter, query.below_row, query.limit + 1);
    page.more = page.jobs.size() > query.limit;
    if (page.more) page.jobs.pop_back();
    for (Job& job : page.jobs) state_->show_progress(job);
    page.total = state_->rows().count(tx, filter, kCountLimit + 1);
    page.total_is_estimate = page.total > kCountLimit;
    page.total = std::min(page.total, kCountLimit);
    return page;
  });
}

Result<Job> Engine::retry(const Uuid& id) {
  return state_->database.write([&](db::Transaction& tx) -> Result<Job> {
    const auto seen = state_->rows().find(tx, id);
    if (!seen) return fail_not_found("job");
    state_->rows().lock_needs(tx, seen->row);  // before it: older rows are locked first
    auto job = state_->rows().find_locked(tx, id);
    if (!job) return fail_not_found("job");
    if (job->status != Status::failed && job->status != Status::cancelled) {
      return fail(
          Code::conflict, "job-not-ended",
          fmt::format("The job is {}; only a failed or cancelled one can be retried.", status_name(job->status)));
    }
    RV_CHECK(state_->transitions.retry(tx, *job));
    return *state_->rows().find(tx, id);
  });
}

Result<Job> Engine::cancel(const Uuid& id) {
  const Failure why{.code = std::string(kCancelled), .message = "The job was cancelled."};
  return state_->database.write([&](db::Transaction& tx) -> Result<Job> {
    auto job = state_->rows().find_locked(tx, id);
    if (!job) return fail_not_found("job");
    if (job->status == Status::cancelled) return *job;
    if (ended(job->status)) {
      return fail(Code::conflict, "job-ended", fmt::format("The job has {} already.", status_name(job->status)));
    }
    RV_CHECK(state_->transitions.end(tx, *job, Status::cancelled, why));
    tx.after_commit([state = state_.get()] { state->upkeep_wake.notify_all(); });
    return *state_->rows().find(tx, id);
  });
}

void Engine::start() {
  State& state = *state_;
  state.started = true;
  state.started_at = Steady::now();
  state.recover();
  state.sweep_folders(true);
  state.threads.emplace_back([&state] { state.run_upkeep(); });
  std::map<std::string, std::set<std::string>> crews;
  for (const auto& [name, type] : state.transitions.types) {
    if (type.in_server) crews[type.crew].insert(name);
  }
  for (const auto& [crew, names] : crews) {
    const auto size = state.options.crews.find(crew);
    const int threads = crew.empty()                        ? state.options.server_threads
                        : size == state.options.crews.end() ? 1
                                                            : size->second;
    for (int i = 0; i < threads; ++i) state.threads.emplace_back([&state, names] { state.run_server_jobs(names); });
  }
}

void Engine::stop() {
  State& state = *state_;
  {
    std::lock_guard lock(state.mutex);
    state.stopping = true;
    for (auto& [id, job] : state.live) {
      if (job.stop) job.stop->store(true);
    }
  }
  state.transitions.ready()->wake();
  state.upkeep_wake.notify_all();
  for (std::thread& thread : state.threads) thread.join();
  state.threads.clear();
}

}  // namespace reelvault::jobs
