#include "base/log.hpp"
#include "catalog/batch_run.hpp"
#include "jobs/job_repository.hpp"

#include <future>

namespace reelvault::catalog {

using Reach = BatchAction::Reach;
using Clock = std::chrono::steady_clock;

namespace {

constexpr int steps_per_write = 60;  // and no new one after this long:
// On SQLite all others wait meanwhile, on PostgreSQL only who wants the same assets; locking them is done for each
// transaction, however few of them it comes to.
std::chrono::milliseconds write_time(db::Transaction& tx) {
  return std::chrono::milliseconds(tx.kind() == db::Kind::sqlite ? 5 : 50);
}

// How many are acted on together next, after so many took so long, the commit included.
int next_pace(int count, Clock::duration took, db::Kind kind) {
  const double wanted = kind == db::Kind::sqlite ? 0.008 : 0.1;  // seconds
  const double factor = std::clamp(wanted / std::max(1e-4, std::chrono::duration<double>(took).count()), 0.5, 2.0);
  return std::clamp(static_cast<int>(count * factor), 5, batch_rows_per_write);
}

}  // namespace

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

// What came of each; of the first ones alone, where the time was over. An error: one failed that had changed something
// by then, and takes the transaction with it, so that nothing is left half done.
Result<std::vector<BatchService::Came>> BatchService::one_by_one(db::Transaction& tx, Run& run,
                                                                 std::vector<BatchTarget>& targets) {
  const auto began = Clock::now();
  std::vector<std::int64_t> rows;
  for (const BatchTarget& target : targets) rows.push_back(*target.asset_row);
  claim(tx, run, std::move(rows));
  std::vector<Came> came;
  for (BatchTarget& target : targets) {
    auto step = lock_step(tx, run, *target.asset_row);
    if (!step)
      came.push_back(std::unexpected(step.error()));
    else if (step->asset.type == AssetType::bucket && !run.action->buckets)
      came.push_back(fail(Code::conflict, "is-a-bucket", "This cannot be done to a bucket."));
    else {
      step->named = true;
      const auto changes = tx.changes();
      came.push_back(run.action->act(tx, run.call(), *step));
      if (!came.back() && tx.changes() != changes) return std::unexpected(std::move(came.back()).error());
      if (came.back() && !step->jobs.empty()) {
        repository_.wait_for(tx, run.batch.row, target.ordinal, step->jobs);
        target.state = TargetState::waiting;
      }
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
    // Acting together on what has been acted upon changes nothing.
    run.action->act_together ? repository_.lock_shared(tx, run.batch.row) : repository_.lock(tx, run.batch.row);
    auto targets = repository_.queued(tx, run.batch.row, run.after, most, run.last);
    RV_TRY(auto came, run.action->act_together ? Result<std::vector<Came>>(together(tx, run, targets))
                                               : one_by_one(tx, run, targets));
    for (std::size_t i = 0; i < came.size(); ++i) {
      BatchTarget& target = targets[i];
      auto& made = came[i];
      if (!made && passing_trouble(made.error())) return std::unexpected(std::move(made).error());
      if (target.state != TargetState::waiting) target.state = made ? TargetState::succeeded : TargetState::failed;
      if (made && *made) target.new_id = (*made)->id;
      if (!made) {
        target.error_type = type_of(made.error());
        target.error_message = words_of(made.error());
        failed_along(tx, run.batch.row, *target.asset_row, *target.error_type, *target.error_message, true);
      }
      if (target.state != TargetState::succeeded || target.new_id) repository_.end_target(tx, run.batch.row, target);
      out.after = target.ordinal;
      ++out.count;
    }
    if (!came.empty()) jobs::JobRepository{}.got_on(tx, run.job_row);
    if (!came.empty()) repository_.succeeded(tx, run.batch.row, targets.front().ordinal, out.after);
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
      return fail(Code::conflict, std::string(parent_failed), "The folder that it was to go into could not be made.")
          .error();
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
  if (acted && !step->jobs.empty()) repository_.wait_for(tx, run.batch.row, planned.ordinal, step->jobs);
  if (!acted) {
    Error error = std::move(acted).error();
    // Of what is below a named folder it is said which it was.
    if (repository_.target_asset(tx, run.batch.row, planned.ordinal) != planned.asset_row)
      error.message = fmt::format("{}: {}", step->asset.name, error.message);
    return error;
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
      const auto changes = tx.changes();
      const auto error = one_step(tx, run, step, made);
      // Whatever had changed something by then takes the transaction with it, so that nothing is left half done.
      if (error && (passing_trouble(*error) || tx.changes() != changes)) return std::unexpected(*error);
      if (error) {
        give_up(tx, run, step.asset_row);
        // Of a folder that could not be made that alone is told, not what was to go into it.
        if (!keeps || !step.parent_step || !repository_.whole_failed(tx, run.batch.row, step.ordinal))
          repository_.count_failure(tx, run.batch.row, step.ordinal, type_of(*error), words_of(*error));
        failed_along(tx, run.batch.row, step.asset_row, type_of(*error), words_of(*error));
      }
      if (made.row != 0 && !step.parent_step) repository_.set_new(tx, run.batch.row, step.ordinal, made.id);
      if (keeps)
        repository_.step_made(tx, step.row, made.row);
      else
        over.push_back(step.row);
      ++worked;
      if (Clock::now() - began > write_time(tx)) break;
    }
    if (!over.empty()) repository_.remove_steps(tx, over);
    if (worked > 0) jobs::JobRepository{}.got_on(tx, run.job_row);
    return worked;
  }));
  run.done += count;
  return count > 0;
}

void BatchService::give_up(db::Transaction& tx, Run& run, std::int64_t asset_row) {
  if (!run.action->give_up) return;
  auto asset = assets_.repository().lock_row(tx, asset_row);
  if (asset && asset->folder_like()) run.action->give_up(tx, run.call(), *asset);
}

Result<void> BatchService::skip_first(Run& run, const Error& error) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    if (run.action->reach == Reach::named) {
      for (BatchTarget& target : repository_.queued(tx, run.batch.row, run.after, 1, run.last)) {
        target.state = TargetState::failed;
        target.error_type = type_of(error);
        target.error_message = words_of(error);
        repository_.end_target(tx, run.batch.row, target);
        failed_along(tx, run.batch.row, *target.asset_row, *target.error_type, *target.error_message, true);
      }
      return {};
    }
    for (const BatchStep& step : repository_.steps(tx, run.batch.row, run.action->reach == Reach::all_below_up, 1)) {
      give_up(tx, run, step.asset_row);
      repository_.count_failure(tx, run.batch.row, step.ordinal, type_of(error), words_of(error));
      failed_along(tx, run.batch.row, step.asset_row, type_of(error), words_of(error));
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
  auto told = [&](std::int64_t done) {
    if (progress && run.total > 0) progress(100.0 * static_cast<double>(done) / static_cast<double>(run.total));
  };
  const bool sides = run.action->act_together && assets_.database().kind() == db::Kind::postgres &&
                     run.total >= 2 * std::int64_t{batch_rows_per_write};
  RV_CHECK(sides ? do_side_by_side(run, told, stop) : do_steps(run, told, stop));
  return stop ? Result<void>{} : finish(run);
}

// In two transactions at a time: while the database is at one of them, the next is made ready.
Result<void> BatchService::do_side_by_side(Run& run, const Progress& progress, const std::atomic<bool>& stop) {
  Run second = run;
  second.after = run.last = run.total / 2;
  std::atomic<std::int64_t> done_beside = 0;
  auto beside = std::async(std::launch::async,
                           [&] { return do_steps(second, [&](std::int64_t done) { done_beside = done; }, stop); });
  auto first = do_steps(run, [&](std::int64_t done) { progress(done + done_beside); }, stop);
  RV_CHECK(beside.get());
  return first;
}

// Until none is left.
Result<void> BatchService::do_steps(Run& run, const Progress& progress, const std::atomic<bool>& stop) {
  const bool named = run.action->reach == Reach::named;
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
    if (!goes_on) return {};
    progress(run.done);
  }
  return {};
}

}  // namespace reelvault::catalog
