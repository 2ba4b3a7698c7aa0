// The server's side of jobs. Thread-safe. Claims wake when a job becomes ready in this process, and poll besides: every
// second on PostgreSQL, where another node may have queued it, every 5 s on SQLite.
//
// A claim raises the job's fence. Whatever a worker reports is accepted only under the present fence and while the job
// runs, and that is checked again in the transaction that writes it, so that a worker that was given up can do no harm.
// Leases are judged by when this process last heard of the worker on its monotonic clock (a laptop that slept does not
// lose its jobs) and, for jobs that other nodes look after, by the database's clock. After a start nothing counts as
// lost for one lease, since workers outlive a restart of the server and report again.
//
// Progress is kept in memory and written, with the lease, every third of the lease, or after 2 s where it moved.
#pragma once
#include "db/database.hpp"
#include "jobs/job.hpp"

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>

namespace reelvault::jobs {

// What the server does about jobs of one type; registered before start by the room that owns the type.
struct Type {
  std::string name;
  // Completes the claim with what the worker needs; called outside transactions for each claim, and again when a
  // worker elsewhere fetches its input. {"path": …} or {"url": …}, the same in each member of an array "inputs", and
  // whatever else. An error fails the attempt (for good, where the thing is gone). Optional.
  std::function<Result<boost::json::object>(const Job&)> prepare;
  // Before `succeeded`, outside the transaction: bring what was produced in `scratch` to its final, durable place.
  // Gives what `succeeded` gets as result. Called once for each attempt. Optional.
  std::function<Result<boost::json::object>(const Job&, const std::filesystem::path& scratch,
                                            boost::json::object result)>
      publish;
  // Commits what the job made, in the transaction that ends the job; the job's row has ended already. May queue further
  // jobs. May be run again. An error fails the attempt, save that the worker tries again where the database is away.
  std::function<Result<void>(db::Transaction&, const Job&, const boost::json::object& result)> succeeded;
  // The last attempt failed, or it was cancelled: in the transaction that ends the job.
  std::function<Result<void>(db::Transaction&, const Job&, const Failure&)> failed;
  // What `publish` brought into place is not wanted: the attempt was given up, or its commit failed. Not called after a
  // crash, so a sweep must find such things as well. Optional.
  std::function<void(const Job&, const boost::json::object& published)> discard;
  bool in_server = false;  // runs inside the server on a thread of its own (cheap, trusted work), by `run`
  std::string crew = {};   // whose threads run it: work that takes long keeps nothing else from being done
  std::function<std::expected<boost::json::object, Failure>(const Job&, const std::function<void(double)>& progress,
                                                            const std::atomic<bool>& stop)>
      run;
};

class Engine {
 public:
  struct Options {
    std::chrono::milliseconds lease{30000};
    std::filesystem::path scratch;  // a folder per claimed job is made under it and removed afterwards; empty: none
    int server_threads = 2;         // for in_server types without a crew
    std::map<std::string, int> crews = {};    // threads of each crew; one that is not here has 1
    std::chrono::milliseconds backoff{5000};  // after the first attempt; doubled with each, half of it random
    std::chrono::milliseconds backoff_max{600000};
    std::chrono::milliseconds poll{0};  // 0: see above
    std::string node;  // the same after a restart, different on each node; empty: from host, machine and scratch folder
  };
  Engine(db::Database& database, Options options);
  ~Engine();  // calls of other threads must have ended, or be claims

  void add(Type type);
  // Called in the transaction of every change of a job, to put an event into the outbox.
  void on_change(std::function<void(db::Transaction&, const Job&)> fn);

  // Requeues what this node's own workers left running when it crashed (not counted as an attempt), sweeps the scratch
  // folder, and from then on takes care of leases and runs in_server types.
  void start();
  void stop();  // claims answer `unavailable` from now on, those that wait at once; in_server jobs are given back

  // Workers that die with this server have ids that begin with this (ended by a slash).
  std::string own_worker_prefix() const;

  // In the caller's transaction. The same key again: the row that is there.
  std::int64_t enqueue(db::Transaction& tx, NewJob job);
  void cancel_asset_jobs(db::Transaction& tx, std::int64_t asset_row, std::string_view reason);
  // Removes ended jobs of an asset that is gone, a few hundred at a time; gives how many.
  std::int64_t forget_asset_jobs(db::Transaction& tx, std::int64_t asset_row);
  // Jobs of one asset, oldest first.
  std::vector<Job> history(db::Transaction& tx, std::int64_t asset_row);
  std::optional<Job> find(db::Transaction& tx, const Uuid& id);

  // failed or cancelled -> queued, attempts from 0; also what was cancelled because this one failed. A conflict where
  // it runs, waits or succeeded, or where a job that it needs has failed.
  Result<Job> retry(const Uuid& id);
  Result<Job> cancel(const Uuid& id);  // queued or running -> cancelled; again: the same; a conflict once it ended
  std::optional<Job> find_with_log(db::Transaction& tx, const Uuid& id, std::string& log);

  struct Query {
    std::optional<Status> status;
    std::optional<std::string> type;
    std::optional<Uuid> asset_id;
    std::int64_t below_row = INT64_MAX;
    std::size_t limit = 50;
  };
  struct Page {
    std::vector<Job> jobs;  // newest first
    bool more = false;
    std::int64_t total = 0;
    bool total_is_estimate = false;  // there are at least so many
  };
  Result<Page> list(const Query& query);

  // The worker's protocol (jobs/protocol.hpp speaks it over HTTP). All check the fence.
  struct Claim {
    Job job;
    boost::json::object input;      // from Type::prepare
    std::filesystem::path scratch;  // where its outputs go
    std::chrono::milliseconds lease{};
  };
  // Waits without a transaction for as long as nothing of these types is ready. What is handed out counts as begun with
  // its first heartbeat; where none comes, it is taken back without counting the attempt.
  Result<std::optional<Claim>> claim(const std::string& worker_id, const std::set<std::string>& types,
                                     std::chrono::milliseconds wait);
  struct Beat {
    bool cancelled = false;  // stop working: cancelled, or the lease was lost
  };
  Result<Beat> heartbeat(const Uuid& job, std::int64_t fence, double progress);
  // Idempotent per fence. Conflict "lease-lost": the result is dropped. "result-refused": the attempt has failed by it.
  Result<void> complete(const Uuid& job, std::int64_t fence, boost::json::object result, std::string log = {});
  Result<void> fail_attempt(const Uuid& job, std::int64_t fence, Failure failure, std::string log);
  // This worker asks no more; what it holds goes to others at once. `crashed`: that counts as an attempt.
  Result<void> worker_gone(const std::string& worker_id, bool crashed);

  // For workers that cannot read this machine's files: not_found or "lease-lost" unless it runs under this fence.
  Result<boost::json::object> input(const Uuid& job, std::int64_t fence);
  // Where one output is received, and where it goes when it is whole; both inside the job's own folder.
  struct OutputPlace {
    std::filesystem::path partial;
    std::filesystem::path final;
  };
  Result<OutputPlace> output_place(const Uuid& job, std::int64_t fence, std::string_view name);

  db::Database& database();

  struct State;  // jobs/engine_state.hpp, for the engine's own files

 private:
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::jobs
