#include "catalog/batch_run.hpp"

namespace reelvault::catalog {

using Reach = BatchAction::Reach;

// How a batch comes to its end, and its targets to theirs.

// Of targets that are done together with a folder which was named as well: the asset at which something failed, the
// folders that it lies in, and, where it is a folder that failed as a whole, what lies in it.
void BatchService::failed_along(db::Transaction& tx, std::int64_t batch_row, std::int64_t asset_row,
                                std::string_view type, std::string_view message, bool whole) {
  const auto along = repository_.going_along(tx, batch_row);
  if (along.empty()) return;
  auto chain_of = [&](const Asset& asset) {
    auto found = assets_.tree().chain_of(asset);
    return found ? std::move(*found) : assets_.tree().chain_in_bin(asset);
  };
  auto has = [](const std::vector<std::int64_t>& chain, std::int64_t row) {
    return std::ranges::find(chain, row) != chain.end();
  };
  auto failed = assets_.repository().find_row(tx, asset_row);
  if (!failed) return;
  const auto above = chain_of(*failed);
  for (const auto& [ordinal, id] : along) {
    auto asset = assets_.repository().find(tx, id);
    if (!asset) continue;
    // What could not go into a folder that was not made: the folder has told of itself.
    if (asset->row == asset_row || (type != parent_failed && has(above, asset->row)) ||
        (whole && has(chain_of(*asset), asset_row)))
      repository_.count_failure(tx, batch_row, ordinal, type, message);
  }
}

Result<void> BatchService::finish(Run& run) {
  for (std::int64_t gone = 1; gone != 0 && run.action->reach != Reach::named;) {
    RV_TRY(gone, assets_.database().write([&](db::Transaction& tx) -> Result<std::int64_t> {
      return repository_.remove_steps_of(tx, run.batch.row, batch_rows_per_write);
    }));
  }
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    repository_.lock(tx, run.batch.row);
    auto batch = repository_.find_row(tx, run.batch.row);
    if (!batch || batch->state != BatchState::running) return {};  // whoever was at it as well was first
    end_or_wait(tx, *batch);
    return {};
  });
}

// All of it has been begun.
void BatchService::end_or_wait(db::Transaction& tx, const Batch& batch) {
  repository_.end_queued(tx, batch.row);
  if (repository_.waits(tx, batch.row)) return repository_.set_state(tx, batch.row, BatchState::waiting);
  repository_.end_waiting(tx, batch.row, {});
  repository_.set_state(tx, batch.row, BatchState::ended);
  tell(tx, batch);
}

// What waited for it has come to its end, unless it waits for more. The batch is locked: of two jobs that end at once
// the second sees what the first did.
void BatchService::job_ended(db::Transaction& tx, const jobs::Job& job) {
  for (const auto& wait : repository_.waits_for(tx, job.row)) {
    repository_.lock(tx, wait.batch);
    repository_.end_wait(tx, job.row, wait);
    if (job.status != jobs::Status::succeeded) {
      const jobs::Failure failure = job.failure.value_or(jobs::Failure{.code = "failed", .message = "It failed."});
      std::string words = failure.message;
      if (job.asset_row != wait.asset_row)
        if (auto asset = assets_.repository().find_row(tx, job.asset_row)) words = asset->name + ": " + words;
      repository_.count_failure(tx, wait.batch, wait.ordinal, failure.code, words);
      failed_along(tx, wait.batch, job.asset_row, failure.code, failure.message);
    }
    repository_.end_waiting(tx, wait.batch, wait.ordinal);
    auto batch = repository_.find_row(tx, wait.batch);
    if (batch && batch->state == BatchState::waiting && !repository_.waits(tx, batch->row)) end_or_wait(tx, *batch);
  }
}

}  // namespace reelvault::catalog
