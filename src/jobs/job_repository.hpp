// The rows of jobs: the only SQL about them. All take the caller's transaction. On PostgreSQL rows are locked in the
// order of their ids (a dependant is always newer than what it needs), so that transactions do not wait in a circle.
#pragma once
#include "db/database.hpp"
#include "jobs/job.hpp"

#include <set>

namespace reelvault::jobs {

class JobRepository {
 public:
  // The row, and whether it is new; another job with this key is left as it is. `waiting` is not counted yet.
  std::pair<std::int64_t, bool> insert(db::Transaction& tx, const NewJob& job, int band, Timestamp now);

  std::optional<Job> find(db::Transaction& tx, std::int64_t row);
  std::optional<Job> find(db::Transaction& tx, const Uuid& id);
  std::optional<Job> find_locked(db::Transaction& tx, const Uuid& id);  // nobody else changes it until the commit
  std::vector<Job> of_asset(db::Transaction& tx, std::int64_t asset_row);
  std::string log(db::Transaction& tx, std::int64_t row);

  struct Filter {
    std::optional<Status> status;
    std::optional<std::string> type;
    std::optional<Uuid> asset_id;
  };
  std::vector<Job> page(db::Transaction& tx, const Filter& filter, std::int64_t below_row,
                        std::size_t limit);  // newest first
  std::int64_t count(db::Transaction& tx, const Filter& filter, std::int64_t at_most);

  // Ready ones of these types, the highest priority first, then the oldest; without locks.
  std::vector<std::int64_t> ready(db::Transaction& tx, const std::set<std::string>& types, Timestamp now, int limit);
  // The best of the candidates that nobody else is taking, locked; a stale candidate is passed over.
  std::optional<std::int64_t> lock_ready(db::Transaction& tx, const std::vector<std::int64_t>& candidates,
                                         Timestamp now);
  void start(db::Transaction& tx, std::int64_t row, const std::string& worker, Timestamp now, Timestamp lease_until);

  // Back in the queue. `attempt`: what counts from now on.
  void requeue(db::Transaction& tx, std::int64_t row, int attempt, Timestamp available_at,
               const std::optional<Failure>& failure);
  // A running job did something that stays: however often it was cut off before, it is not what crashes the server.
  void got_on(db::Transaction& tx, std::int64_t row);
  void uncount_claim(db::Transaction& tx, std::int64_t row);         // the last one
  void reset(db::Transaction& tx, std::int64_t row, Timestamp now);  // for a retry: as if it had never run
  void end(db::Transaction& tx, std::int64_t row, Status status, const std::optional<Failure>& failure,
           const boost::json::object& result, Timestamp now);
  void set_log(db::Transaction& tx, std::int64_t row, std::string_view log);
  // False: not running under this fence any more.
  bool renew(db::Transaction& tx, std::int64_t row, std::int64_t fence, double progress, Timestamp lease_until);
  int claims(db::Transaction& tx, std::int64_t row);
  bool lease_over(db::Transaction& tx, std::int64_t row, Timestamp now);

  void add_dependencies(db::Transaction& tx, std::int64_t row, const std::vector<std::int64_t>& needs);
  // Locks what a job needs against ending meanwhile; gives their statuses.
  std::vector<Status> lock_needs(db::Transaction& tx, std::int64_t row);
  bool needs_success(db::Transaction& tx, std::int64_t row);
  std::vector<std::int64_t> lock_dependants(db::Transaction& tx, std::int64_t row);
  // Counts anew what these still wait for.
  void count_waiting(db::Transaction& tx, const std::vector<std::int64_t>& rows);

  struct Running {
    std::int64_t row;
    Uuid id;
    std::int64_t fence;
    std::string worker;
  };
  std::vector<Running> expired(db::Transaction& tx, Timestamp now, int limit);
  std::vector<Running> of_worker(db::Transaction& tx, const std::string& worker);
  std::vector<Running> of_workers_under(db::Transaction& tx, const std::string& prefix);  // not empty, ASCII
  // Which of these still run, with their fences.
  std::vector<Running> running(db::Transaction& tx, const std::vector<Uuid>& ids);
  std::vector<std::int64_t> open_of_asset(db::Transaction& tx, std::int64_t asset_row);
  std::int64_t remove_of_asset(db::Transaction& tx, std::int64_t asset_row, int limit);
  std::int64_t waiting_of(db::Transaction& tx, const std::string& flow, std::int64_t most);
  std::vector<std::tuple<std::string, Status, std::int64_t>> open_counts(db::Transaction& tx);
};

}  // namespace reelvault::jobs
