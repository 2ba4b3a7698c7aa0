#include "jobs/worker.hpp"

#include "base/file.hpp"
#include "jobs/supervisor.hpp"
#include "jobs/worker_testing.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <fstream>

namespace reelvault::jobs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

class Workers : public WithServer {
 protected:
  // A job that waits for a marker and tells by another that it has begun.
  NewJob waiting(std::string_view begun, std::string_view until) {
    return {.type = "a",
            .payload = {{"do", "wait"}, {"begun", marker(begun).string()}, {"for", marker(until).string()}}};
  }
};

TEST_P(Workers, DoJobs) {
  InThread worker(on_socket());
  const Job done = wait_for(enqueue({.type = "a", .payload = {{"do", "nothing"}}}), Status::succeeded);
  EXPECT_EQ(done.status, Status::succeeded);
  EXPECT_EQ(done.result.at("did"), "nothing");
  EXPECT_EQ(done.attempt, 1);
  EXPECT_FALSE(done.worker_id.empty());
}

TEST_P(Workers, ReportFailuresWithTheEndOfTheLog) {
  InThread worker(on_socket());
  const Job failed = wait_for(enqueue({.type = "a", .payload = {{"do", "fail"}}}), Status::failed);
  EXPECT_EQ(failed.failure->code, "test-failure");
  EXPECT_EQ(failed.failure->message, "It failed.");
  EXPECT_EQ(failed.failure->detail, "why");
  std::string log;
  ASSERT_TRUE(database().read([&](db::Transaction& tx) -> Result<void> {
    engine().find_with_log(tx, failed.id, log);
    return {};
  }));
  EXPECT_EQ(log, "the step fail\n");
  const Job bug = wait_for(enqueue({.type = "b", .payload = {{"do", "throw"}}, .max_attempts = 1}), Status::failed);
  EXPECT_EQ(bug.failure->code, "internal-error");
  EXPECT_EQ(bug.failure->detail, "a bug");
}

TEST_P(Workers, StopAJobThatIsCancelled) {
  InThread worker(on_socket());
  const Job job = enqueue(waiting("begun", "never"));
  ASSERT_TRUE(wait_for_marker("begun"));
  const std::filesystem::path folder = scratch_ / fmt::format("{}-1", job.id.text());
  EXPECT_TRUE(std::filesystem::exists(folder));
  ASSERT_TRUE(engine().cancel(job.id));
  // The only slot is free again.
  EXPECT_EQ(wait_for(enqueue({.type = "b", .payload = {{"do", "x"}}}), Status::succeeded).status, Status::succeeded);
  EXPECT_EQ(again(job).status, Status::cancelled);
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST_P(Workers, DoAsManyJobsAtOnceAsTheyHaveSlots) {
  InThread worker(on_socket(2));
  const Job first = enqueue(waiting("one", "two"));  // each waits for the other
  const Job second = enqueue(waiting("two", "one"));
  EXPECT_EQ(wait_for(first, Status::succeeded).status, Status::succeeded);
  EXPECT_EQ(wait_for(second, Status::succeeded).status, Status::succeeded);
}

TEST_P(Workers, TellProgressAndKeepTheLease) {
  InThread worker(on_socket());
  NewJob slow = waiting("begun", "go");
  slow.payload["progress"] = 42;
  const Job job = enqueue(slow);
  ASSERT_TRUE(wait_for_marker("begun"));
  std::this_thread::sleep_for(options_.lease * 2);
  EXPECT_EQ(again(job).progress, 42);
  mark("go");
  EXPECT_EQ(wait_for(job, Status::succeeded).attempt, 1);
}

TEST_P(Workers, GiveJobsBackWhenToldToStop) {
  InThread worker(on_socket());
  const Job job = enqueue(waiting("begun", "never"));
  ASSERT_TRUE(wait_for_marker("begun"));
  worker.stop();
  EXPECT_EQ(again(job).status, Status::queued);
  EXPECT_EQ(again(job).attempt, 0);
}

TEST_P(Workers, FinishWhatIsNearlyDoneWhenToldToStop) {
  InThread worker(on_socket());
  NewJob nearly = waiting("begun", "go");
  nearly.payload["progress"] = 95;
  const Job job = enqueue(nearly);
  ASSERT_TRUE(wait_for_marker("begun"));
  worker.tell_to_stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  mark("go");
  worker.stop();
  EXPECT_EQ(again(job).status, Status::succeeded);
}

TEST_P(Workers, OutliveTheServer) {
  InThread worker(on_socket());
  const Job job = enqueue(waiting("begun", "go"));
  ASSERT_TRUE(wait_for_marker("begun"));
  engine().stop();
  stop_serving();
  mark("go");  // it ends while nobody listens
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  restart();
  serve();
  const Job done = wait_for(job, Status::succeeded);
  EXPECT_EQ(done.status, Status::succeeded);
  EXPECT_EQ(done.fence, 1) << "by the worker that had it";
  EXPECT_EQ(wait_for(enqueue({.type = "a", .payload = {{"do", "x"}}}), Status::succeeded).status, Status::succeeded);
}

TEST_P(Workers, KilledOnesAreReplacedByOthers) {
  const Job job = enqueue(waiting("begun", "go"));
  auto first = std::make_unique<InProcess>(socket_, "first");
  ASSERT_TRUE(wait_for_marker("begun"));
  EXPECT_EQ(again(job).worker_id, "first");
  // A heartbeat has to tell the server that the job was begun: what was never begun does not count as an attempt.
  std::this_thread::sleep_for(options_.lease / 2);
  first->kill();
  mark("go");
  InProcess second(socket_, "second");
  const Job done = wait_for(job, Status::succeeded);
  EXPECT_EQ(done.status, Status::succeeded);
  EXPECT_EQ(done.attempt, 2);
  EXPECT_EQ(done.worker_id, "second");
}

TEST_P(Workers, AreStartedAgainByTheirSupervisor) {
  setenv("REELVAULT_WORKER_TOKEN", "secret", 1);
  std::mutex mutex;
  std::vector<std::string> gone;
  auto supervisor = Supervisor::start({.program = "/proc/self/exe",
                                       .socket = socket_.string(),
                                       .count = 1,
                                       .worker_prefix = engine().own_worker_prefix(),
                                       .gone =
                                           [&](const std::string& id, bool crashed) {
                                             EXPECT_TRUE(engine().worker_gone(id, crashed));
                                             std::lock_guard lock(mutex);
                                             gone.push_back(crashed ? "crashed" : "ended");
                                           },
                                       .restart_pause = std::chrono::milliseconds(10)});
  ASSERT_TRUE(supervisor);
  const Job job = enqueue({.type = "a", .payload = {{"do", "crash"}, {"once", marker("crashed").string()}}});
  const Job done = wait_for(job, Status::succeeded);
  EXPECT_EQ(done.status, Status::succeeded);
  EXPECT_EQ(done.attempt, 2) << "a job that crashes its worker has used an attempt";
  EXPECT_THAT(done.worker_id, HasSubstr("node/worker-1-"));

  const Job running = enqueue(waiting("begun", "go"));
  ASSERT_TRUE(wait_for_marker("begun"));
  const std::vector<int> pids = (*supervisor)->pids();
  (*supervisor)->stop();
  for (const int pid : pids) EXPECT_FALSE(process_lives(pid));
  EXPECT_EQ(again(running).status, Status::queued) << "given back";
  EXPECT_THAT(gone, ElementsAre("crashed", "ended"));
  unsetenv("REELVAULT_WORKER_TOKEN");
}

TEST_P(Workers, DieWithTheServerThatStartedThem) {
  if (!sqlite()) GTEST_SKIP() << "no database in it";
  int out[2];
  ASSERT_EQ(pipe(out), 0);
  const pid_t server = fork();
  if (server == 0) {
    dup2(out[1], 1);
    execl("/proc/self/exe", "jobs_test", "supervise", "--socket", socket_.c_str(), nullptr);
    _exit(127);
  }
  close(out[1]);
  std::string text;
  char buffer[64];
  while (std::ranges::count(text, '\n') < 2) {
    const ssize_t got = read(out[0], buffer, sizeof buffer);
    ASSERT_GT(got, 0);
    text.append(buffer, static_cast<std::size_t>(got));
  }
  close(out[0]);
  std::vector<int> pids{std::stoi(text), std::stoi(text.substr(text.find('\n') + 1))};
  for (const int pid : pids) EXPECT_TRUE(process_lives(pid));
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (const int pid : pids) {
    while (process_lives(pid) && std::chrono::steady_clock::now() < deadline) usleep(1000);
    EXPECT_FALSE(process_lives(pid));
  }
}

// A worker on another machine: here it has other folders.
class RemoteWorkers : public WithServer {
 protected:
  void SetUp() override {
    WithServer::SetUp();
    if (IsSkipped()) return;
    std::ofstream(marker("original")) << std::string(3 << 20, 'o');
    std::ofstream(marker("second")).flush();  // an empty one
  }
  void add_types(Engine& engine) override {
    Type type = tracing("a");
    type.prepare = [this](const Job&) -> Result<boost::json::object> {
      return boost::json::object{
          {"path", marker("original").string()},
          {"inputs", boost::json::array{boost::json::object{{"path", marker("second").string()}}}}};
    };
    type.publish = [this](const Job&, const std::filesystem::path& scratch,
                          boost::json::object result) -> Result<boost::json::object> {
      std::lock_guard lock(mutex_);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch)) {
        const std::string name = entry.path().lexically_relative(scratch).string();
        if (entry.is_regular_file()) published_[name] = *read_whole_file(entry.path());
      }
      return result;
    };
    engine.add(std::move(type));
  }
  std::map<std::string, std::string> published() {
    std::lock_guard lock(mutex_);
    return published_;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> published_;
};

TEST_P(RemoteWorkers, FetchTheirInputsAndSendTheirOutputs) {
  InThread worker(on_port());
  const Job job = wait_for(enqueue({.type = "a", .payload = {{"do", "copy"}}}), Status::succeeded);
  ASSERT_EQ(job.status, Status::succeeded);
  EXPECT_EQ(published().size(), 2u);
  EXPECT_EQ(published()["copy"], std::string(3 << 20, 'o'));
  EXPECT_EQ(published()["copy1"], "");
  worker.stop();
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "elsewhere")) << "it cleans up behind itself";
  EXPECT_TRUE(std::filesystem::is_empty(scratch_)) << "and so does the server";
}

TEST_P(RemoteWorkers, SendOnlyWhatTheResultNames) {
  InThread worker(on_port());
  const boost::json::object files{{"hls/a b%ü.mp4", 1 << 20}, {"hls/deep/empty", 0}, {"plain", 5}};
  const Job job = wait_for(enqueue({.type = "a", .payload = {{"do", "write"}, {"files", files}}}), Status::succeeded);
  ASSERT_EQ(job.status, Status::succeeded) << job.failure->message << job.failure->detail;
  EXPECT_EQ(published().size(), 3u);
  EXPECT_EQ(published()["hls/a b%ü.mp4"].size(), 1u << 20);
  EXPECT_EQ(published()["plain"], "xxxxx");
  EXPECT_TRUE(published().contains("hls/deep/empty"));
}

TEST_P(RemoteWorkers, CannotWriteOutsideTheirJob) {
  InThread worker(on_port());
  const boost::json::object files{{"../escaped", 5}};
  const Job job = wait_for(enqueue({.type = "a", .payload = {{"do", "write"}, {"files", files}}, .max_attempts = 1}),
                           Status::failed);
  EXPECT_EQ(job.status, Status::failed);
  EXPECT_EQ(job.failure->code, "outputs-not-sent");
  EXPECT_TRUE(published().empty());
}

TEST_P(RemoteWorkers, NeedTheToken) {
  enqueue({.type = "b", .payload = {{"do", "x"}}});
  InThread wrong(on_port("another"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_EQ(engine().list({.status = Status::queued})->total, 1);
  InThread right(on_port());
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (engine().list({.status = Status::succeeded})->total == 0 && std::chrono::steady_clock::now() < deadline)
    usleep(5000);
  EXPECT_EQ(engine().list({.status = Status::succeeded})->total, 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, Workers, db::each_backend(), db::backend_name);
INSTANTIATE_TEST_SUITE_P(Databases, RemoteWorkers, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::jobs
