#include "jobs/job_repository.hpp"

#include "jobs/backlog.hpp"

namespace reelvault::jobs {
namespace {

constexpr std::string_view kColumns =
    "id, uid, type, asset_id, asset_uid, version, payload, status, attempt, max_attempts, priority, progress, fence, "
    "error_code, error_message, error_detail, result, worker, started_at, ended_at, created_at, flow, band";

boost::json::object object_of(std::string_view text) {
  boost::json::value value = boost::json::parse(boost::json::string_view(text.data(), text.size()));
  return std::move(value.as_object());
}

Job job_of(const db::Row& row) {
  Job job;
  job.row = row.get<std::int64_t>(0);
  job.id = row.get<Uuid>(1);
  job.type = row.get<std::string>(2);
  job.asset_row = row.get<std::optional<std::int64_t>>(3).value_or(0);
  job.asset_id = row.get<std::optional<Uuid>>(4).value_or(Uuid{});
  job.version = row.get<std::int64_t>(5);
  job.payload = object_of(row.get<std::string_view>(6));
  job.status = row.get<Status>(7);
  job.attempt = row.get<int>(8);
  job.max_attempts = row.get<int>(9);
  job.priority = row.get<int>(10);
  job.progress = row.get<double>(11);
  job.fence = row.get<std::int64_t>(12);
  if (auto code = row.get<std::optional<std::string>>(13)) {
    job.failure = Failure{std::move(*code), row.get<std::optional<std::string>>(14).value_or(""),
                          row.get<std::optional<std::string>>(15).value_or(""), job.status == Status::failed};
  }
  if (auto result = row.get<std::optional<std::string_view>>(16)) job.result = object_of(*result);
  job.worker_id = row.get<std::optional<std::string>>(17).value_or("");
  job.started_at = row.get<std::optional<Timestamp>>(18);
  job.ended_at = row.get<std::optional<Timestamp>>(19);
  job.created_at = row.get<Timestamp>(20);
  job.flow = {row.get<std::string>(21), row.get<int>(22)};
  return job;
}

std::string_view for_update(const db::Transaction& tx) { return tx.kind() == db::Kind::postgres ? " for update" : ""; }

std::string select_jobs(std::string_view rest) { return fmt::format("select {} from job {}", kColumns, rest); }

std::vector<std::int64_t> rows_of(db::Transaction& tx, std::string_view sql, const db::Parameters& parameters) {
  return tx.all(sql, parameters, [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

JobRepository::Running running_of(const db::Row& row) {
  return {row.get<std::int64_t>(0), row.get<Uuid>(1), row.get<std::int64_t>(2),
          row.get<std::optional<std::string>>(3).value_or("")};
}

// Conditions of a filter, and their parameters. Views in it are those of the filter.
std::string where_of(const JobRepository::Filter& filter, db::Parameters& parameters) {
  std::string where;
  auto add = [&](std::string_view condition) { where += fmt::format(" and {}", condition); };
  if (filter.status) {
    add("status = :status");
    parameters.push_back({"status", *filter.status});
  }
  if (filter.type) {
    add("type = :type");
    parameters.push_back({"type", *filter.type});
  }
  if (filter.asset_id) {
    add("asset_uid = :asset");
    parameters.push_back({"asset", *filter.asset_id});
  }
  return where;
}

}  // namespace

std::pair<std::int64_t, bool> JobRepository::insert(db::Transaction& tx, const NewJob& job, int band, Timestamp now) {
  const Uuid id = Uuid::v7();
  const std::string key = job.key.empty() ? id.text() : job.key;
  const std::string payload = boost::json::serialize(job.payload);
  const std::int64_t row = tx.insert(
      "insert into job (uid, type, key, asset_id, asset_uid, version, payload, priority, flow, band, max_attempts, "
      "needs_success, available_at, created_at) values (:uid, :type, :key, :asset_id, :asset_uid, :version, :payload, "
      ":priority, :flow, :band, :max_attempts, :needs_success, :now, :now) on conflict (key) do nothing",
      {{"uid", id},
       {"type", job.type},
       {"key", key},
       {"asset_id", job.asset_row == 0 ? db::Value(db::Null{}) : db::Value(job.asset_row)},
       {"asset_uid", job.asset_id.nil() ? db::Value(db::Null{}) : db::Value(job.asset_id)},
       {"version", job.version},
       {"payload", payload},
       {"priority", effective_priority(job.priority, job.slow, band)},
       {"flow", job.flow.name},
       {"band", band},
       {"max_attempts", std::max(job.max_attempts, 1)},
       {"needs_success", job.needs_success},
       {"now", now}});
  if (row != 0) return {row, true};
  return {tx.value<std::int64_t>("select id from job where key = :key", {{"key", key}}).value(), false};
}

std::optional<Job> JobRepository::find(db::Transaction& tx, std::int64_t row) {
  return tx.one(select_jobs("where id = :id"), {{"id", row}}, job_of);
}

std::optional<Job> JobRepository::find(db::Transaction& tx, const Uuid& id) {
  return tx.one(select_jobs("where uid = :id"), {{"id", id}}, job_of);
}

std::optional<Job> JobRepository::find_locked(db::Transaction& tx, const Uuid& id) {
  return tx.one(select_jobs(fmt::format("where uid = :id{}", for_update(tx))), {{"id", id}}, job_of);
}

std::vector<Job> JobRepository::of_asset(db::Transaction& tx, std::int64_t asset_row) {
  return tx.all(select_jobs("where asset_id = :asset order by id"), {{"asset", asset_row}}, job_of);
}

std::string JobRepository::log(db::Transaction& tx, std::int64_t row) {
  return tx.value<std::optional<std::string>>("select log from job where id = :id", {{"id", row}})
      .value_or(std::nullopt)
      .value_or("");
}

std::vector<Job> JobRepository::page(db::Transaction& tx, const Filter& filter, std::int64_t below_row,
                                     std::size_t limit) {
  db::Parameters parameters{{"below", below_row}, {"limit", limit}};
  const std::string where = where_of(filter, parameters);
  return tx.all(select_jobs(fmt::format("where id < :below{} order by id desc limit :limit", where)), parameters,
                job_of);
}

std::int64_t JobRepository::count(db::Transaction& tx, const Filter& filter, std::int64_t at_most) {
  db::Parameters parameters{{"limit", at_most}};
  const std::string where = where_of(filter, parameters);
  return *tx.value<std::int64_t>(
      fmt::format("select count(*) from (select 1 from job where id > 0{} limit :limit) as counted", where),
      parameters);
}

std::vector<std::int64_t> JobRepository::ready(db::Transaction& tx, const std::set<std::string>& types, Timestamp now,
                                               int limit) {
  // One probe of the index for each type: a long queue of other types is never walked through.
  std::string sql;
  std::vector<std::string> names;
  names.reserve(types.size());
  for (std::size_t i = 0; i < types.size(); ++i) {
    names.push_back(fmt::format("t{}", i));
    sql += fmt::format(
        "{}select * from (select id, priority from job where type = :t{} and status = 0 and waiting = 0 and "
        "available_at <= :now order by priority desc, id limit {}) as ready{}",
        i == 0 ? "" : " union all ", i, limit, i);
  }
  if (sql.empty()) return {};
  db::Parameters parameters{{"now", now}};
  for (std::size_t i = 0; const std::string& type : types) parameters.push_back({names[i++], type});
  return rows_of(tx, fmt::format("select id from ({}) as candidate order by priority desc, id limit {}", sql, limit),
                 parameters);
}

std::optional<std::int64_t> JobRepository::lock_ready(db::Transaction& tx, const std::vector<std::int64_t>& candidates,
                                                      Timestamp now) {
  return tx.value<std::int64_t>(
      fmt::format("select id from job where id = any(:ids) and status = 0 and waiting = 0 and available_at <= :now "
                  "order by priority desc, id limit 1{}",
                  tx.kind() == db::Kind::postgres ? " for update skip locked" : ""),
      {{"ids", candidates}, {"now", now}});
}

void JobRepository::start(db::Transaction& tx, std::int64_t row, const std::string& worker, Timestamp now,
                          Timestamp lease_until) {
  tx.execute(
      "update job set status = 1, attempt = attempt + 1, claims = claims + 1, fence = fence + 1, worker = :worker, "
      "lease_until = :lease_until, progress = 0, started_at = :now, ended_at = null where id = :id",
      {{"worker", worker}, {"lease_until", lease_until}, {"now", now}, {"id", row}});
}

void JobRepository::requeue(db::Transaction& tx, std::int64_t row, int attempt, Timestamp available_at,
                            const std::optional<Failure>& failure) {
  tx.execute(
      "update job set status = 0, attempt = :attempt, available_at = :available_at, worker = null, lease_until = null, "
      "progress = 0, started_at = null where id = :id",
      {{"attempt", attempt}, {"available_at", available_at}, {"id", row}});
  if (!failure) return;
  tx.execute("update job set error_code = :code, error_message = :message, error_detail = :detail where id = :id",
             {{"code", failure->code}, {"message", failure->message}, {"detail", failure->detail}, {"id", row}});
}

void JobRepository::got_on(db::Transaction& tx, std::int64_t row) {
  if (row == 0) return;
  tx.execute("update job set claims = 1, attempt = 1 where id = :row and claims > 1 and status = 1", {{"row", row}});
}

void JobRepository::uncount_claim(db::Transaction& tx, std::int64_t row) {
  tx.execute("update job set claims = claims - 1 where id = :id", {{"id", row}});
}

void JobRepository::reset(db::Transaction& tx, std::int64_t row, Timestamp now) {
  tx.execute(
      "update job set status = 0, attempt = 0, claims = 0, available_at = :now, worker = null, lease_until = null, "
      "progress = 0, error_code = null, error_message = null, error_detail = null, log = null, result = null, "
      "started_at = null, ended_at = null where id = :id",
      {{"now", now}, {"id", row}});
}

void JobRepository::end(db::Transaction& tx, std::int64_t row, Status status, const std::optional<Failure>& failure,
                        const boost::json::object& result, Timestamp now) {
  const std::string text = boost::json::serialize(result);
  const bool succeeded = status == Status::succeeded;
  tx.execute(
      "update job set status = :status, lease_until = null, ended_at = :now, error_code = :code, error_message = "
      ":message, error_detail = :detail, result = :result, progress = case when :succeeded then 100 else progress end "
      "where id = :id",
      {{"status", status},
       {"now", now},
       {"code", failure ? db::Value(failure->code) : db::Value(db::Null{})},
       {"message", failure ? db::Value(failure->message) : db::Value(db::Null{})},
       {"detail", failure ? db::Value(failure->detail) : db::Value(db::Null{})},
       {"result", succeeded ? db::Value(text) : db::Value(db::Null{})},
       {"succeeded", succeeded},
       {"id", row}});
}

void JobRepository::set_log(db::Transaction& tx, std::int64_t row, std::string_view log) {
  tx.execute("update job set log = :log where id = :id", {{"log", log}, {"id", row}});
}

bool JobRepository::renew(db::Transaction& tx, std::int64_t row, std::int64_t fence, double progress,
                          Timestamp lease_until) {
  return tx.execute(
             "update job set progress = :progress, lease_until = :lease_until "
             "where id = :id and fence = :fence and status = 1",
             {{"progress", progress}, {"lease_until", lease_until}, {"id", row}, {"fence", fence}}) > 0;
}

int JobRepository::claims(db::Transaction& tx, std::int64_t row) {
  return tx.value<int>("select claims from job where id = :id", {{"id", row}}).value_or(0);
}

bool JobRepository::lease_over(db::Transaction& tx, std::int64_t row, Timestamp now) {
  return tx
      .value<int>("select 1 from job where id = :id and status = 1 and lease_until < :now", {{"id", row}, {"now", now}})
      .has_value();
}

void JobRepository::add_dependencies(db::Transaction& tx, std::int64_t row, const std::vector<std::int64_t>& needs) {
  for (std::int64_t need : needs) {
    tx.execute("insert into job_dependency (job_id, needs_id) values (:job, :needs) on conflict do nothing",
               {{"job", row}, {"needs", need}});
  }
}

std::vector<Status> JobRepository::lock_needs(db::Transaction& tx, std::int64_t row) {
  return tx.all(fmt::format("select status from job where id in (select needs_id from job_dependency where job_id = "
                            ":id) order by id{}",
                            tx.kind() == db::Kind::postgres ? " for share" : ""),
                {{"id", row}}, [](const db::Row& found) { return found.get<Status>(0); });
}

bool JobRepository::needs_success(db::Transaction& tx, std::int64_t row) {
  return tx.value<bool>("select needs_success from job where id = :id", {{"id", row}}).value_or(false);
}

std::vector<std::int64_t> JobRepository::lock_dependants(db::Transaction& tx, std::int64_t row) {
  return rows_of(tx,
                 fmt::format("select id from job where id in (select job_id from job_dependency where needs_id = :id) "
                             "order by id{}",
                             for_update(tx)),
                 {{"id", row}});
}

void JobRepository::count_waiting(db::Transaction& tx, const std::vector<std::int64_t>& rows) {
  tx.execute(
      "update job set waiting = (select count(*) from job_dependency join job as needed on needed.id = needs_id "
      "where job_id = job.id and needed.status in (0, 1)) where id = any(:ids)",
      {{"ids", rows}});
}

std::vector<JobRepository::Running> JobRepository::expired(db::Transaction& tx, Timestamp now, int limit) {
  return tx.all(
      "select id, uid, fence, worker from job where status = 1 and lease_until < :now order by lease_until limit "
      ":limit",
      {{"now", now}, {"limit", limit}}, running_of);
}

std::vector<JobRepository::Running> JobRepository::of_worker(db::Transaction& tx, const std::string& worker) {
  return tx.all("select id, uid, fence, worker from job where status = 1 and worker = :worker", {{"worker", worker}},
                running_of);
}

std::vector<JobRepository::Running> JobRepository::of_workers_under(db::Transaction& tx, const std::string& prefix) {
  std::string end = prefix;
  ++end.back();  // the first text that is after all that begin so
  return tx.all("select id, uid, fence, worker from job where status = 1 and worker >= :prefix and worker < :end",
                {{"prefix", prefix}, {"end", end}}, running_of);
}

std::vector<JobRepository::Running> JobRepository::running(db::Transaction& tx, const std::vector<Uuid>& ids) {
  return tx.all("select id, uid, fence, worker from job where status = 1 and uid = any(:ids)", {{"ids", ids}},
                running_of);
}

std::vector<std::int64_t> JobRepository::open_of_asset(db::Transaction& tx, std::int64_t asset_row) {
  return rows_of(
      tx, fmt::format("select id from job where asset_id = :asset and status in (0, 1) order by id{}", for_update(tx)),
      {{"asset", asset_row}});
}

std::int64_t JobRepository::remove_of_asset(db::Transaction& tx, std::int64_t asset_row, int limit) {
  return tx.execute(
      "delete from job where id in (select id from job where asset_id = :asset and status > 1 order by id limit "
      ":limit)",
      {{"asset", asset_row}, {"limit", limit}});
}

std::int64_t JobRepository::waiting_of(db::Transaction& tx, const std::string& flow, std::int64_t most) {
  return tx
      .value<std::int64_t>(
          "select count(*) from (select 1 from job where flow = :flow and status = 0 and flow <> '' limit :most) "
          "counted",
          {{"flow", flow}, {"most", most}})
      .value();
}

std::vector<std::tuple<std::string, Status, std::int64_t>> JobRepository::open_counts(db::Transaction& tx) {
  return tx.all("select type, status, count(*) from job where status in (0, 1) group by type, status", {},
                [](const db::Row& row) {
                  return std::tuple(row.get<std::string>(0), row.get<Status>(1), row.get<std::int64_t>(2));
                });
}

}  // namespace reelvault::jobs
