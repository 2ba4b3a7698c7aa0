// The server's side of jobs. Thread-safe. Claims wake when a job becomes ready in this process, and poll every 5 s
// besides (another node may have queued it).
#pragma once
#include "db/database.hpp"
#include "jobs/job.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>

namespace reelvault::jobs {

// What the server does about jobs of one type; registered before start by the room that owns the type.
struct Type {
  std::string name;
  // Completes the claim with what the worker needs (input paths or URLs, scratch folder); called outside transactions
  // for each claim. An error fails the attempt.
  std::function<Result<boost::json::object>(const Job&)> prepare;
  // Commits what the job made, in the transaction that ends the job. May queue further jobs. May be run again.
  std::function<Result<void>(db::Transaction&, const Job&, const boost::json::object& result)> succeeded;
  // The last attempt failed, or it was cancelled: same transaction.
  std::function<Result<void>(db::Transaction&, const Job&, const Failure&)> failed;
  // Before `succeeded`, outside the transaction: bring what was produced in `scratch` to its final, durable place. Gives what
  // `succeeded` gets as result. Optional.
  std::function<Result<boost::json::object>(const Job&, const std::filesystem::path& scratch, boost::json::object result)> publish;
  bool in_server = false;  // runs inside the server on a thread of its own (cheap, trusted work), by `run`
  std::function<std::expected<boost::json::object, Failure>(const Job&, const std::function<void(double)>& progress, const std::atomic<bool>& stop)> run;
};

class Engine {
 public:
  struct Options {
    std::chrono::seconds lease{30};
    std::filesystem::path scratch;  // a folder per claimed job is made under it and removed afterwards
    int server_threads = 2;         // for in_server types
  };
  Engine(db::Database& database, Options options);
  ~Engine();

  void add(Type type);
  // Called in the transaction of every change of a job, to put an event into the outbox.
  void on_change(std::function<void(db::Transaction&, const Job&)> fn);

  void start();  // requeues what a crash left running once its lease is over, sweeps leases, runs in_server types
  void stop();

  // In the caller's transaction. The same key again: the row that is there.
  std::int64_t enqueue(db::Transaction& tx, NewJob job);
  void cancel_asset_jobs(db::Transaction& tx, std::int64_t asset_row, std::string_view reason);
  // Jobs of one asset, oldest first.
  std::vector<Job> history(db::Transaction& tx, std::int64_t asset_row);
  std::optional<Job> find(db::Transaction& tx, const Uuid& id);
  Result<Job> retry(const Uuid& id);   // failed or cancelled -> queued, attempts from 0
  Result<Job> cancel(const Uuid& id);  // queued or running -> cancelled

  // The worker's protocol (jobs/protocol.hpp speaks it over HTTP). All check worker and fence.
  struct Claim {
    Job job;
    boost::json::object input;  // from Type::prepare
    std::filesystem::path scratch;
    std::chrono::seconds lease;
  };
  Result<std::optional<Claim>> claim(const std::string& worker_id, const std::set<std::string>& types, std::chrono::milliseconds wait);
  struct Beat {
    bool cancelled = false;  // stop working: cancelled, or the lease was lost
  };
  Result<Beat> heartbeat(const Uuid& job, std::int64_t fence, double progress);
  Result<void> complete(const Uuid& job, std::int64_t fence, boost::json::object result);  // idempotent per fence
  Result<void> fail_attempt(const Uuid& job, std::int64_t fence, Failure failure, std::string log);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::jobs
