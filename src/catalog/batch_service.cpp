#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "catalog/batch_run.hpp"

namespace reelvault::catalog {

namespace json = boost::json;
using Reach = BatchAction::Reach;

namespace {

constexpr std::string_view job_type = "batch";
constexpr std::int64_t inline_max = 1000;        // assets that are worked on before the answer
constexpr std::chrono::seconds inline_time{90};  // by then they have ended, one way or the other
constexpr std::size_t targets_max = 100000;

}  // namespace

std::span<const dto::Rule> BatchRequest::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "targetIds",
       .sentence = "Files and folders, in any order; each counts once.",
       .min_length = 1,
       .max_length = targets_max},
      {.field = "actionArguments",
       .sentence = "What the action needs, e.g. { \"tags\": [\"rushes\"] } for AddTag.",
       .default_json = "{}"},
  };
  return rules;
}

std::span<const dto::Rule> BatchJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "status", .sentence = "Queued, Running, Succeeded, PartiallyFailed or Failed."},
      {.field = "results", .sentence = "One for each distinct id, in the order in which they were first named."},
  };
  return rules;
}

std::span<const dto::Rule> BatchSummary::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "status", .sentence = "Queued, Running, Succeeded, PartiallyFailed or Failed."},
      {.field = "userId", .sentence = "Who asked for it."},
  };
  return rules;
}

std::span<const dto::Rule> BatchQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "pageSize", .sentence = "Items of one page.", .minimum = 1, .maximum = 500, .default_json = "50"},
      {.field = "pageToken", .sentence = "nextPageToken of the page before.", .max_length = 2000},
      {.field = "state", .sentence = "Only those that go on, or only those that have ended.", .one_of = "open|ended"},
      {.field = "userId", .sentence = "Batches of this user alone."},
  };
  return rules;
}

void BatchService::add(BatchAction action) { actions_.push_back(std::make_unique<BatchAction>(std::move(action))); }

const BatchAction* BatchService::find(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  for (const auto& action : actions_)
    if (lower_ascii(action->name) == wanted) return action.get();
  return nullptr;
}

void BatchService::register_type() {
  jobs_.on_change([this](db::Transaction& tx, const jobs::Job& job) {
    if (jobs::ended(job.status)) job_ended(tx, job);
  });
  jobs::Type type;
  type.name = job_type;
  type.in_server = true;
  type.run = [this](const jobs::Job& job, const std::function<void(double)>& progress,
                    const std::atomic<bool>& stop) -> std::expected<json::object, jobs::Failure> {
    auto failure = [](const Error& error) {
      return std::unexpected(jobs::Failure{.code = type_of(error), .message = error.message, .detail = error.detail});
    };
    auto id = Uuid::parse(std::string_view(job.payload.at("batchId").as_string()));
    auto found = assets_.database().read(
        [&](db::Transaction& tx) -> Result<std::optional<Batch>> { return repository_.find(tx, *id); });
    if (!found) return failure(found.error());
    if (!*found || (*found)->state != BatchState::running) return json::object{};
    Run run{.batch = **found,
            .action = find((*found)->action),
            .by = principal_of((*found)->principal_json),
            .arguments = json::parse((*found)->arguments_json).as_object(),
            .job_row = job.row};
    if (run.action == nullptr)
      return std::unexpected(
          jobs::Failure{.code = "no-action", .message = "This server does not know the action.", .permanent = true});
    auto worked = work(run, progress, stop);
    if (!worked && worked.error().type != superseded) return failure(worked.error());
    if (!worked || stop)
      return std::unexpected(
          jobs::Failure{.code = std::string(jobs::kWorkerStopped), .message = "The server stopped."});
    return json::object{};
  };
  type.succeeded = [](db::Transaction&, const jobs::Job&, const json::object&) -> Result<void> { return {}; };
  type.failed = [this](db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) -> Result<void> {
    auto id = Uuid::parse(std::string_view(job.payload.at("batchId").as_string()));
    auto batch = repository_.find(tx, *id);
    if (!batch || batch->state != BatchState::running) return {};
    // What is left undone is told of each target that was not reached.
    for (BatchTarget& target : repository_.queued(tx, batch->row, -1, batch_rows_per_write)) {
      target.state = TargetState::failed;
      target.error_type = failure.code;
      target.error_message = failure.message;
      repository_.end_target(tx, batch->row, target);
    }
    while (repository_.remove_steps_of(tx, batch->row, batch_rows_per_write) > 0) {}
    end_or_wait(tx, *batch);
    return {};
  };
  jobs_.add(std::move(type));
}

void BatchService::enqueue(db::Transaction& tx, const Uuid& batch) {
  jobs_.enqueue(tx, {.type = std::string(job_type),
                     .asset_row = 0,
                     .asset_id = {},
                     .key = "batch/" + batch.text(),
                     .payload = {{"batchId", batch.text()}},
                     .priority = 60,
                     .needs = {}});
}

Result<void> BatchService::take_up(bool at_start) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    // Whoever works before the answer may still be at it, here or on another node; on SQLite nobody is when we start.
    // Steps may be taken by two at once, who then take turns, but what is to be done is written down by one alone.
    const bool alone = at_start && tx.kind() == db::Kind::sqlite;
    const Timestamp old = now() - inline_time;
    for (const Uuid& job : repository_.waits_left_over(tx))
      if (auto ended = jobs_.find(tx, job)) job_ended(tx, *ended);
    for (const Batch& batch : repository_.open(tx)) {
      if (batch.state == BatchState::waiting) {
        if (!repository_.waits(tx, batch.row)) end_or_wait(tx, batch);
        continue;
      }
      const BatchAction* action = find(batch.action);
      const bool written =
          batch.state == BatchState::running && (batch.planned || (action && action->reach == Reach::named));
      if (!alone && batch.created_at > old && !(at_start && written)) continue;
      // One whose targets were still being written down was never answered, and nothing of it was done.
      if (batch.state == BatchState::receiving)
        repository_.remove(tx, batch.row);
      else
        enqueue(tx, batch.id);
    }
    return {};
  });
}

Result<void> BatchService::check(const Principal& by, const BatchAction& action, const json::object& arguments,
                                 std::string_view pointer) {
  if (!action.check) return {};
  std::vector<FieldFault> faults;
  RV_CHECK(assets_.database().read([&](db::Transaction& tx) -> Result<void> {
    faults.clear();
    return action.check(tx, {by, arguments}, faults);
  }));
  if (faults.empty()) return {};
  for (FieldFault& fault : faults) fault.pointer = std::string(pointer) + fault.pointer;
  return fail(Error{Code::invalid,
                    "invalid-request",
                    "The request has a field that is not valid.",
                    {},
                    std::move(faults),
                    {},
                    0,
                    {}});
}

Result<void> BatchService::check(const Principal& by, std::string_view name, const BatchRequest& request) {
  if (const BatchAction* action = find(name)) return check(by, *action, request.actionArguments, "/actionArguments");
  std::string known;
  for (const auto& each : actions_) known += (known.empty() ? "" : ", ") + each->name;
  return fail_field("{actionName}", "is not an action; there are " + known);
}

Result<BatchService::Outcome> BatchService::run(const Principal& by, std::string_view name,
                                                const BatchRequest& request) {
  RV_CHECK(check(by, name, request));
  const BatchAction* action = find(name);
  std::vector<Uuid> ids;
  std::set<Uuid> seen;
  for (const Uuid& id : request.targetIds)
    if (seen.insert(id).second) ids.push_back(id);
  RV_TRY(const Plan plan, resolve(by, *action, ids));

  Run run{.batch = {}, .action = action, .by = by, .arguments = request.actionArguments};
  run.batch.id = Uuid::v7();
  run.batch.action = action->name;
  run.batch.arguments_json = json::serialize(request.actionArguments);
  run.batch.user_row = by.user_row;
  run.batch.username = by.username;
  run.batch.principal_json = json::serialize(principal_json(by));
  run.batch.created_at = now();
  const bool small = plan.targets.size() <= batch_rows_per_write;
  const auto todo =
      std::ranges::count_if(plan.targets, [](const BatchTarget& target) { return target.asset_row.has_value(); });
  const bool background = todo > inline_max;
  auto accept = [&](db::Transaction& tx) {
    repository_.set_state(tx, run.batch.row, BatchState::running);
    if (background) enqueue(tx, run.batch.id);
  };
  for (std::size_t at = 0; at == 0 || at < plan.targets.size(); at += batch_rows_per_write) {
    RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
      if (at == 0) run.batch.row = repository_.insert(tx, run.batch);
      repository_.insert_targets(
          tx, run.batch.row,
          std::span(plan.targets).subspan(at, std::min<std::size_t>(batch_rows_per_write, plan.targets.size() - at)));
      if (small) accept(tx);
      return {};
    }));
  }
  if (!small) {
    RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
      accept(tx);
      return {};
    }));
  }
  bool ended = !background;
  if (ended && action->reach != Reach::named) {
    // How much lies below is known while it is planned; too much of it goes to a job, which plans anew.
    auto planned = plan_steps(run, inline_max);
    ended = planned && *planned;
  }
  if (ended) {
    const std::atomic<bool> never{false};
    if (auto worked = work(run, {}, never); !worked) {
      log::warning("a batch goes on in the background",
                   {{"batch", run.batch.id.text()}, {"message", worked.error().message}});
      ended = false;
    }
  }
  if (!ended && !background)
    RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
      enqueue(tx, run.batch.id);
      return {};
    }));
  return assets_.database().read([&](db::Transaction& tx) -> Result<Outcome> {
    auto batch = repository_.find_row(tx, run.batch.row);
    if (!batch) return fail_not_found("batch");
    return Outcome{json(tx, *batch), batch->state == BatchState::ended};
  });
}

void BatchService::tell(db::Transaction& tx, const Batch& batch) {
  const auto counts = repository_.counts(tx, batch.row);
  const Principal by = principal_of(batch.principal_json);
  outbox_.append(tx, {.topic = "batch",
                      .name = "batch",
                      .asset_row = 0,
                      .asset_id = {},
                      .payload = {{"batchId", batch.id.text()},
                                  {"action", batch.action},
                                  {"userId", by.user_id.text()},
                                  {"totalCount", counts.total},
                                  {"succeededCount", counts.succeeded},
                                  {"failedCount", counts.failed}}});
}

Result<BatchService::Single> BatchService::run_one(const Principal& by, const BatchAction& action, const Uuid& id,
                                                   json::object arguments) {
  RV_CHECK(check(by, action, arguments, ""));
  RV_TRY(const Plan plan, resolve(by, action, {id}));
  const BatchTarget& target = plan.targets.front();
  if (target.state == TargetState::failed) {
    const Code code = target.error_type == "not-found"   ? Code::not_found
                      : target.error_type == "forbidden" ? Code::forbidden
                                                         : Code::conflict;
    return fail(code, *target.error_type, *target.error_message);
  }
  Single out;
  if (plan.has_folder && action.reach != Reach::named) {
    RV_TRY(out.batch, this->run(by, action.name, {{id}, std::move(arguments)}));
    const BatchResult& result = out.batch->batch.results.front();
    out.lasting = !out.batch->ended;
    if (out.batch->ended && result.newId) {
      RV_TRY(out.asset, assets_.get(*result.newId));
      out.made = true;
    }
    return out;
  }
  Run run{.batch = {}, .action = &action, .by = by, .arguments = std::move(arguments)};
  RV_TRY(out, assets_.database().write([&](db::Transaction& tx) -> Result<Single> {
    Single single;
    claim(tx, run, {*target.asset_row});
    RV_TRY(BatchAction::Step step, lock_step(tx, run, *target.asset_row));
    step.named = true;
    RV_TRY(auto made, action.act(tx, run.call(), step));
    single.made = made.has_value();
    single.lasting = !step.jobs.empty() || step.lasting;
    single.asset = assets_.repository().find_row(tx, made ? made->row : *target.asset_row);
    return single;
  }));
  return out;
}

}  // namespace reelvault::catalog
