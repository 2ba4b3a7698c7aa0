#include "jobs/protocol.hpp"

#include "base/file.hpp"
#include "jobs/protocol_messages.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace reelvault::jobs {
namespace {

using http::Call;
using http::NoQuery;
using http::Nothing;
using http::Reply;
using http::Response;

constexpr std::chrono::milliseconds kLongestWait{30000};

http::RouteInfo internal(std::string summary, http::Cost cost, int status = 200) {
  http::RouteInfo info{.summary = std::move(summary), .tag = "Internal", .access = http::worker_only()};
  info.cost = cost;
  info.status = status;
  info.idempotent_key = false;
  info.hidden = true;
  return info;
}

bool on_this_machine(const http::Request& request) { return request.remote_address == "unix"; }

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

// "path" becomes a "url" of this protocol; item -1 is the input itself, others are members of its "inputs".
void tell_by_url(boost::json::object& part, const Engine::Claim& claim, int item) {
  if (!part.contains("path")) return;
  part.erase("path");
  part["url"] =
      fmt::format("/internal/worker/job/{}/input?fence={}&item={}", claim.job.id.text(), claim.job.fence, item);
}

void tell_by_urls(Engine::Claim& claim) {
  tell_by_url(claim.input, claim, -1);
  auto* inputs = claim.input.if_contains("inputs");
  if (!inputs || !inputs->is_array()) return;
  for (int item = 0; auto& part : inputs->get_array()) {
    if (part.is_object()) tell_by_url(part.get_object(), claim, item);
    ++item;
  }
}

Result<std::int64_t> number_in_query(const http::Request& request, std::string_view name) {
  const std::string* text = request.query_value(name);
  std::int64_t number = 0;
  if (text) {
    const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (fault == std::errc() && end == text->data() + text->size()) return number;
  }
  return fail_field(fmt::format("?{}", name), "must be a whole number");
}

Uuid job_in_path(const http::Request& request) { return *Uuid::parse(request.path_parameters.find("id")->second); }

Result<Response> send_input(Engine& engine, http::Request& request) {
  RV_TRY(const std::int64_t fence, number_in_query(request, "fence"));
  RV_TRY(const std::int64_t item, number_in_query(request, "item"));
  RV_TRY(const boost::json::object input, engine.input(job_in_path(request), fence));
  const boost::json::object* part = &input;
  if (item >= 0) {
    const auto* inputs = input.if_contains("inputs");
    const bool there = inputs && inputs->is_array() && static_cast<std::size_t>(item) < inputs->get_array().size() &&
                       inputs->get_array()[item].is_object();
    if (!there) return fail_not_found("input");
    part = &inputs->get_array()[item].get_object();
  }
  const auto* path = part->if_contains("path");
  if (!path || !path->is_string()) return fail_not_found("input");
  http::FileRange file{.path = std::string(path->get_string())};
  struct stat found{};
  if (stat(file.path.c_str(), &found) != 0) return fail_errno(errno, "opening a job's input: " + file.path);
  file.length = file.expected_size = static_cast<std::uint64_t>(found.st_size);
  file.expected_mtime_ns = found.st_mtim.tv_sec * 1'000'000'000LL + found.st_mtim.tv_nsec;
  Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  response.headers.add("ETag", fmt::format("\"{:x}-{:x}\"", file.expected_size, file.expected_mtime_ns));
  response.body = http::Body(std::move(file));
  return response;
}

// Writes one output beside, and gives it its name when the last byte is there.
class OutputSink : public http::Sink {
 public:
  OutputSink(UniqueFd fd, Engine::OutputPlace place) : fd_(std::move(fd)), place_(std::move(place)) {}
  ~OutputSink() override {
    if (fd_) abort();
  }
  Result<void> write(std::string_view block) override {
    RV_CHECK(write_all_at(fd_.get(), bytes_of(block), written_));
    written_ += block.size();
    return {};
  }
  void abort() override {
    fd_.reset();
    std::error_code ignored;
    std::filesystem::remove(place_.partial, ignored);
  }
  Result<Response> finish() {
    fd_.reset();
    std::error_code error;
    std::filesystem::rename(place_.partial, place_.final, error);
    if (error) return fail_errno(error.value(), "naming a job's output: " + place_.final.string());
    return no_content();
  }

 private:
  UniqueFd fd_;
  Engine::OutputPlace place_;
  std::uint64_t written_ = 0;
};

Result<http::Streamed> receive_output(Engine& engine, http::Request& request) {
  RV_TRY(const std::int64_t fence, number_in_query(request, "fence"));
  RV_TRY(auto place, engine.output_place(job_in_path(request), fence, request.path_parameters.find("name")->second));
  RV_TRY(auto fd, open_file(place.partial, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  auto sink = std::make_unique<OutputSink>(std::move(fd), std::move(place));
  OutputSink* raw = sink.get();  // lives as long as the request that both belong to
  return http::Streamed{std::move(sink), [raw] { return raw->finish(); }};
}

}  // namespace

void add_worker_routes(http::RouteTable& table, Engine& engine, WorkerList& workers) {
  table.add(http::post<NoQuery, ClaimRequest, ClaimAnswer>(
      "/internal/worker/claim", internal("Take the next job", http::Cost::wait),
      [&engine, &workers](const Call<NoQuery, ClaimRequest>& call) -> Result<Response> {
        const ClaimRequest& asked = call.body;
        workers.heard({.id = asked.workerId.substr(0, 200),
                       .local = on_this_machine(call.request),
                       .isolation = asked.isolation ? std::optional(asked.isolation->substr(0, 200)) : std::nullopt,
                       .lastClaimAt = now()});
        const auto wait =
            std::clamp(std::chrono::milliseconds(asked.waitMs), std::chrono::milliseconds(0), kLongestWait);
        RV_TRY(auto claim, engine.claim(asked.workerId, {asked.types.begin(), asked.types.end()}, wait));
        if (!claim) return no_content();
        if (!on_this_machine(call.request)) {
          tell_by_urls(*claim);
          claim->scratch.clear();
        }
        const Job& job = claim->job;
        return Response::json(200, dto::write(ClaimAnswer{.id = job.id,
                                                          .type = job.type,
                                                          .attempt = job.attempt,
                                                          .fence = job.fence,
                                                          .assetId = job.asset_id,
                                                          .version = job.version,
                                                          .payload = job.payload,
                                                          .input = std::move(claim->input),
                                                          .scratch = claim->scratch.string(),
                                                          .leaseMs = claim->lease.count()}));
      }));
  table.add(http::post<NoQuery, HeartbeatRequest, HeartbeatAnswer>(
      "/internal/worker/heartbeat", internal("Keep jobs, and tell their progress", http::Cost::write),
      [&engine](const Call<NoQuery, HeartbeatRequest>& call) -> Result<Reply<HeartbeatAnswer>> {
        HeartbeatAnswer answer;
        for (const HeldJob& held : call.body.jobs) {
          RV_TRY(const auto beat, engine.heartbeat(held.id, held.fence, held.progress));
          if (beat.cancelled) answer.cancelled.push_back(held.id);
        }
        return Reply<HeartbeatAnswer>(std::move(answer));
      }));
  table.add(http::post<NoQuery, CompleteRequest, Nothing>(
      "/internal/worker/complete", internal("Hand in a job's result", http::Cost::write, 204),
      [&engine](const Call<NoQuery, CompleteRequest>& call) -> Result<Reply<Nothing>> {
        RV_CHECK(engine.complete(call.body.id, call.body.fence, call.body.result, call.body.log));
        return Reply<Nothing>({});
      }));
  table.add(http::post<NoQuery, FailRequest, Nothing>(
      "/internal/worker/fail", internal("Give a job up", http::Cost::write, 204),
      [&engine](const Call<NoQuery, FailRequest>& call) -> Result<Reply<Nothing>> {
        const FailRequest& told = call.body;
        Failure failure{.code = told.code, .message = told.message, .detail = told.detail, .permanent = told.permanent};
        RV_CHECK(engine.fail_attempt(told.id, told.fence, std::move(failure), told.log));
        return Reply<Nothing>({});
      }));
  table.add(http::post<NoQuery, LeaveRequest, Nothing>(
      "/internal/worker/leave", internal("Ask for no more jobs", http::Cost::write, 204),
      [&engine, &workers](const Call<NoQuery, LeaveRequest>& call) -> Result<Reply<Nothing>> {
        workers.left(call.body.workerId);
        RV_CHECK(engine.worker_gone(call.body.workerId, false));
        return Reply<Nothing>({});
      }));
  table.add(http::raw(http::Method::get, "/internal/worker/job/{id}/input",
                      internal("Read a job's input", http::Cost::disk),
                      [&engine](http::Request& request) { return send_input(engine, request); }));
  table.add(http::streamed(http::Method::put, "/internal/worker/job/{id}/output/{name...}",
                           internal("Write a job's output", http::Cost::write),
                           [&engine](http::Request& request) { return receive_output(engine, request); })
                .with_free({"name"}));
}

}  // namespace reelvault::jobs
