// Runs actions on many assets (catalog/batch.hpp). Whatever a request names is planned into rows before anything is
// done, so that it goes on where it stopped after a restart; up to 1,000 assets are done before the answer, more in a
// job of the server. What is begun and goes on behind the answer (bytes must move) ends with the jobs that do it, and
// so does the batch. Steps share transactions that are cut after some milliseconds, so that other writers wait for none
// of it. Thread-safe once all actions are declared.
#pragma once
#include "catalog/asset_service.hpp"
#include "catalog/batch.hpp"
#include "catalog/batch_repository.hpp"
#include "jobs/engine.hpp"

namespace reelvault::catalog {

struct BatchRequest {
  std::vector<Uuid> targetIds;
  boost::json::object actionArguments;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(BatchRequest, (), (targetIds, actionArguments))

struct BatchError {
  std::string code, message;
};
BOOST_DESCRIBE_STRUCT(BatchError, (), (code, message))

struct BatchResult {
  Uuid id;
  std::string status;  // "Succeeded", "Failed", "Queued"
  std::optional<Uuid> newId;
  std::optional<BatchError> error;
};
BOOST_DESCRIBE_STRUCT(BatchResult, (), (id, status, newId, error))

struct BatchJson {
  Uuid batchId;
  std::string action;
  std::string status;  // "Queued", "Running", "Succeeded", "PartiallyFailed", "Failed"
  std::int64_t totalCount = 0, succeededCount = 0, failedCount = 0;
  Timestamp createdAt;
  std::optional<Timestamp> endedAt;
  std::vector<BatchResult> results;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(BatchJson, (),
                      (batchId, action, status, totalCount, succeededCount, failedCount, createdAt, endedAt, results))

struct BatchSummary {
  Uuid batchId;
  std::string action, status;
  std::int64_t totalCount = 0, succeededCount = 0, failedCount = 0;
  Timestamp createdAt;
  std::optional<Timestamp> endedAt;
  Uuid userId;
  std::string username;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(BatchSummary, (),
                      (batchId, action, status, totalCount, succeededCount, failedCount, createdAt, endedAt, userId,
                       username))

struct BatchPage {
  std::vector<BatchSummary> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(BatchPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct BatchQuery {
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  std::optional<std::string> state;
  std::optional<Uuid> userId;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(BatchQuery, (), (pageSize, pageToken, state, userId))

class BatchService {
 public:
  BatchService(AssetService& assets, jobs::Engine& jobs, db::Outbox& outbox)
      : assets_(assets), jobs_(jobs), outbox_(outbox) {}
  void add(BatchAction action);  // before start
  void register_type();          // of the job; before Engine::start
  // Takes up what a restart of this or another node interrupted; at start, and now and then.
  Result<void> take_up(bool at_start);

  const std::vector<std::unique_ptr<BatchAction>>& actions() const { return actions_; }
  const BatchAction* find(std::string_view name) const;  // any letter case

  struct Outcome {
    BatchJson batch;
    bool ended = true;
  };
  Result<Outcome> run(const Principal& by, std::string_view action, const BatchRequest& request);
  // What is wrong with an action's arguments, at `pointer`, or in the path with its name.
  Result<void> check(const Principal& by, const BatchAction& action, const boost::json::object& arguments,
                     std::string_view pointer);
  Result<void> check(const Principal& by, std::string_view action, const BatchRequest& request);
  Result<BatchJson> get(const Principal& by, const Uuid& id);
  Result<BatchPage> list(const Principal& by, const BatchQuery& query);

  // One asset by its own route. Faults name fields of the body itself, and what fails is the answer's error.
  struct Single {
    std::optional<Asset> asset;  // as it is now, or what was made; nothing when it is gone
    bool made = false;
    std::optional<Outcome> batch;  // of a folder with all below it
    bool lasting = false;
  };
  Result<Single> run_one(const Principal& by, const BatchAction& action, const Uuid& id, boost::json::object arguments);

  std::int64_t forget_ended(Timestamp before);  // for maintenance

 private:
  struct Plan;
  struct Run;
  Result<Plan> resolve(const Principal& by, const BatchAction& action, const std::vector<Uuid>& ids);
  Result<bool> plan_steps(Run& run, std::int64_t limit);
  using Came = Result<std::optional<BatchAction::Made>>;
  Result<std::vector<Came>> one_by_one(db::Transaction& tx, Run& run, std::vector<BatchTarget>& targets);
  std::vector<Came> together(db::Transaction& tx, Run& run, const std::vector<BatchTarget>& targets);
  using Progress = std::function<void(std::int64_t done)>;
  Result<void> do_steps(Run& run, const Progress& progress, const std::atomic<bool>& stop);
  Result<void> do_side_by_side(Run& run, const Progress& progress, const std::atomic<bool>& stop);
  Result<bool> some_targets(Run& run, int most);
  Result<bool> some_steps(Run& run, int most);
  void failed_along(db::Transaction& tx, std::int64_t batch_row, std::int64_t asset_row, std::string_view type,
                    std::string_view message, bool whole = false);
  void give_up(db::Transaction& tx, Run& run, std::int64_t asset_row);
  Result<void> skip_first(Run& run, const Error& error);
  Result<void> finish(Run& run);
  void end_or_wait(db::Transaction& tx, const Batch& batch);
  void job_ended(db::Transaction& tx, const jobs::Job& job);
  Result<void> work(Run& run, const std::function<void(double)>& progress, const std::atomic<bool>& stop);
  std::optional<Error> one_step(db::Transaction& tx, Run& run, const BatchStep& step, BatchAction::Made& made);
  void enqueue(db::Transaction& tx, const Uuid& batch);
  void claim(db::Transaction& tx, const Run& run, std::vector<std::int64_t> rows);
  Result<BatchAction::Step> lock_step(db::Transaction& tx, Run& run, std::int64_t asset_row);
  Result<BatchAction::Step> permitted(const Run& run, Asset asset);
  void tell(db::Transaction& tx, const Batch& batch);
  BatchJson json(db::Transaction& tx, const Batch& batch);
  std::string status_of(const Batch& batch, std::int64_t succeeded, std::int64_t failed) const;

  AssetService& assets_;
  jobs::Engine& jobs_;
  db::Outbox& outbox_;
  std::vector<std::unique_ptr<BatchAction>> actions_;
  BatchRepository repository_;
};

}  // namespace reelvault::catalog
