#include "catalog/batch_service.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::catalog {

namespace json = boost::json;
using Reach = BatchAction::Reach;
using Clock = std::chrono::steady_clock;

namespace {

constexpr std::string_view job_type = "batch";
constexpr std::int64_t inline_max = 1000;        // assets that are worked on before the answer
constexpr std::chrono::seconds inline_time{90};  // by then they have ended, one way or the other
constexpr std::size_t targets_max = 100000;
constexpr std::int64_t counted_most = 10'000;
constexpr std::size_t rows_per_read = 200;  // assets
constexpr int rows_per_write = 400;         // planned rows
constexpr int steps_per_write = 60;         // and no new one after this long:
// On SQLite all others wait meanwhile, on PostgreSQL only who wants the same assets; locking them is done for each
// transaction, however few of them it comes to.
std::chrono::milliseconds write_time(db::Transaction& tx) {
  return std::chrono::milliseconds(tx.kind() == db::Kind::sqlite ? 5 : 50);
}

// How many are acted on together next, after so many took so long, the commit included.
int next_pace(int count, Clock::duration took, db::Kind kind) {
  const double wanted = kind == db::Kind::sqlite ? 0.008 : 0.1;  // seconds
  const double factor = std::clamp(wanted / std::max(1e-4, std::chrono::duration<double>(took).count()), 0.5, 2.0);
  return std::clamp(static_cast<int>(count * factor), 5, rows_per_write);
}

json::object principal_json(const Principal& by) {
  json::array scopes;
  for (const std::string& scope : by.scopes) scopes.push_back(json::string(scope));
  return {{"kind", static_cast<int>(by.kind)}, {"userRow", by.user_row},
          {"userId", by.user_id.text()},       {"username", by.username},
          {"role", static_cast<int>(by.role)}, {"limited", by.limited},
          {"scopes", std::move(scopes)}};
}

Principal principal_of(std::string_view text) {
  const json::object object = json::parse(text).as_object();
  Principal by;
  by.kind = static_cast<Principal::Kind>(object.at("kind").as_int64());
  by.user_row = object.at("userRow").as_int64();
  by.user_id = *Uuid::parse(std::string_view(object.at("userId").as_string()));
  by.username = object.at("username").as_string();
  by.role = static_cast<Role>(object.at("role").as_int64());
  by.limited = object.at("limited").as_bool();
  for (const json::value& scope : object.at("scopes").as_array())
    by.scopes.emplace(std::string_view(scope.as_string()));
  return by;
}

std::string type_of(const Error& error) { return error.type.empty() ? "error" : error.type; }

// What a step came upon, in one sentence: the fields that were at fault are part of it.
std::string words_of(const Error& error) {
  std::string words = error.message;
  for (const FieldFault& fault : error.faults) words += " " + fault.pointer + " " + fault.detail + ".";
  return words;
}

// Passes by itself: the same is tried again rather than recorded.
bool passing_trouble(const Error& error) {
  return error.code == Code::unavailable || error.code == Code::no_space || error.code == Code::timeout;
}

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

// One batch at work.
struct BatchService::Run {
  Batch batch;
  const BatchAction* action = nullptr;
  Principal by;
  json::object arguments;
  std::int64_t after = -1;  // of targets: the last that was done here
  std::int64_t done = 0, total = 0;
  int at_once = 20;  // of act_together; see next_pace
  BatchCall call() const { return {by, arguments}; }
};

struct BatchService::Plan {
  std::vector<BatchTarget> targets;
  bool has_folder = false;
};

void BatchService::add(BatchAction action) { actions_.push_back(std::make_unique<BatchAction>(std::move(action))); }

const BatchAction* BatchService::find(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  for (const auto& action : actions_)
    if (lower_ascii(action->name) == wanted) return action.get();
  return nullptr;
}

void BatchService::register_type() {
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
    if (!*found || (*found)->state == BatchState::ended) return json::object{};
    Run run{.batch = **found,
            .action = find((*found)->action),
            .by = principal_of((*found)->principal_json),
            .arguments = json::parse((*found)->arguments_json).as_object()};
    if (run.action == nullptr)
      return std::unexpected(
          jobs::Failure{.code = "no-action", .message = "This server does not know the action.", .permanent = true});
    if (auto worked = work(run, progress, stop); !worked) return failure(worked.error());
    if (stop)
      return std::unexpected(
          jobs::Failure{.code = std::string(jobs::kWorkerStopped), .message = "The server stopped."});
    return json::object{};
  };
  type.succeeded = [](db::Transaction&, const jobs::Job&, const json::object&) -> Result<void> { return {}; };
  type.failed = [this](db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) -> Result<void> {
    auto id = Uuid::parse(std::string_view(job.payload.at("batchId").as_string()));
    auto batch = repository_.find(tx, *id);
    if (!batch || batch->state == BatchState::ended) return {};
    // What is left undone is told of each target that was not reached.
    for (BatchTarget& target : repository_.queued(tx, batch->row, -1, rows_per_write)) {
      target.state = TargetState::failed;
      target.error_type = failure.code;
      target.error_message = failure.message;
      repository_.end_target(tx, batch->row, target);
    }
    repository_.end_queued(tx, batch->row);
    repository_.set_state(tx, batch->row, BatchState::ended);
    tell(tx, *batch);
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
    for (const Batch& batch : repository_.open(tx)) {
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

Result<BatchService::Plan> BatchService::resolve(const Principal& by, const BatchAction& action,
                                                 const std::vector<Uuid>& ids) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<Plan> {
    Plan plan;
    std::vector<std::vector<std::int64_t>> chains;
    std::set<std::int64_t> folders;
    std::map<Uuid, Asset> assets;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i % rows_per_read == 0) {
        const std::vector<Uuid> next(
            ids.begin() + static_cast<std::ptrdiff_t>(i),
            ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), i + rows_per_read)));
        assets.clear();
        for (Asset& asset : assets_.repository().find_all(tx, next)) assets.emplace(asset.id, std::move(asset));
      }
      const Uuid& id = ids[i];
      BatchTarget target{.ordinal = static_cast<std::int64_t>(plan.targets.size()), .id = id};
      std::vector<std::int64_t> chain;
      auto refuse = [&](std::string type, std::string message) {
        target.state = TargetState::failed;
        target.error_type = std::move(type);
        target.error_message = std::move(message);
      };
      const auto found_asset = assets.find(id);
      const Asset* asset = found_asset == assets.end() ? nullptr : &found_asset->second;
      std::optional<Permission> highest;
      if (asset) {
        const bool binned = asset->deleted_at.has_value();
        if (action.where == BatchAction::Where::library || (action.where == BatchAction::Where::both && !binned)) {
          if (auto found = assets_.tree().chain_of(*asset)) chain = std::move(*found);
        } else if (binned) {
          chain = assets_.tree().chain_in_bin(*asset);
        }
        if (!chain.empty()) highest = assets_.access().highest(by, chain);
      }
      if (!highest) {
        refuse("not-found", "There is no such asset.");
      } else if (*highest < action.permission) {
        refuse("forbidden", "You have no write permission here.");
      } else if (asset->type == AssetType::bucket && !action.buckets) {
        refuse("is-a-bucket", "This cannot be done to a bucket.");
      } else {
        target.asset_row = asset->row;
        if (asset->folder_like()) {
          folders.insert(asset->row);
          plan.has_folder = true;
        }
      }
      chains.push_back(std::move(chain));
      plan.targets.push_back(std::move(target));
    }
    if (action.reach == Reach::named && !action.takes_below) return plan;
    // What lies below another target is done with it.
    for (std::size_t i = 0; i < plan.targets.size(); ++i) {
      if (!plan.targets[i].asset_row) continue;
      const std::int64_t own = *plan.targets[i].asset_row;
      if (std::ranges::any_of(chains[i], [&](std::int64_t row) { return row != own && folders.contains(row); }))
        plan.targets[i].asset_row.reset();
    }
    return plan;
  });
}

Result<BatchService::Outcome> BatchService::run(const Principal& by, std::string_view name,
                                                const BatchRequest& request) {
  const BatchAction* action = find(name);
  if (action == nullptr) {
    std::string known;
    for (const auto& each : actions_) known += (known.empty() ? "" : ", ") + each->name;
    return fail_field("{actionName}", "is not an action; there are " + known);
  }
  std::vector<Uuid> ids;
  std::set<Uuid> seen;
  std::vector<FieldFault> faults;
  for (std::size_t i = 0; i < request.targetIds.size(); ++i) {
    auto id = Uuid::parse(request.targetIds[i]);
    if (!id)
      faults.push_back({"/targetIds/" + std::to_string(i), "must be a UUID"});
    else if (seen.insert(*id).second)
      ids.push_back(*id);
  }
  if (!faults.empty())
    return fail(Error{Code::invalid,
                      "invalid-request",
                      "The request has a field that is not valid.",
                      {},
                      std::move(faults),
                      {},
                      0,
                      {}});
  RV_CHECK(check(by, *action, request.actionArguments, "/actionArguments"));
  RV_TRY(const Plan plan, resolve(by, *action, ids));

  Run run{.batch = {}, .action = action, .by = by, .arguments = request.actionArguments};
  run.batch.id = Uuid::v7();
  run.batch.action = action->name;
  run.batch.arguments_json = json::serialize(request.actionArguments);
  run.batch.user_row = by.user_row;
  run.batch.username = by.username;
  run.batch.principal_json = json::serialize(principal_json(by));
  run.batch.created_at = now();
  const bool small = plan.targets.size() <= rows_per_write;
  const auto todo =
      std::ranges::count_if(plan.targets, [](const BatchTarget& target) { return target.asset_row.has_value(); });
  const bool background = todo > inline_max;
  auto accept = [&](db::Transaction& tx) {
    repository_.set_state(tx, run.batch.row, BatchState::running);
    if (background) enqueue(tx, run.batch.id);
  };
  for (std::size_t at = 0; at == 0 || at < plan.targets.size(); at += rows_per_write) {
    RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
      if (at == 0) run.batch.row = repository_.insert(tx, run.batch);
      repository_.insert_targets(
          tx, run.batch.row,
          std::span(plan.targets).subspan(at, std::min<std::size_t>(rows_per_write, plan.targets.size() - at)));
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
    return Outcome{json(tx, *batch), ended};
  });
}

// False: there are more than `limit`, and none is kept.
Result<bool> BatchService::plan_steps(Run& run, std::int64_t limit) {
  db::Database& database = assets_.database();
  const Reach reach = run.action->reach;
  const bool with_bin = reach == Reach::all_below_up;
  auto forget = [&]() -> Result<void> {
    for (std::int64_t gone = 1; gone != 0;) {
      RV_TRY(gone, database.write([&](db::Transaction& tx) -> Result<std::int64_t> {
        return repository_.remove_steps_of(tx, run.batch.row, rows_per_write);
      }));
    }
    return {};
  };
  RV_CHECK(forget());
  std::int64_t planned = 0;
  std::int64_t after = -1;
  while (true) {
    RV_TRY(const auto targets, database.read([&](db::Transaction& tx) -> Result<std::vector<BatchTarget>> {
      return repository_.queued(tx, run.batch.row, after, rows_per_write);
    }));
    if (targets.empty()) break;
    for (const BatchTarget& target : targets) {
      after = target.ordinal;
      struct Folder {
        std::int64_t row;
        std::optional<std::int64_t> step;
      };
      std::deque<Folder> folders;
      struct Start {
        bool failed = false, folder = false;
        std::optional<std::int64_t> step;
      };
      RV_TRY(const Start start, database.write([&](db::Transaction& tx) -> Result<Start> {
        Start out;
        auto locked = lock_step(tx, run, *target.asset_row);
        Result<void> begun = locked ? Result<void>{} : std::unexpected(locked.error());
        if (begun && locked->asset.folder_like() && run.action->begin)
          begun = run.action->begin(tx, run.call(), locked->asset);
        if (!begun) {
          BatchTarget failed = target;
          failed.state = TargetState::failed;
          failed.error_type = type_of(begun.error());
          failed.error_message = words_of(begun.error());
          repository_.end_target(tx, run.batch.row, failed);
          out.failed = true;
          return out;
        }
        out.folder = locked->asset.folder_like();
        if (!out.folder || reach != Reach::files_below)
          out.step =
              repository_.insert_step(tx, run.batch.row, {.ordinal = target.ordinal, .asset_row = *target.asset_row});
        return out;
      }));
      if (start.failed) continue;
      if (start.step) ++planned;
      if (start.folder) folders.push_back({*target.asset_row, start.step});
      while (!folders.empty() && planned <= limit) {
        const Folder folder = folders.front();
        folders.pop_front();
        std::int64_t after_child = 0;
        while (planned <= limit) {
          struct Page {
            std::vector<Folder> folders;
            std::int64_t steps = 0, last = 0;
            std::size_t children = 0;
          };
          RV_TRY(const Page page, database.write([&](db::Transaction& tx) -> Result<Page> {
            Page out;
            const auto children = repository_.children(tx, folder.row, after_child, rows_per_write, with_bin);
            out.children = children.size();
            for (const auto& child : children) {
              out.last = child.row;
              const bool file = child.type == AssetType::file;
              std::optional<std::int64_t> step;
              if (file || reach != Reach::files_below) {
                step = repository_.insert_step(
                    tx, run.batch.row, {.ordinal = target.ordinal, .asset_row = child.row, .parent_step = folder.step});
                ++out.steps;
              }
              if (!file) out.folders.push_back({child.row, step});
              if (file || reach != Reach::all_below_up || !run.action->begin) continue;
              if (auto below = assets_.repository().lock_row(tx, child.row))
                RV_CHECK(run.action->begin(tx, run.call(), *below));
            }
            return out;
          }));
          planned += page.steps;
          folders.insert(folders.end(), page.folders.begin(), page.folders.end());
          after_child = page.last;
          if (page.children < rows_per_write) break;
        }
      }
      if (planned > limit) {
        RV_CHECK(forget());
        return false;
      }
    }
  }
  RV_CHECK(database.write([&](db::Transaction& tx) -> Result<void> {
    repository_.set_planned(tx, run.batch.row);
    return {};
  }));
  run.batch.planned = true;
  return true;
}

// In the order of rows, whatever the order of the steps: two batches that overlap wait for one another and not in a
// circle.
void BatchService::claim(db::Transaction& tx, const Run& run, std::vector<std::int64_t> rows) {
  if (run.action->guard) run.action->guard(tx);
  assets_.repository().claim(tx, std::move(rows));
}

Result<BatchAction::Step> BatchService::lock_step(db::Transaction& tx, Run& run, std::int64_t asset_row) {
  auto asset = assets_.repository().lock_row(tx, asset_row);
  if (!asset) return fail_not_found();
  return permitted(run, std::move(*asset));
}

Result<BatchAction::Step> BatchService::permitted(const Run& run, Asset asset) {
  std::vector<std::int64_t> chain;
  if (run.action->where == BatchAction::Where::library) {
    auto found = assets_.tree().chain_of(asset);
    if (!found) return fail_not_found();
    chain = std::move(*found);
  } else {
    if (run.action->where == BatchAction::Where::bin && !asset.deleted_at) return fail_not_found();
    chain = assets_.tree().chain_in_bin(asset);
  }
  auto highest = assets_.access().highest(run.by, chain);
  if (!highest) return fail_not_found();
  if (*highest < run.action->permission)
    return fail(Code::forbidden, "forbidden", "You have no write permission here.");
  return BatchAction::Step{.asset = std::move(asset)};
}

// What came of each; of the first ones alone, where the time was over.
std::vector<BatchService::Came> BatchService::one_by_one(db::Transaction& tx, Run& run,
                                                         const std::vector<BatchTarget>& targets) {
  const auto began = Clock::now();
  std::vector<std::int64_t> rows;
  for (const BatchTarget& target : targets) rows.push_back(*target.asset_row);
  claim(tx, run, std::move(rows));
  std::vector<Came> came;
  for (const BatchTarget& target : targets) {
    auto step = lock_step(tx, run, *target.asset_row);
    if (!step)
      came.push_back(std::unexpected(step.error()));
    else if (step->asset.type == AssetType::bucket && !run.action->buckets)
      came.push_back(fail(Code::conflict, "is-a-bucket", "This cannot be done to a bucket."));
    else {
      step->named = true;
      came.push_back(run.action->act(tx, run.call(), *step));
    }
    if (Clock::now() - began > write_time(tx)) break;
  }
  return came;
}

std::vector<BatchService::Came> BatchService::together(db::Transaction& tx, Run& run,
                                                       const std::vector<BatchTarget>& targets) {
  std::vector<std::int64_t> rows;
  for (const BatchTarget& target : targets) rows.push_back(*target.asset_row);
  if (run.action->guard) run.action->guard(tx);
  auto assets = assets_.repository().lock_rows(tx, rows);
  std::vector<Came> came(targets.size(), std::nullopt);
  std::vector<BatchAction::Step> steps;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    auto found = assets.find(rows[i]);
    Result<BatchAction::Step> step =
        found == assets.end() ? fail_not_found() : permitted(run, std::move(found->second));
    if (!step)
      came[i] = std::unexpected(step.error());
    else if (step->asset.type == AssetType::bucket && !run.action->buckets)
      came[i] = fail(Code::conflict, "is-a-bucket", "This cannot be done to a bucket.");
    else {
      step->named = true;
      steps.push_back(std::move(*step));
      places.push_back(i);
    }
  }
  auto acted = run.action->act_together(tx, run.call(), steps);
  for (std::size_t i = 0; i < acted.size(); ++i)
    if (!acted[i]) came[places[i]] = std::unexpected(std::move(acted[i]).error());
  return came;
}

// Targets are their own steps. False: none is left.
Result<bool> BatchService::some_targets(Run& run, int most) {
  struct Done {
    std::int64_t after, count = 0;
  };
  Clock::time_point began;
  RV_TRY(const Done done, assets_.database().write([&](db::Transaction& tx) -> Result<Done> {
    began = Clock::now();
    Done out{run.after};
    repository_.lock(tx, run.batch.row);
    auto targets = repository_.queued(tx, run.batch.row, run.after, most);
    auto came = run.action->act_together ? together(tx, run, targets) : one_by_one(tx, run, targets);
    std::vector<std::int64_t> succeeded;
    for (std::size_t i = 0; i < came.size(); ++i) {
      BatchTarget& target = targets[i];
      auto& made = came[i];
      if (!made && passing_trouble(made.error())) return std::unexpected(std::move(made).error());
      target.state = made ? TargetState::succeeded : TargetState::failed;
      if (made && *made) target.new_id = (*made)->id;
      if (!made) {
        target.error_type = type_of(made.error());
        target.error_message = words_of(made.error());
      }
      if (made && !target.new_id)
        succeeded.push_back(target.ordinal);
      else
        repository_.end_target(tx, run.batch.row, target);
      out.after = target.ordinal;
      ++out.count;
    }
    if (!succeeded.empty()) repository_.succeeded(tx, run.batch.row, succeeded);
    return out;
  }));
  run.after = done.after;
  run.done += done.count;
  if (run.action->act_together && done.count == run.at_once)
    run.at_once = next_pace(most, Clock::now() - began, assets_.database().kind());
  return done.count > 0;
}

std::optional<Error> BatchService::one_step(db::Transaction& tx, Run& run, const BatchStep& planned,
                                            BatchAction::Made& made) {
  std::optional<std::int64_t> new_parent;
  if (run.action->reach == Reach::all_below && planned.parent_step) {
    new_parent = repository_.made_by(tx, *planned.parent_step);
    if (new_parent.value_or(0) == 0)
      return fail(Code::conflict, "parent-failed", "The folder that it was to go into could not be made.").error();
  }
  auto step = lock_step(tx, run, planned.asset_row);
  if (!step) {
    // What went away meanwhile needs nothing any more, unless it is what was asked for.
    if (step.error().code == Code::not_found && (planned.parent_step || run.action->reach == Reach::all_below_up))
      return std::nullopt;
    return step.error();
  }
  // Moved out of the folder meanwhile, it has escaped.
  if (run.action->reach == Reach::all_below_up && planned.parent_step &&
      repository_.asset_of(tx, *planned.parent_step) != step->asset.parent_row)
    return std::nullopt;
  step->named = !planned.parent_step;
  step->new_parent = new_parent;
  auto acted = run.action->act(tx, run.call(), *step);
  if (!acted) {
    if (run.action->give_up && step->asset.folder_like()) run.action->give_up(tx, run.call(), step->asset);
    return acted.error();
  }
  if (*acted) made = **acted;
  return std::nullopt;
}

Result<bool> BatchService::some_steps(Run& run, int most) {
  const bool keeps = run.action->reach == Reach::all_below;  // what was made, for what goes into it
  RV_TRY(const std::int64_t count, assets_.database().write([&](db::Transaction& tx) -> Result<std::int64_t> {
    const auto began = Clock::now();
    std::int64_t worked = 0;
    std::vector<std::int64_t> over;
    repository_.lock(tx, run.batch.row);
    const auto steps = repository_.steps(tx, run.batch.row, run.action->reach == Reach::all_below_up, most);
    std::vector<std::int64_t> rows;
    for (const BatchStep& step : steps) rows.push_back(step.asset_row);
    claim(tx, run, std::move(rows));
    for (const BatchStep& step : steps) {
      BatchAction::Made made;
      const auto error = one_step(tx, run, step, made);
      if (error && passing_trouble(*error)) return std::unexpected(*error);
      if (error) repository_.count_failure(tx, run.batch.row, step.ordinal, type_of(*error), words_of(*error));
      if (made.row != 0 && !step.parent_step) repository_.set_new(tx, run.batch.row, step.ordinal, made.id);
      if (keeps)
        repository_.step_made(tx, step.row, made.row);
      else
        over.push_back(step.row);
      ++worked;
      if (Clock::now() - began > write_time(tx)) break;
    }
    if (!over.empty()) repository_.remove_steps(tx, over);
    return worked;
  }));
  run.done += count;
  return count > 0;
}

Result<void> BatchService::skip_first(Run& run, const Error& error) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    if (run.action->reach == Reach::named) {
      for (BatchTarget& target : repository_.queued(tx, run.batch.row, run.after, 1)) {
        target.state = TargetState::failed;
        target.error_type = type_of(error);
        target.error_message = words_of(error);
        repository_.end_target(tx, run.batch.row, target);
      }
      return {};
    }
    for (const BatchStep& step : repository_.steps(tx, run.batch.row, run.action->reach == Reach::all_below_up, 1)) {
      repository_.count_failure(tx, run.batch.row, step.ordinal, type_of(error), words_of(error));
      if (run.action->reach == Reach::all_below)
        repository_.step_made(tx, step.row, 0);
      else
        repository_.remove_steps(tx, {step.row});
    }
    return {};
  });
}

Result<void> BatchService::work(Run& run, const std::function<void(double)>& progress, const std::atomic<bool>& stop) {
  const bool named = run.action->reach == Reach::named;
  if (!named && !run.batch.planned) RV_CHECK(plan_steps(run, INT64_MAX - 1));
  RV_TRY(run.total, assets_.database().read([&](db::Transaction& tx) -> Result<std::int64_t> {
    return named ? repository_.counts(tx, run.batch.row).total : repository_.count_steps(tx, run.batch.row);
  }));
  while (!stop) {
    auto more = named ? some_targets(run, run.action->act_together ? run.at_once : steps_per_write)
                      : some_steps(run, steps_per_write);
    // Something broke the transaction: one by one, so that only what broke it fails.
    if (!more && !passing_trouble(more.error())) {
      more = named ? some_targets(run, 1) : some_steps(run, 1);
      if (!more && !passing_trouble(more.error())) {
        log::warning("a step of a batch failed",
                     {{"batch", run.batch.id.text()}, {"action", run.batch.action}, {"detail", more.error().detail}});
        RV_CHECK(skip_first(run, more.error()));
        more = true;
      }
    }
    RV_TRY(const bool goes_on, std::move(more));
    if (!goes_on) return finish(run);
    if (progress && run.total > 0) progress(100.0 * static_cast<double>(run.done) / static_cast<double>(run.total));
  }
  return {};
}

Result<void> BatchService::finish(Run& run) {
  for (std::int64_t gone = 1; gone != 0 && run.action->reach != Reach::named;) {
    RV_TRY(gone, assets_.database().write([&](db::Transaction& tx) -> Result<std::int64_t> {
      return repository_.remove_steps_of(tx, run.batch.row, rows_per_write);
    }));
  }
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    repository_.end_queued(tx, run.batch.row);
    repository_.set_state(tx, run.batch.row, BatchState::ended);
    tell(tx, run.batch);
    return {};
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

BatchJson BatchService::json(db::Transaction& tx, const Batch& batch) {
  BatchJson out;
  out.batchId = batch.id;
  out.action = batch.action;
  out.createdAt = batch.created_at;
  out.endedAt = batch.ended_at;
  for (const BatchTarget& target : repository_.targets(tx, batch.row)) {
    ++out.totalCount;
    BatchResult result{target.id, "Queued", target.new_id, {}};
    if (target.state == TargetState::succeeded) {
      ++out.succeededCount;
      result.status = "Succeeded";
    } else if (target.state == TargetState::failed) {
      ++out.failedCount;
      result.status = "Failed";
      std::string message = target.error_message.value_or("It failed.");
      if (target.failures > 1) message = fmt::format("{} assets below failed; the first: {}", target.failures, message);
      result.error = BatchError{target.error_type.value_or("error"), std::move(message)};
    }
    out.results.push_back(std::move(result));
  }
  out.status = status_of(batch, out.succeededCount, out.failedCount);
  return out;
}

std::string BatchService::status_of(const Batch& batch, std::int64_t succeeded, std::int64_t failed) const {
  if (batch.state == BatchState::ended)
    return failed == 0 ? "Succeeded" : succeeded == 0 ? "Failed" : "PartiallyFailed";
  const BatchAction* action = find(batch.action);
  return (action && action->reach != Reach::named ? batch.planned : succeeded + failed > 0) ? "Running" : "Queued";
}

Result<BatchPage> BatchService::list(const Principal& by, const BatchQuery& query) {
  BatchRepository::Listed which;
  if (query.state) which.ended = *query.state == "ended";
  if (assets_.access().sees_everything(by))
    which.user = query.userId;
  else if (query.userId && *query.userId != by.user_id)
    return BatchPage{};
  else
    which.user_row = by.user_row;
  std::int64_t before = INT64_MAX;
  if (query.pageToken) {
    auto text = from_base64url(*query.pageToken);
    boost::system::error_code fault;
    const json::value token = text ? json::parse(*text, fault) : json::value();
    if (fault || !token.is_int64()) return fail_field("?pageToken", "was not given by this list");
    before = token.get_int64();
  }
  return assets_.database().read([&](db::Transaction& tx) -> Result<BatchPage> {
    BatchPage page;
    auto batches = repository_.page(tx, which, before, query.pageSize + 1);
    if (static_cast<std::int64_t>(batches.size()) > query.pageSize) {
      batches.resize(static_cast<std::size_t>(query.pageSize));
      page.nextPageToken = base64url(json::serialize(json::value(batches.back().row)));
    }
    std::vector<std::int64_t> rows;
    for (const Batch& batch : batches) rows.push_back(batch.row);
    auto counts = repository_.counts_of(tx, rows);
    for (const Batch& batch : batches) {
      const auto& count = counts[batch.row];
      page.items.push_back({.batchId = batch.id,
                            .action = batch.action,
                            .status = status_of(batch, count.succeeded, count.failed),
                            .totalCount = count.total,
                            .succeededCount = count.succeeded,
                            .failedCount = count.failed,
                            .createdAt = batch.created_at,
                            .endedAt = batch.ended_at,
                            .userId = principal_of(batch.principal_json).user_id,
                            .username = batch.username});
    }
    const auto total = repository_.count(tx, which, counted_most + 1);
    page.totalItemCount = std::min(total, counted_most);
    page.totalIsEstimate = total > counted_most;
    return page;
  });
}

Result<BatchJson> BatchService::get(const Principal& by, const Uuid& id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<BatchJson> {
    auto batch = repository_.find(tx, id);
    if (!batch || (batch->user_row != by.user_row && !assets_.access().sees_everything(by)))
      return fail_not_found("batch");
    return json(tx, *batch);
  });
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
    RV_TRY(out.batch, this->run(by, action.name, {{id.text()}, std::move(arguments)}));
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
    single.asset = assets_.repository().find_row(tx, made ? made->row : *target.asset_row);
    return single;
  }));
  out.lasting = out.asset && passing(out.asset->status) && !out.asset->folder_like();
  return out;
}

std::int64_t BatchService::forget_ended(Timestamp before) {
  std::int64_t forgotten = 0;
  for (std::int64_t gone = 1; gone > 0;) {
    auto removed = assets_.database().write(
        [&](db::Transaction& tx) -> Result<std::int64_t> { return repository_.remove_ended(tx, before, 1); });
    gone = removed.value_or(0);
    forgotten += gone;
  }
  return forgotten;
}

}  // namespace reelvault::catalog
