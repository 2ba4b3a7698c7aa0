#include "base/hash.hpp"
#include "catalog/batch_run.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

constexpr std::int64_t counted_most = 10'000;

}  // namespace

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
  if (batch.state == BatchState::waiting) return succeeded > 0 ? "Running" : "Queued";
  const BatchAction* action = find(batch.action);
  return (action && action->reach != BatchAction::Reach::named ? batch.planned : succeeded + failed > 0) ? "Running"
                                                                                                         : "Queued";
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
