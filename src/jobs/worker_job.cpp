// One job of a worker: its input, its step, its outputs, its report.
#include "base/log.hpp"
#include "jobs/scratch.hpp"
#include "jobs/worker_run.hpp"

namespace reelvault::jobs {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLogLimit = 16 << 10;
constexpr int kFaultsLimit = 5;  // answers of 5xx other than 503 before we give the job up
constexpr std::chrono::minutes kReportTimeout{10};

Failure failure_of(std::string code, const Error& error) {
  return {.code = std::move(code),
          .message = error.message.empty() ? "The worker could not do its part." : error.message,
          .detail = error.detail};
}

}  // namespace

void WorkerRun::work(Running& job) {
  ServerLink link(options_);
  const Folders folders = folders_of(job.claim);
  auto result = run_step(job, link, folders);
  if (result && !job.lost) {
    if (auto sent = send_outputs(job, link, folders, *result); !sent) {
      result = std::unexpected(failure_of("outputs-not-sent", sent.error()));
    }
  }
  report(job, link, std::move(result));
  if (!folders.ours.empty()) {
    std::error_code ignored;
    fs::remove_all(folders.ours, ignored);
  }
  std::lock_guard lock(mutex_);
  job.ended = true;
  changed_.notify_all();
}

WorkerRun::Folders WorkerRun::folders_of(const ClaimAnswer& claim) const {
  if (!claim.scratch.empty())
    return {.out = claim.scratch, .in = fs::path(claim.scratch).parent_path() / "in", .ours = {}};
  const fs::path ours = options_.scratch / fmt::format("{}-{}", claim.id.text(), claim.fence);
  return {.out = ours / "out", .in = ours / "in", .ours = ours};
}

std::expected<boost::json::object, Failure> WorkerRun::run_step(Running& job, ServerLink& link,
                                                                const Folders& folders) {
  const ClaimAnswer& claim = job.claim;
  std::error_code error;
  fs::create_directories(folders.out, error);
  if (error) return std::unexpected(failure_of("no-scratch", fail_errno(error.value(), folders.out.string()).error()));
  boost::json::object input = claim.input;
  if (auto fetched = fetch_inputs(job, link, folders, input); !fetched) {
    return std::unexpected(failure_of("input-not-fetched", fetched.error()));
  }
  const auto step = steps_.find(claim.type);
  if (step == steps_.end()) {
    return std::unexpected(Failure{.code = "unknown-type", .message = "This worker does not know such jobs."});
  }
  StepContext context{.job_id = claim.id,
                      .type = claim.type,
                      .payload = claim.payload,
                      .input = std::move(input),
                      .scratch = folders.out,
                      .progress = [&job](double percent) { job.progress = std::clamp(percent, 0.0, 100.0); },
                      .cancelled = job.cancelled,
                      .log =
                          [&job](std::string_view line) {
                            std::lock_guard lock(job.log_mutex);
                            job.log.append(line).append("\n");
                            if (job.log.size() > 2 * kLogLimit) job.log.erase(0, job.log.size() - kLogLimit);
                          }};
  try {
    return step->second(context);
  } catch (const std::exception& exception) {
    return std::unexpected(Failure{
        .code = "internal-error", .message = "The worker met a fault of the program.", .detail = exception.what()});
  }
}

Result<void> WorkerRun::fetch_inputs(Running& job, ServerLink& link, const Folders& folders,
                                     boost::json::object& input) {
  std::vector<boost::json::object*> parts{&input};
  if (auto* inputs = input.if_contains("inputs"); inputs && inputs->is_array()) {
    for (auto& part : inputs->get_array()) {
      if (part.is_object()) parts.push_back(&part.get_object());
    }
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto* url = parts[i]->if_contains("url");
    if (!url || !url->is_string() || !url->get_string().starts_with("/")) continue;
    std::error_code error;
    fs::create_directories(folders.in, error);
    if (error) return fail_errno(error.value(), folders.in.string());
    RV_CHECK(fetch(job, link, folders.in / std::to_string(i), *parts[i]));
  }
  return {};
}

Result<void> WorkerRun::fetch(Running& job, ServerLink& link, const fs::path& to, boost::json::object& part) {
  const std::string url(part.at("url").as_string());
  std::error_code ignored;
  fs::remove(to, ignored);
  RV_TRY(const LinkAnswer answer, insist(job, [&]() -> Result<LinkAnswer> {
           auto got = link.download(url, to, [&job] { return job.cancelled.load(); });
           // It broke off at the very end, and there is no rest to ask for; or the file is another by now.
           if (got && got->status == 416) fs::remove(to, ignored);
           if (got && got->status == 416) return fail(Code::unavailable, "", "The input has to be read again.");
           return got;
         }));
  if (answer.status != 200 && answer.status != 206) {
    return fail(Code::internal, "", "The input could not be read from the server.",
                fmt::format("status {}", answer.status));
  }
  if (answer.status == 200 && !fs::exists(to)) std::ofstream(to).flush();  // an empty file has no bytes to write
  part.erase("url");
  part["path"] = to.string();
  return {};
}

Result<void> WorkerRun::send_outputs(Running& job, ServerLink& link, const Folders& folders,
                                     const boost::json::object& result) {
  const auto* files = result.if_contains("files");
  if (!elsewhere() || !files || !files->is_array()) return {};
  for (const auto& file : files->get_array()) {
    const auto* path = file.is_object() ? file.get_object().if_contains("path") : nullptr;
    if (!path || !path->is_string()) return fail(Code::internal, "", "A step named no path for a file that it made.");
    const std::string name(path->get_string());
    if (!safe_output_name(name)) return fail(Code::internal, "", "A step named a file outside its folder.", name);
    const std::string url = fmt::format("/internal/worker/job/{}/output/{}?fence={}", job.claim.id.text(),
                                        ServerLink::escape(name), job.claim.fence);
    RV_TRY(const LinkAnswer answer,
           insist(job, [&] { return link.upload(url, folders.out / name, [&job] { return job.cancelled.load(); }); }));
    if (answer.status != 204) {
      return fail(Code::internal, "", "The server did not take what the job made.",
                  fmt::format("status {} {}", answer.status, answer.body));
    }
  }
  return {};
}

Result<LinkAnswer> WorkerRun::insist(Running& job, const std::function<Result<LinkAnswer>()>& ask) {
  std::chrono::milliseconds wait{200};
  for (int faults = 0;;) {
    auto answer = ask();
    if (!answer && answer.error().code != Code::unavailable) return answer;  // our own disk, say
    const bool away = !answer || answer->status == 503 || answer->status == 429 || answer->status == 507;
    if (!away && (answer->status < 500 || ++faults >= kFaultsLimit)) return answer;
    if (job.lost || job.given_up) return fail(Code::unavailable, "", "The server did not answer in time.");
    pause(wait);
    if (stop_) std::this_thread::sleep_for(std::chrono::milliseconds(50));  // pause does not wait any more
    wait = std::min(wait * 2, std::chrono::milliseconds(5000));
  }
}

void WorkerRun::report(Running& job, ServerLink& link, std::expected<boost::json::object, Failure> result) {
  std::string log;
  {
    std::lock_guard lock(job.log_mutex);
    log = job.log;
  }
  const Uuid& id = job.claim.id;
  const std::int64_t fence = job.claim.fence;
  auto tell = [&](const char* path, const std::string& body) {
    return insist(job, [&] { return link.post(path, body, kReportTimeout); });
  };
  Result<LinkAnswer> answer;
  if (result && !job.lost) {
    job.progress = 100;
    answer = tell("/internal/worker/complete",
                  dto::write(CompleteRequest{.id = id, .fence = fence, .result = std::move(*result), .log = log}));
    if (answer && answer->status < 500 && answer->status != 400 && answer->status != 413) {
      log::info("a job is done", {{"job", id.text()}, {"type", job.claim.type}, {"status", answer->status}});
      return;
    }
    result = std::unexpected(Failure{.code = "result-not-taken",
                                     .message = "The server did not take the job's result.",
                                     .detail = answer ? answer->body : answer.error().detail});
  }
  // Of a job that was cancelled the server hears too: it can remove its folder.
  Failure failure = result ? Failure{.code = std::string(kCancelled)} : std::move(result.error());
  if (job.given_up) failure = {.code = std::string(kWorkerStopped), .message = "The worker was told to stop."};
  log::info("a job is not done",
            {{"job", id.text()}, {"type", job.claim.type}, {"code", failure.code}, {"error", failure.message}});
  answer = tell("/internal/worker/fail", dto::write(FailRequest{.id = id,
                                                                .fence = fence,
                                                                .code = failure.code,
                                                                .message = failure.message,
                                                                .detail = failure.detail,
                                                                .permanent = failure.permanent,
                                                                .log = log}));
  if (!answer) log::warning("the server was not told", {{"job", id.text()}, {"detail", answer.error().detail}});
}

}  // namespace reelvault::jobs
