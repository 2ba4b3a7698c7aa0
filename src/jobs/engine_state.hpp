// What the engine's parts share; private to jobs/engine*.cpp.
#pragma once
#include "jobs/engine.hpp"
#include "jobs/scratch.hpp"
#include "jobs/transitions.hpp"

#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace reelvault::jobs {

using Steady = std::chrono::steady_clock;

// A running job that this process handed out or heard of.
struct LiveJob {
  std::int64_t row = 0;
  std::int64_t fence = 0;
  Steady::time_point heard;      // of its worker
  Steady::time_point persisted;  // when lease and progress were last written
  double progress = 0;
  double persisted_progress = 0;
  bool confirmed = true;    // its worker has been heard since it was handed out
  bool completing = false;  // its result is being published or committed
  bool in_server = false;
  std::shared_ptr<std::atomic<bool>> stop;  // in_server
  std::optional<boost::json::object> input;
  std::optional<boost::json::object> published;  // waits for a commit that the database did not take
};

struct Waiter {
  std::string worker_id;
  bool gone = false;
};

struct Engine::State {
  State(db::Database& db, Options o);

  db::Database& database;
  Options options;
  std::string own_prefix;
  Transitions transitions;
  Scratch scratch;
  std::atomic<bool> stopping = false;
  bool started = false;
  Steady::time_point started_at;

  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  std::unordered_map<Uuid, LiveJob> live;
  std::list<Waiter*> waiters;
  std::map<std::pair<Uuid, std::int64_t>, Steady::time_point> orphan_folders;  // when first seen
  std::condition_variable upkeep_wake;
  std::vector<std::thread> threads;

  JobRepository& rows() { return transitions.rows(); }
  const Type* type(const std::string& name) const;
  void show_progress(Job& job);  // which is in memory first

  // Claims: engine_claim.cpp.
  Result<std::optional<Job>> take(const std::string& worker_id, const std::set<std::string>& types);
  std::optional<Claim> prepare(const Job& job);
  Result<boost::json::object> input_of(const Job& job);

  // Results: engine_result.cpp.
  enum class Cause {
    failed,     // the worker says so, or it was lost: an attempt
    given_back  // nobody's fault: not an attempt, unless it happens too often
  };
  struct Verdict {
    Uuid job;
    std::int64_t fence;
    Failure failure;
    std::string log = {};
    Cause cause = Cause::failed;
    bool only_if_lease_over = false;
  };
  Result<void> end_attempt(const Verdict& verdict);
  Result<void> complete(const Uuid& id, std::int64_t fence, boost::json::object result, const std::string& log);
  Result<boost::json::object> publish(const Job& job, boost::json::object result);
  Result<void> commit(const Job& job, const boost::json::object& result, const std::string& log);
  void refuse(const Uuid& id, std::int64_t fence, const Error& error, const std::string& log);
  // This attempt is over: its folder goes, and what it published, unless that was taken.
  void forget(const Uuid& id, std::int64_t fence, bool published_taken = false);
  // Whether the row still runs under the fence; renews where it is time.
  Result<bool> beat(const Uuid& id, std::int64_t fence, double progress, bool from_worker);
  std::chrono::milliseconds backoff(int attempt) const;

  // Threads: engine_upkeep.cpp.
  void recover();
  void run_upkeep();
  void tend_own_jobs();
  void sweep_leases();
  void sweep_folders(bool at_start);
  void show_gauges();
  void run_server_jobs(const std::set<std::string>& types);
  void run_server_job(const Type& type, const Job& job);
};

}  // namespace reelvault::jobs
