#include "jobs/job_routes.hpp"

#include "base/hash.hpp"

namespace reelvault::jobs {

// What an administrator sees besides.
struct AdminJobJson : JobJson {
  std::optional<Uuid> assetId;
  std::int64_t version = 0;
  std::int64_t maxAttempts = 0;
  std::int64_t priority = 0;
  Timestamp createdAt;
};
BOOST_DESCRIBE_STRUCT(AdminJobJson, (JobJson), (assetId, version, maxAttempts, priority, createdAt))

struct AdminJobDetail : AdminJobJson {
  std::string log;  // the last that the last attempt said
};
BOOST_DESCRIBE_STRUCT(AdminJobDetail, (AdminJobJson), (log))

struct AdminJobItems {
  std::vector<AdminJobJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(AdminJobItems, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct JobListQuery {
  std::optional<std::string> status;
  std::optional<std::string> type;
  std::optional<Uuid> assetId;
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  static std::span<const dto::Rule> rules() {
    static const dto::Rule rules[] = {
        {.field = "status", .sentence = "Queued, Running, Succeeded, Failed or Cancelled, in any letter case."},
        {.field = "type", .sentence = "The kind of job, e.g. renditions."},
        {.field = "assetId", .sentence = "Jobs of this asset."},
        {.field = "pageSize", .minimum = 1, .maximum = 500, .default_json = "50"},
        {.field = "pageToken", .sentence = "The nextPageToken of the page before."},
    };
    return rules;
  }
};
BOOST_DESCRIBE_STRUCT(JobListQuery, (), (status, type, assetId, pageSize, pageToken))

namespace {

using http::Call;
using http::NoBody;
using http::NoQuery;
using http::Reply;

AdminJobJson admin_json(const Job& job) {
  AdminJobJson out;
  static_cast<JobJson&>(out) = job_json(job);
  if (!job.asset_id.nil()) out.assetId = job.asset_id;
  out.version = job.version;
  out.maxAttempts = job.max_attempts;
  out.priority = job.priority;
  out.createdAt = job.created_at;
  return out;
}

std::string page_token(std::int64_t row) { return base64url(std::to_string(row)); }

Result<std::int64_t> row_of_token(const std::string& token) {
  const auto text = from_base64url(token);
  std::int64_t row = 0;
  if (text) {
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), row);
    if (fault == std::errc() && end == text->data() + text->size() && row > 0) return row;
  }
  return fail_field("?pageToken", "is not one that a page gave");
}

Result<Reply<AdminJobItems>> list_jobs(Engine& engine, const JobListQuery& query) {
  Engine::Query wanted{
      .type = query.type, .asset_id = query.assetId, .limit = static_cast<std::size_t>(query.pageSize)};
  if (query.status) {
    wanted.status = parse_status(*query.status);
    if (!wanted.status) return fail_field("?status", "must be Queued, Running, Succeeded, Failed or Cancelled");
  }
  if (query.pageToken) {
    RV_TRY(wanted.below_row, row_of_token(*query.pageToken));
  }
  RV_TRY(const Engine::Page page, engine.list(wanted));
  AdminJobItems out;
  for (const Job& job : page.jobs) out.items.push_back(admin_json(job));
  if (page.more) out.nextPageToken = page_token(page.jobs.back().row);
  out.totalItemCount = page.total;
  out.totalIsEstimate = page.total_is_estimate;
  return Reply<AdminJobItems>(std::move(out));
}

}  // namespace

JobJson job_json(const Job& job) {
  JobJson out{.id = job.id,
              .jobType = job.type,
              .status = std::string(status_name(job.status)),
              .attempt = job.attempt,
              .progress = job.progress,
              .startedAt = job.started_at,
              .endedAt = job.ended_at};
  if (job.started_at) {
    const Timestamp until = job.ended_at.value_or(now());
    out.durationMs = std::max<std::int64_t>((until - *job.started_at).count(), 0);
  }
  if (job.failure && job.status != Status::running && job.status != Status::succeeded) {
    out.error = JobError{job.failure->code, for_readers(job.failure->message), for_readers(job.failure->detail)};
  }
  if (const auto* note = job.result.if_contains("note"); note && note->is_string() && job.status == Status::succeeded)
    out.note = for_readers(std::string_view(note->get_string()).substr(0, 1000));
  if (!job.worker_id.empty()) out.workerId = job.worker_id;
  return out;
}

void add_job_routes(http::RouteTable& table, Engine& engine) {
  const auto info = [](std::string summary, http::Cost cost) {
    return http::RouteInfo{.summary = std::move(summary), .tag = "Jobs", .access = http::admin_only(), .cost = cost};
  };
  http::RouteInfo list = info("List jobs, the newest first", http::Cost::read);
  list.description = "totalItemCount is exact up to 10,000; beyond it, totalIsEstimate is true.";
  table.add(http::get<JobListQuery, AdminJobItems>(
      "/admin/job", std::move(list),
      [&engine](const Call<JobListQuery, NoBody>& call) { return list_jobs(engine, call.query); }));
  table.add(http::get<NoQuery, AdminJobDetail>(
      "/admin/job/{id}", info("One job with the end of its log", http::Cost::read),
      [&engine](const Call<NoQuery, NoBody>& call) -> Result<Reply<AdminJobDetail>> {
        AdminJobDetail out;
        RV_TRY(const auto job, engine.database().read([&](db::Transaction& tx) -> Result<std::optional<Job>> {
          return engine.find_with_log(tx, call.id(), out.log);
        }));
        if (!job) return fail_not_found("job");
        static_cast<AdminJobJson&>(out) = admin_json(*job);
        if (out.error) out.error->detail = job->failure->detail;  // with paths and all, as the log
        return Reply<AdminJobDetail>(std::move(out));
      }));
  http::RouteInfo retry = info("Queue a failed or cancelled job again", http::Cost::write);
  retry.description = "Its attempts are counted from 0. Jobs that were cancelled because it failed come back with it.";
  retry.errors = {409};
  table.add(http::post<NoQuery, NoBody, AdminJobJson>(
      "/admin/job/{id}/retry", std::move(retry),
      [&engine](const Call<NoQuery, NoBody>& call) -> Result<Reply<AdminJobJson>> {
        RV_TRY(const Job job, engine.retry(call.id()));
        return Reply<AdminJobJson>(admin_json(job));
      }));
  http::RouteInfo cancel = info("Cancel a queued or running job", http::Cost::write);
  cancel.description = "Repeating is harmless.";
  cancel.errors = {409};
  table.add(http::post<NoQuery, NoBody, AdminJobJson>(
      "/admin/job/{id}/cancel", std::move(cancel),
      [&engine](const Call<NoQuery, NoBody>& call) -> Result<Reply<AdminJobJson>> {
        RV_TRY(const Job job, engine.cancel(call.id()));
        return Reply<AdminJobJson>(admin_json(job));
      }));
}

}  // namespace reelvault::jobs
