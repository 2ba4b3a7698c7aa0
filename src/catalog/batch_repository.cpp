#include "catalog/batch_repository.hpp"

namespace reelvault::catalog {
namespace {

constexpr std::string_view batch_columns =
    "id, uid, action, arguments, user_id, username, principal, state, planned, created_at, ended_at";

Batch read_batch(const db::Row& row) {
  return {.row = row.get<std::int64_t>(0),
          .id = row.get<Uuid>(1),
          .action = row.get<std::string>(2),
          .arguments_json = row.get<std::string>(3),
          .user_row = row.get<std::int64_t>(4),
          .username = row.get<std::string>(5),
          .principal_json = row.get<std::string>(6),
          .state = row.get<BatchState>(7),
          .planned = row.get<bool>(8),
          .created_at = row.get<Timestamp>(9),
          .ended_at = row.get<std::optional<Timestamp>>(10)};
}

constexpr std::string_view target_columns =
    "ordinal, asset_uid, asset_id, state, new_uid, error_type, error_message, failures";

struct ListSql {
  std::string where = " where state <> 0";
  db::Parameters parameters;
};

ListSql list_sql(const BatchRepository::Listed& which) {
  ListSql sql;
  if (which.user_row) {
    sql.where += " and user_id = :user_row";
    sql.parameters.push_back({"user_row", *which.user_row});
  }
  if (which.user) {
    sql.where += " and user_id = (select id from user_account where uid = :user)";
    sql.parameters.push_back({"user", *which.user});
  }
  if (which.ended) sql.where += *which.ended ? " and state = 2" : " and state <> 2";
  return sql;
}

BatchTarget read_target(const db::Row& row) {
  return {.ordinal = row.get<std::int64_t>(0),
          .id = row.get<Uuid>(1),
          .asset_row = row.get<std::optional<std::int64_t>>(2),
          .state = row.get<TargetState>(3),
          .new_id = row.get<std::optional<Uuid>>(4),
          .error_type = row.get<std::optional<std::string>>(5),
          .error_message = row.get<std::optional<std::string>>(6),
          .failures = row.get<std::int64_t>(7)};
}

void insert_target(db::Transaction& tx, std::int64_t batch, const BatchTarget& target) {
  tx.execute(
      "insert into batch_target (batch_id, ordinal, asset_uid, asset_id, state, error_type, error_message) "
      "values (:batch, :ordinal, :uid, :asset, :state, :type, :message)",
      {{"batch", batch},
       {"ordinal", target.ordinal},
       {"uid", target.id},
       {"asset", target.asset_row},
       {"state", target.state},
       {"type", target.error_type},
       {"message", target.error_message}});
}

}  // namespace

std::int64_t BatchRepository::insert(db::Transaction& tx, const Batch& batch) {
  return tx.insert(
      "insert into batch (uid, action, arguments, user_id, username, principal, state, created_at) "
      "values (:uid, :action, :arguments, :user, :username, :principal, :state, :now)",
      {{"uid", batch.id},
       {"action", batch.action},
       {"arguments", batch.arguments_json},
       {"user", batch.user_row},
       {"username", batch.username},
       {"principal", batch.principal_json},
       {"state", batch.state},
       {"now", batch.created_at}});
}

std::optional<Batch> BatchRepository::find(db::Transaction& tx, const Uuid& id) {
  static const std::string sql = fmt::format("select {} from batch where uid = :id", batch_columns);
  return tx.one(sql, {{"id", id}}, read_batch);
}

std::optional<Batch> BatchRepository::find_row(db::Transaction& tx, std::int64_t row) {
  static const std::string sql = fmt::format("select {} from batch where id = :row", batch_columns);
  return tx.one(sql, {{"row", row}}, read_batch);
}

std::vector<Batch> BatchRepository::open(db::Transaction& tx) {
  static const std::string sql = fmt::format("select {} from batch where state <> 2 order by id", batch_columns);
  return tx.all(sql, {}, read_batch);
}

std::vector<Batch> BatchRepository::page(db::Transaction& tx, const Listed& which, std::int64_t before,
                                         std::int64_t limit) {
  ListSql sql = list_sql(which);
  sql.parameters.insert(sql.parameters.end(), {{"before", before}, {"limit", limit}});
  return tx.all(
      fmt::format("select {} from batch{} and id < :before order by id desc limit :limit", batch_columns, sql.where),
      sql.parameters, read_batch);
}

std::int64_t BatchRepository::count(db::Transaction& tx, const Listed& which, std::int64_t most) {
  ListSql sql = list_sql(which);
  sql.parameters.push_back({"most", most});
  return tx
      .value<std::int64_t>(
          fmt::format("select count(*) from (select 1 from batch{} limit :most) as counted", sql.where), sql.parameters)
      .value_or(0);
}

void BatchRepository::lock(db::Transaction& tx, std::int64_t row) {
  if (tx.kind() == db::Kind::postgres)
    tx.value<std::int64_t>("select id from batch where id = :row for update", {{"row", row}});
}

void BatchRepository::lock_shared(db::Transaction& tx, std::int64_t row) {
  if (tx.kind() == db::Kind::postgres)
    tx.value<std::int64_t>("select id from batch where id = :row for share", {{"row", row}});
}

void BatchRepository::set_state(db::Transaction& tx, std::int64_t row, BatchState state) {
  tx.execute(
      "update batch set state = :state, ended_at = :ended where id = :row",
      {{"state", state}, {"ended", state == BatchState::ended ? std::optional(now()) : std::nullopt}, {"row", row}});
}

std::optional<std::int64_t> BatchRepository::take_planning(db::Transaction& tx, std::int64_t row) {
  if (tx.execute("update batch set planner = planner + 1 where id = :row and state = 1 and not planned",
                 {{"row", row}}) == 0)
    return std::nullopt;
  return tx.value<std::int64_t>("select planner from batch where id = :row", {{"row", row}});
}

bool BatchRepository::plans(db::Transaction& tx, std::int64_t row, std::int64_t planner) {
  lock(tx, row);
  return tx
      .value<std::int64_t>("select 1 from batch where id = :row and state = 1 and not planned and planner = :planner",
                           {{"row", row}, {"planner", planner}})
      .has_value();
}

void BatchRepository::set_planned(db::Transaction& tx, std::int64_t row) {
  tx.execute("update batch set planned = true where id = :row", {{"row", row}});
}

void BatchRepository::remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from batch where id = :row", {{"row", row}});
}

std::int64_t BatchRepository::remove_ended(db::Transaction& tx, Timestamp before, int limit) {
  return tx.execute(
      "delete from batch where id in (select id from batch where state = 2 and ended_at < :before order by ended_at "
      "limit :limit)",
      {{"before", before}, {"limit", limit}});
}

void BatchRepository::insert_targets(db::Transaction& tx, std::int64_t batch, std::span<const BatchTarget> targets) {
  std::vector<std::int64_t> ordinals, rows;
  std::vector<Uuid> ids;
  for (const BatchTarget& target : targets) {
    if (tx.kind() == db::Kind::sqlite || target.state != TargetState::queued || !target.asset_row) {
      insert_target(tx, batch, target);
      continue;
    }
    ordinals.push_back(target.ordinal);
    ids.push_back(target.id);
    rows.push_back(*target.asset_row);
  }
  if (ordinals.empty()) return;
  tx.execute(
      "insert into batch_target (batch_id, ordinal, asset_uid, asset_id, state) "
      "select :batch, t.ordinal, t.uid, t.asset, 0 from unnest(:ordinals, :ids, :rows) t (ordinal, uid, asset)",
      {{"batch", batch}, {"ordinals", ordinals}, {"ids", ids}, {"rows", rows}});
}

std::vector<BatchTarget> BatchRepository::targets(db::Transaction& tx, std::int64_t batch) {
  static const std::string sql =
      fmt::format("select {} from batch_target where batch_id = :batch order by ordinal", target_columns);
  return tx.all(sql, {{"batch", batch}}, read_target);
}

std::vector<BatchTarget> BatchRepository::queued(db::Transaction& tx, std::int64_t batch, std::int64_t after, int limit,
                                                 std::int64_t last) {
  static const std::string sql = fmt::format(
      "select {} from batch_target where batch_id = :batch and ordinal > :after and ordinal <= :last and state = 0 and "
      "asset_id is not null order by ordinal limit :limit",
      target_columns);
  return tx.all(sql, {{"batch", batch}, {"after", after}, {"last", last}, {"limit", limit}}, read_target);
}

void BatchRepository::end_target(db::Transaction& tx, std::int64_t batch, const BatchTarget& target) {
  tx.execute(
      "update batch_target set state = :state, new_uid = :new, error_type = :type, error_message = :message "
      "where batch_id = :batch and ordinal = :ordinal",
      {{"state", target.state},
       {"new", target.new_id},
       {"type", target.error_type},
       {"message", target.error_message},
       {"batch", batch},
       {"ordinal", target.ordinal}});
}

// By a range: of a list PostgreSQL's planner thinks, where it has not heard of the batch yet, that all of the batch had
// better be gone through.
void BatchRepository::succeeded(db::Transaction& tx, std::int64_t batch, std::int64_t first, std::int64_t last) {
  tx.execute(
      "update batch_target set state = 1 where batch_id = :batch and ordinal >= :first and ordinal <= :last and state "
      "= "
      "0 and asset_id is not null",
      {{"batch", batch}, {"first", first}, {"last", last}});
}

void BatchRepository::set_new(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal, const Uuid& made) {
  tx.execute("update batch_target set new_uid = :new where batch_id = :batch and ordinal = :ordinal",
             {{"new", made}, {"batch", batch}, {"ordinal", ordinal}});
}

void BatchRepository::count_failure(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal,
                                    std::string_view type, std::string_view message) {
  // The first one is told; how many there were is counted.
  tx.execute(
      "update batch_target set failures = failures + 1, error_type = coalesce(error_type, :type), "
      "error_message = coalesce(error_message, :message) where batch_id = :batch and ordinal = :ordinal",
      {{"type", type}, {"message", message}, {"batch", batch}, {"ordinal", ordinal}});
}

std::vector<std::pair<std::int64_t, Uuid>> BatchRepository::going_along(db::Transaction& tx, std::int64_t batch) {
  return tx.all(
      "select ordinal, asset_uid from batch_target where batch_id = :batch and asset_id is null and state = 0 order by "
      "ordinal",
      {{"batch", batch}}, [](const db::Row& row) { return std::pair(row.get<std::int64_t>(0), row.get<Uuid>(1)); });
}

void BatchRepository::end_queued(db::Transaction& tx, std::int64_t batch) {
  tx.execute(
      fmt::format("update batch_target set state = case when exists (select 1 from batch_wait w where w.batch_id = "
                  ":batch and w.ordinal = batch_target.ordinal) then 3 when failures > 0 then 2 else 1 end where "
                  "batch_id = :batch and state = 0{}",
                  waits(tx, batch) ? " and asset_id is not null" : ""),
      {{"batch", batch}});
}

void BatchRepository::wait_for(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal,
                               const std::vector<std::int64_t>& jobs) {
  for (std::int64_t job : jobs)
    tx.execute(
        "insert into batch_wait (job_id, batch_id, ordinal) values (:job, :batch, :ordinal) on conflict do nothing",
        {{"job", job}, {"batch", batch}, {"ordinal", ordinal}});
}

void BatchRepository::wait_as(db::Transaction& tx, std::int64_t job, std::int64_t also) {
  tx.execute(
      "insert into batch_wait (job_id, batch_id, ordinal) select :also, batch_id, ordinal from batch_wait where job_id "
      "= :job on conflict do nothing",
      {{"job", job}, {"also", also}});
}

std::vector<BatchRepository::Wait> BatchRepository::waits_for(db::Transaction& tx, std::int64_t job) {
  return tx.all(
      "select w.batch_id, w.ordinal, coalesce(t.asset_id, 0) from batch_wait w join batch_target t on t.batch_id = "
      "w.batch_id and t.ordinal = w.ordinal where w.job_id = :job order by w.batch_id, w.ordinal",
      {{"job", job}}, [](const db::Row& row) {
        return Wait{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2)};
      });
}

void BatchRepository::end_wait(db::Transaction& tx, std::int64_t job, const Wait& wait) {
  tx.execute("delete from batch_wait where job_id = :job and batch_id = :batch and ordinal = :ordinal",
             {{"job", job}, {"batch", wait.batch}, {"ordinal", wait.ordinal}});
}

std::vector<Uuid> BatchRepository::waits_left_over(db::Transaction& tx) {
  return tx.all("select distinct j.uid from batch_wait w join job j on j.id = w.job_id where j.status >= 2", {},
                [](const db::Row& row) { return row.get<Uuid>(0); });
}

void BatchRepository::end_waiting(db::Transaction& tx, std::int64_t batch, std::optional<std::int64_t> ordinal) {
  tx.execute(
      fmt::format("update batch_target set state = case when failures > 0 then 2 else 1 end where batch_id = :batch{} "
                  "and state = 3 and not exists (select 1 from batch_wait w where w.batch_id = :batch and w.ordinal = "
                  "batch_target.ordinal)",
                  ordinal ? " and ordinal = :ordinal" : ""),
      ordinal ? db::Parameters{{"batch", batch}, {"ordinal", *ordinal}} : db::Parameters{{"batch", batch}});
}

bool BatchRepository::waits(db::Transaction& tx, std::int64_t batch) {
  return tx.value<std::int64_t>("select 1 from batch_wait where batch_id = :batch limit 1", {{"batch", batch}})
      .has_value();
}

BatchRepository::Counts BatchRepository::counts(db::Transaction& tx, std::int64_t batch) {
  return tx
      .one(
          "select count(*), coalesce(sum(case when state = 1 then 1 else 0 end), 0), "
          "coalesce(sum(case when state = 2 then 1 else 0 end), 0) from batch_target where batch_id = :batch",
          {{"batch", batch}},
          [](const db::Row& row) {
            return Counts{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2)};
          })
      .value_or(Counts{});
}

std::map<std::int64_t, BatchRepository::Counts> BatchRepository::counts_of(db::Transaction& tx,
                                                                           const std::vector<std::int64_t>& batches) {
  std::map<std::int64_t, Counts> out;
  if (batches.empty()) return out;
  tx.each(
      "select batch_id, count(*), coalesce(sum(case when state = 1 then 1 else 0 end), 0), "
      "coalesce(sum(case when state = 2 then 1 else 0 end), 0) from batch_target where batch_id = any(:batches) group "
      "by batch_id",
      {{"batches", batches}}, [&](const db::Row& row) {
        out[row.get<std::int64_t>(0)] = {row.get<std::int64_t>(1), row.get<std::int64_t>(2), row.get<std::int64_t>(3)};
      });
  return out;
}

std::int64_t BatchRepository::insert_step(db::Transaction& tx, std::int64_t batch, const BatchStep& step) {
  return tx.insert(
      "insert into batch_step (batch_id, ordinal, asset_id, parent_step) values (:batch, :ordinal, :asset, :parent)",
      {{"batch", batch}, {"ordinal", step.ordinal}, {"asset", step.asset_row}, {"parent", step.parent_step}});
}

std::vector<BatchStep> BatchRepository::steps(db::Transaction& tx, std::int64_t batch, bool last_first, int limit) {
  return tx.all(
      fmt::format(
          "select id, ordinal, asset_id, parent_step from batch_step where batch_id = :batch and new_asset_id is null "
          "order by id{} limit :limit",
          last_first ? " desc" : ""),
      {{"batch", batch}, {"limit", limit}}, [](const db::Row& row) {
        return BatchStep{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                         row.get<std::optional<std::int64_t>>(3)};
      });
}

std::int64_t BatchRepository::count_steps(db::Transaction& tx, std::int64_t batch) {
  return tx.value<std::int64_t>("select count(*) from batch_step where batch_id = :batch", {{"batch", batch}})
      .value_or(0);
}

void BatchRepository::step_made(db::Transaction& tx, std::int64_t step, std::int64_t asset_row) {
  tx.execute("update batch_step set new_asset_id = :asset where id = :step", {{"asset", asset_row}, {"step", step}});
}

std::optional<std::int64_t> BatchRepository::made_by(db::Transaction& tx, std::int64_t step) {
  return tx.value<std::optional<std::int64_t>>("select new_asset_id from batch_step where id = :step", {{"step", step}})
      .value_or(std::nullopt);
}

bool BatchRepository::whole_failed(db::Transaction& tx, std::int64_t batch, std::int64_t ordinal) {
  return tx.value<std::optional<std::int64_t>>(
               "select new_asset_id from batch_step where batch_id = :batch and ordinal = :ordinal order by id limit 1",
               {{"batch", batch}, {"ordinal", ordinal}})
             .value_or(std::nullopt) == 0;
}

std::optional<std::int64_t> BatchRepository::target_asset(db::Transaction& tx, std::int64_t batch,
                                                          std::int64_t ordinal) {
  return tx.value<std::int64_t>("select asset_id from batch_target where batch_id = :batch and ordinal = :ordinal",
                                {{"batch", batch}, {"ordinal", ordinal}});
}

std::optional<std::int64_t> BatchRepository::asset_of(db::Transaction& tx, std::int64_t step) {
  return tx.value<std::int64_t>("select asset_id from batch_step where id = :step", {{"step", step}});
}

void BatchRepository::remove_steps(db::Transaction& tx, const std::vector<std::int64_t>& steps) {
  tx.execute("delete from batch_step where id = any(:steps)", {{"steps", steps}});
}

std::int64_t BatchRepository::remove_steps_of(db::Transaction& tx, std::int64_t batch, int limit) {
  return tx.execute(
      "delete from batch_step where id in (select id from batch_step where batch_id = :batch order by id limit :limit)",
      {{"batch", batch}, {"limit", limit}});
}

std::vector<BatchRepository::Child> BatchRepository::children(db::Transaction& tx, std::int64_t folder_row,
                                                              std::int64_t after, int limit, bool with_bin) {
  return tx.all(
      fmt::format(
          "select id, asset_type from asset where parent_id = :parent and id > :after{} order by id limit :limit",
          with_bin ? "" : " and deleted_at is null"),
      {{"parent", folder_row}, {"after", after}, {"limit", limit}},
      [](const db::Row& row) { return Child{row.get<std::int64_t>(0), row.get<AssetType>(1)}; });
}

}  // namespace reelvault::catalog
