// The rows of batches: the only SQL about them.
#pragma once
#include "catalog/asset.hpp"
#include "db/database.hpp"

#include <span>

namespace reelvault::catalog {

// waiting: all of it has been begun, and jobs are still at some of it.
enum class BatchState : std::int64_t { receiving = 0, running = 1, ended = 2, waiting = 3 };

struct Batch {
  std::int64_t row = 0;
  Uuid id;
  std::string action;
  std::string arguments_json;
  std::int64_t user_row = 0;
  std::string username;
  std::string principal_json;
  BatchState state = BatchState::receiving;
  bool planned = false;
  Timestamp created_at;
  std::optional<Timestamp> ended_at;
};

enum class TargetState : std::int64_t { queued = 0, succeeded = 1, failed = 2, waiting = 3 };

struct BatchTarget {
  std::int64_t ordinal = 0;
  Uuid id;
  std::optional<std::int64_t> asset_row;  // nothing: nothing is to be done for it alone
  TargetState state = TargetState::queued;
  std::optional<Uuid> new_id;
  std::optional<std::string> error_type, error_message;
  std::int64_t failures = 0;
};

struct BatchStep {
  std::int64_t row = 0;
  std::int64_t ordinal = 0;
  std::int64_t asset_row = 0;
  std::optional<std::int64_t> parent_step;
};

class BatchRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Batch& batch);
  std::optional<Batch> find(db::Transaction& tx, const Uuid& id);
  std::optional<Batch> find_row(db::Transaction& tx, std::int64_t row);
  std::vector<Batch> open(db::Transaction& tx);  // not ended
  // What was answered to somebody, the newest first; those before `before`.
  struct Listed {
    std::optional<std::int64_t> user_row;
    std::optional<Uuid> user;
    std::optional<bool> ended;
  };
  std::vector<Batch> page(db::Transaction& tx, const Listed& which, std::int64_t before, std::int64_t limit);
  std::int64_t count(db::Transaction& tx, const Listed& which, std::int64_t most);
  void lock(db::Transaction& tx, std::int64_t row);  // until the transaction ends: its steps are taken by one at a time
  void lock_shared(db::Transaction& tx, std::int64_t row);  // beside others who do, not beside who locks it
  void set_state(db::Transaction& tx, std::int64_t row, BatchState state);
  // Planning is done by one at a time: who takes it over gets a number, and those before have lost it. Nothing where
  // what is to be done has been written down, or done.
  std::optional<std::int64_t> take_planning(db::Transaction& tx, std::int64_t row);
  bool plans(db::Transaction& tx, std::int64_t row, std::int64_t planner);  // locks the batch
  void set_planned(db::Transaction& tx, std::int64_t row);
  void remove(db::Transaction& tx, std::int64_t row);
  std::int64_t remove_ended(db::Transaction& tx, Timestamp before, int limit);

  void insert_targets(db::Transaction& tx, std::int64_t batch, std::span<const BatchTarget> targets);
  std::vector<BatchTarget> targets(db::Transaction& tx, std::int64_t batch);
  // Those with something to do.
  std::vector<BatchTarget> queued(db::Transaction& tx, std::int64_t batch, std::int64_t after, int limit,
                                  std::int64_t last = INT64_MAX);
  void end_target(db::Transaction& tx, std::int64_t batch, const BatchTarget& target);
  // Those from `first` to `last` that had something to do and have no outcome yet.
  void succeeded(db::Transaction& tx, std::int64_t batch, std::int64_t first, std::int64_t last);
  void set_new(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal, const Uuid& made);
  void count_failure(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal, std::string_view type,
                     std::string_view message);
  std::optional<std::int64_t> target_asset(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal);
  // Targets that are done together with another one: ordinal and asset.
  std::vector<std::pair<std::int64_t, Uuid>> going_along(db::Transaction& tx, std::int64_t batch);
  // What still stands as queued has been begun: it has ended, failed where a step of it failed, or waits for jobs. What
  // is done together with another target ends with the batch.
  void end_queued(db::Transaction& tx, std::int64_t batch);

  // The target waits for the jobs (rows).
  void wait_for(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal, const std::vector<std::int64_t>& jobs);
  // Whoever waits for `job` waits for `also` as well.
  void wait_as(db::Transaction& tx, std::int64_t job, std::int64_t also);
  struct Wait {
    std::int64_t batch = 0, ordinal = 0;
    std::int64_t asset_row = 0;  // of the target
  };
  std::vector<Wait> waits_for(db::Transaction& tx, std::int64_t job);
  void end_wait(db::Transaction& tx, std::int64_t job, const Wait& wait);
  std::vector<Uuid> waits_left_over(db::Transaction& tx);  // jobs that are waited for and have ended
  // Where the target (or any) has begun all there was and waits for nothing more, its outcome is set.
  void end_waiting(db::Transaction& tx, std::int64_t batch, std::optional<std::int64_t> ordinal);
  bool waits(db::Transaction& tx, std::int64_t batch);
  struct Counts {
    std::int64_t total = 0, succeeded = 0, failed = 0;
  };
  Counts counts(db::Transaction& tx, std::int64_t batch);
  std::map<std::int64_t, Counts> counts_of(db::Transaction& tx, const std::vector<std::int64_t>& batches);

  std::int64_t insert_step(db::Transaction& tx, std::int64_t batch, const BatchStep& step);
  // Not done yet, the first planned first, or the last.
  std::vector<BatchStep> steps(db::Transaction& tx, std::int64_t batch, bool last_first, int limit);
  std::int64_t count_steps(db::Transaction& tx, std::int64_t batch);
  void step_made(db::Transaction& tx, std::int64_t step, std::int64_t asset_row);  // 0: it failed, and what is below it
  std::optional<std::int64_t> made_by(db::Transaction& tx, std::int64_t step);
  bool whole_failed(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal);  // a target's own step, its first
  std::optional<std::int64_t> asset_of(db::Transaction& tx, std::int64_t step);
  void remove_steps(db::Transaction& tx, const std::vector<std::int64_t>& steps);
  std::int64_t remove_steps_of(db::Transaction& tx, std::int64_t batch, int limit);  // gives how many

  // Direct children of a folder that are not in the bin, by row, after `after`.
  struct Child {
    std::int64_t row = 0;
    AssetType type = AssetType::file;
  };
  std::vector<Child> children(db::Transaction& tx, std::int64_t folder_row, std::int64_t after, int limit,
                              bool with_bin);
};

}  // namespace reelvault::catalog
