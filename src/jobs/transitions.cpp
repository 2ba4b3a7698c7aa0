#include "jobs/transitions.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/text.hpp"
#include "db/clock.hpp"

namespace reelvault::jobs {
namespace {

constexpr std::size_t kMessageLimit = 1000, kDetailLimit = 8 << 10, kLogLimit = 16 << 10;

// The last `limit` bytes, valid, without NUL.
std::string tail(std::string text, std::size_t limit) {
  if (text.size() > limit) text.erase(0, text.size() - limit);
  std::ranges::replace(text, '\0', ' ');
  return repair_utf8(text);
}

const Failure kNeedFailed{.code = std::string(kDependencyFailed),
                          .message = "A job that this one needs has not succeeded."};

}  // namespace

Error lease_lost() {
  return {.code = Code::conflict, .type = "lease-lost", .message = "This job is no longer this worker's."};
}

Failure cleaned(Failure failure) {
  failure.code = tail(std::move(failure.code), 100);
  if (failure.code.empty()) failure.code = "failed";
  failure.message = tail(std::move(failure.message), kMessageLimit);
  if (failure.message.empty()) failure.message = "The job failed.";
  failure.detail = tail(std::move(failure.detail), kDetailLimit);
  return failure;
}

std::string cleaned_log(std::string log) { return tail(std::move(log), kLogLimit); }

void Transitions::changed(db::Transaction& tx, const Job& job) {
  for (const auto& hook : change_hooks) hook(tx, job);
}

std::int64_t Transitions::enqueue(db::Transaction& tx, const NewJob& job) {
  const int band = job.flow.band ? *job.flow.band : backlog_.add(tx, rows_, job.flow.name);
  const auto [row, fresh] = rows_.insert(tx, job, band, db::clock(tx));
  if (!fresh) return row;
  bool hopeless = false;
  if (!job.needs.empty()) {
    rows_.add_dependencies(tx, row, job.needs);
    for (Status status : rows_.lock_needs(tx, row)) {
      hopeless = hopeless || (job.needs_success && ended(status) && status != Status::succeeded);
    }
    rows_.count_waiting(tx, {row});
  }
  changed(tx, *rows_.find(tx, row));
  if (hopeless) {
    if (auto ended = end(tx, *rows_.find(tx, row), Status::cancelled, kNeedFailed); !ended) {
      log::error("a job's type did not take its cancellation", {{"type", job.type}, {"detail", ended.error().detail}});
    }
  }
  tx.after_commit([ready = ready_] { ready->wake(); });
  return row;
}

std::optional<Job> Transitions::start(db::Transaction& tx, const std::set<std::string>& types,
                                      const std::string& worker, std::chrono::milliseconds lease) {
  const Timestamp now = db::clock(tx);
  std::optional<std::int64_t> row;
  // On PostgreSQL others may hold the first few; SQLite has one writer.
  for (int limit = 8; !row && limit <= 512; limit *= 8) {
    const auto candidates = rows_.ready(tx, types, now, limit);
    if (candidates.empty()) return std::nullopt;
    row = rows_.lock_ready(tx, candidates, now);
    if (candidates.size() < static_cast<std::size_t>(limit)) break;
  }
  if (!row) return std::nullopt;
  rows_.start(tx, *row, worker, now, now + lease);
  auto job = rows_.find(tx, *row);
  changed(tx, *job);
  return job;
}

Result<void> Transitions::succeed(db::Transaction& tx, Job job, const boost::json::object& result) {
  rows_.end(tx, job.row, Status::succeeded, std::nullopt, result, db::clock(tx));
  job = *rows_.find(tx, job.row);
  if (auto type = types.find(job.type); type != types.end() && type->second.succeeded) {
    RV_CHECK(type->second.succeeded(tx, job, result));
  }
  changed(tx, job);
  observe(tx, job);
  release_dependants(tx, job);
  return {};
}

Result<void> Transitions::end(db::Transaction& tx, Job first, Status status, const Failure& why, bool hooks) {
  struct Ending {
    Job job;
    Status status;
    Failure failure;
  };
  std::deque<Ending> endings;
  endings.push_back({std::move(first), status, why});
  for (; !endings.empty(); endings.pop_front()) {
    auto& [job, to, failure] = endings.front();
    rows_.end(tx, job.row, to, failure, {}, db::clock(tx));
    job = *rows_.find(tx, job.row);
    if (auto type = types.find(job.type); hooks && type != types.end() && type->second.failed) {
      RV_CHECK(type->second.failed(tx, job, failure));
    }
    changed(tx, job);
    observe(tx, job);
    for (Job& hopeless : release_dependants(tx, job)) {
      endings.push_back({std::move(hopeless), Status::cancelled, kNeedFailed});
    }
  }
  return {};
}

std::vector<Job> Transitions::release_dependants(db::Transaction& tx, const Job& job) {
  std::vector<Job> hopeless;
  const auto dependants = rows_.lock_dependants(tx, job.row);
  if (dependants.empty()) return hopeless;
  rows_.count_waiting(tx, dependants);
  tx.after_commit([ready = ready_] { ready->wake(); });
  if (job.status == Status::succeeded) return hopeless;
  for (std::int64_t row : dependants) {
    auto dependant = rows_.find(tx, row);
    if (dependant->status == Status::queued && rows_.needs_success(tx, row)) hopeless.push_back(std::move(*dependant));
  }
  return hopeless;
}

void Transitions::requeue(db::Transaction& tx, const Job& job, int attempt, std::chrono::milliseconds delay,
                          const std::optional<Failure>& failure) {
  rows_.requeue(tx, job.row, attempt, db::clock(tx) + delay, failure);
  changed(tx, *rows_.find(tx, job.row));
  tx.after_commit([ready = ready_, delay] {
    if (delay.count() <= 0) return ready->wake();
    ready->wake_at(ReadySignal::Clock::now() + delay);
  });
}

Result<void> Transitions::retry(db::Transaction& tx, const Job& first) {
  std::deque<Job> jobs{first};
  for (bool asked_for = true; !jobs.empty(); jobs.pop_front(), asked_for = false) {
    const Job& job = jobs.front();
    bool hopeless = false;
    for (Status status : rows_.lock_needs(tx, job.row)) {
      hopeless = hopeless || (ended(status) && status != Status::succeeded);
    }
    if (hopeless && rows_.needs_success(tx, job.row)) {
      if (!asked_for) continue;  // something else that it needs has failed too
      return fail(Code::conflict, "dependency-failed", "A job that this one needs has failed: retry that one.");
    }
    rows_.reset(tx, job.row, db::clock(tx));
    std::vector<std::int64_t> recount = rows_.lock_dependants(tx, job.row);
    for (std::int64_t row : recount) {
      auto dependant = rows_.find(tx, row);
      if (dependant->status == Status::cancelled && dependant->failure &&
          dependant->failure->code == kDependencyFailed) {
        jobs.push_back(std::move(*dependant));
      }
    }
    recount.push_back(job.row);
    rows_.count_waiting(tx, recount);
    changed(tx, *rows_.find(tx, job.row));
  }
  tx.after_commit([ready = ready_] { ready->wake(); });
  return {};
}

void Transitions::observe(db::Transaction& tx, const Job& job) {
  if (!job.started_at || !job.ended_at) return;
  const double seconds = static_cast<double>((*job.ended_at - *job.started_at).count()) / 1000;
  tx.after_commit([type = job.type, status = job.status, seconds] {
    metrics::seconds("reelvault_job_seconds", "How long the last attempt of a job took, by type and how it ended.",
                     {{"type", type}, {"status", std::string(status_name(status))}})
        .Observe(seconds);
  });
}

}  // namespace reelvault::jobs
