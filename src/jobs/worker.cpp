#include "jobs/worker.hpp"

#include "base/hash.hpp"
#include "base/log.hpp"
#include "jobs/worker_run.hpp"

#include <unistd.h>

namespace reelvault::jobs {
namespace {

constexpr std::chrono::milliseconds kClaimWait{25000};
constexpr std::chrono::milliseconds kShortestPause{200}, kLongestPause{5000}, kRefusedPause{10000};
constexpr double kNearlyDone = 90;

std::string default_id() {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  return fmt::format("{}-{}-{}", host, getpid(), hex(random_bytes(3)));
}

template <class T>
std::optional<T> parsed(const std::string& body) {
  boost::system::error_code fault;
  const auto value = boost::json::parse(body, fault);
  if (fault) return std::nullopt;
  T out{};
  std::vector<FieldFault> faults;
  dto::parse(value, out, "", faults);
  if (!faults.empty()) return std::nullopt;
  return out;
}

}  // namespace

Worker::Worker(WorkerOptions options, std::map<std::string, Step> steps)
    : options_(std::move(options)), steps_(std::move(steps)) {
  if (options_.worker_id.empty()) options_.worker_id = default_id();
  if (options_.scratch.empty()) options_.scratch = std::filesystem::temp_directory_path() / "reelvault-worker";
  while (options_.server_url.ends_with('/')) options_.server_url.pop_back();
  options_.slots = std::max(options_.slots, 1);
}

void Worker::run(const std::atomic<bool>& stop) { WorkerRun(options_, steps_, stop).run(); }

void WorkerRun::run() {
  log::info("the worker starts", {{"workerId", options_.worker_id}, {"slots", options_.slots}});
  std::thread beats([this] { beat_until_done(); });
  claim_until_stopped();
  give_up();
  {
    std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  beats.join();
  // What was handed to a claim that we broke off goes to others at once.
  ServerLink link(options_);
  const std::string body = dto::write(LeaveRequest{.workerId = options_.worker_id});
  if (auto left = link.post("/internal/worker/leave", body, std::chrono::seconds(5)); !left) {
    log::info("the worker stops without a word to the server", {{"detail", left.error().detail}});
  }
  log::info("the worker stops", {{"workerId", options_.worker_id}});
}

void WorkerRun::pause(std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!stop_ && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::min(time, std::chrono::milliseconds(100)));
  }
}

bool WorkerRun::reap() {
  std::list<Running> ended;
  std::unique_lock lock(mutex_);
  for (auto job = running_.begin(); job != running_.end();) {
    const auto next = std::next(job);
    if (job->ended) ended.splice(ended.end(), running_, job);
    job = next;
  }
  const bool free = running_.size() < static_cast<std::size_t>(options_.slots);
  lock.unlock();
  for (Running& job : ended) job.thread.join();
  return free;
}

void WorkerRun::claim_until_stopped() {
  ServerLink link(options_);
  ClaimRequest request{.workerId = options_.worker_id, .types = {}, .waitMs = kClaimWait.count(), .isolation = {}};
  if (!options_.isolation.empty()) request.isolation = options_.isolation;
  for (const auto& [type, step] : steps_) request.types.push_back(type);
  const std::string body = dto::write(request);
  std::chrono::milliseconds next_pause = kShortestPause;
  bool away = false;
  while (!stop_) {
    if (!reap()) {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(100));
      continue;
    }
    auto answer = link.post("/internal/worker/claim", body, kClaimWait + std::chrono::seconds(30),
                            [this] { return stop_.load(); });
    if (stop_) return;
    if (!answer || (answer->status != 200 && answer->status != 204)) {
      const bool refused = answer && (answer->status == 401 || answer->status == 403);
      if (refused)
        log::error("the server does not let this worker in", {{"status", answer->status}});
      else if (!std::exchange(away, true))
        log::warning("the server is away",
                     {{"status", answer ? answer->status : 0}, {"detail", answer ? "" : answer.error().detail}});
      pause(refused ? kRefusedPause : next_pause);
      next_pause = std::min(next_pause * 2, kLongestPause);
      continue;
    }
    if (std::exchange(away, false)) log::info("the server is back");
    next_pause = kShortestPause;
    if (answer->status == 204) continue;
    auto claim = parsed<ClaimAnswer>(answer->body);
    if (!claim) {
      log::error("the server's answer to a claim is not understood");
      pause(kRefusedPause);
      continue;
    }
    std::lock_guard lock(mutex_);
    Running& job = running_.emplace_back(std::move(*claim));
    job.thread = std::thread([this, &job] { work(job); });
    beat_now_ = true;
    changed_.notify_all();
  }
}

void WorkerRun::beat_until_done() {
  ServerLink link(options_);
  std::unique_lock lock(mutex_);
  std::chrono::milliseconds interval{2000};
  while (!done_) {
    changed_.wait_for(lock, interval, [this] { return done_ || beat_now_; });
    beat_now_ = false;
    if (running_.empty() || done_) continue;
    lock.unlock();
    interval = send_heartbeats(link).value_or(std::chrono::milliseconds(500));
    lock.lock();
  }
}

// Gives when to send the next ones; nothing: the server did not take them.
std::optional<std::chrono::milliseconds> WorkerRun::send_heartbeats(ServerLink& link) {
  HeartbeatRequest request;
  std::chrono::milliseconds lease{8000};
  {
    std::lock_guard lock(mutex_);
    for (Running& job : running_) {
      if (job.ended || job.lost) continue;
      request.jobs.push_back({job.claim.id, job.claim.fence, job.progress});
      lease = std::min(lease, std::chrono::milliseconds(job.claim.leaseMs));
    }
  }
  const auto interval = std::max(lease / 4, std::chrono::milliseconds(50));
  if (request.jobs.empty()) return interval;
  auto answer = link.post("/internal/worker/heartbeat", dto::write(request), std::chrono::seconds(10));
  if (!answer || answer->status != 200) return std::nullopt;
  const auto told = parsed<HeartbeatAnswer>(answer->body);
  if (!told) return std::nullopt;
  std::lock_guard lock(mutex_);
  for (Running& job : running_) {
    if (std::ranges::find(told->cancelled, job.claim.id) == told->cancelled.end() || job.ended) continue;
    job.lost = true;
    job.cancelled = true;
  }
  return interval;
}

// Jobs that are nearly done may end, others are stopped now.
void WorkerRun::give_up() {
  const auto deadline = std::chrono::steady_clock::now() + options_.stop_grace;
  for (;;) {
    const bool late = std::chrono::steady_clock::now() >= deadline;
    std::unique_lock lock(mutex_);
    bool all_ended = true;
    for (Running& job : running_) {
      all_ended = all_ended && job.ended;
      if (!late && job.progress >= kNearlyDone) continue;
      job.given_up = true;
      job.cancelled = true;
    }
    if (all_ended) break;
    changed_.wait_for(lock, std::chrono::milliseconds(50));
  }
  reap();
}

}  // namespace reelvault::jobs
