// What may become of a job, each change in the caller's transaction with all that follows from it: hooks of its type,
// jobs that waited for it, the event, and after the commit the wake-up and the metrics.
#pragma once
#include "jobs/backlog.hpp"
#include "jobs/engine.hpp"
#include "jobs/job_repository.hpp"
#include "jobs/ready_signal.hpp"

namespace reelvault::jobs {

using Types = std::map<std::string, Type>;
using ChangeHooks = std::vector<std::function<void(db::Transaction&, const Job&)>>;

class Transitions {
 public:
  Transitions() : ready_(std::make_shared<ReadySignal>()) {}

  Types types;               // filled before the first use
  ChangeHooks change_hooks;  // likewise
  const std::shared_ptr<ReadySignal>& ready() const { return ready_; }
  JobRepository& rows() { return rows_; }

  std::int64_t enqueue(db::Transaction& tx, const NewJob& job);
  // The next ready job of these types, now running for this worker.
  std::optional<Job> start(db::Transaction& tx, const std::set<std::string>& types, const std::string& worker,
                           std::chrono::milliseconds lease);
  Result<void> succeed(db::Transaction& tx, Job job, const boost::json::object& result);
  // Failed or cancelled. Without `hooks` the type is not told: for when its own hook is what fails.
  Result<void> end(db::Transaction& tx, Job job, Status status, const Failure& failure, bool hooks = true);
  void requeue(db::Transaction& tx, const Job& job, int attempt, std::chrono::milliseconds delay,
               const std::optional<Failure>& failure);
  Result<void> retry(db::Transaction& tx, const Job& job);
  void changed(db::Transaction& tx, const Job& job);

 private:
  // Recounts what newer jobs wait for, and gives those that cannot run any more.
  std::vector<Job> release_dependants(db::Transaction& tx, const Job& job);
  void observe(db::Transaction& tx, const Job& job);

  JobRepository rows_;
  Backlog backlog_;
  std::shared_ptr<ReadySignal> ready_;
};

Error lease_lost();
Failure cleaned(Failure failure);  // within limits, and such that any database stores it
std::string cleaned_log(std::string log);

}  // namespace reelvault::jobs
