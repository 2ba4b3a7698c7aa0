// What holds when workers and servers die.
#include "jobs/testing.hpp"

#include <fstream>
#include <random>
#include <thread>

namespace reelvault::jobs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class Leases : public WithEngine {
 protected:
  void expire(const Job& job) {  // on the clock of the database, as another node would see it
    ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
      tx.execute("update job set lease_until = 1 where id = :id", {{"id", job.row}});
      return {};
    }));
  }
  void short_lease() {
    options_.lease = std::chrono::milliseconds(400);
    engine_.reset();
    engine_ = make_engine();
  }
};

TEST_P(Leases, ASilentWorkersJobGoesToAnotherAndItsLateResultIsRefused) {
  short_lease();
  engine().start();
  const Job job = enqueue({.type = "a"});
  auto first = claim("silent");
  auto second = claim_soon();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->job.id, job.id);
  EXPECT_EQ(second->job.attempt, 2);
  EXPECT_GT(second->job.fence, first->job.fence);
  EXPECT_EQ(again(job).failure->code, kWorkerLost);
  EXPECT_TRUE(engine().heartbeat(job.id, first->job.fence, 50)->cancelled);
  EXPECT_EQ(engine().complete(job.id, first->job.fence, {{"by", "first"}}).error().type, "lease-lost");
  EXPECT_TRUE(std::filesystem::exists(second->scratch)) << "each attempt has a folder of its own";
  EXPECT_FALSE(std::filesystem::exists(first->scratch));
  ASSERT_TRUE(engine().complete(job.id, second->job.fence, {{"by", "second"}}));
  EXPECT_THAT(traces(), ElementsAre(R"(a succeeded {"by":"second"})"));
}

TEST_P(Leases, AJobThatKillsItsWorkersFailsAtLast) {
  short_lease();
  engine().start();
  const Job job = enqueue({.type = "a", .max_attempts = 2});
  ASSERT_TRUE(claim_soon());
  ASSERT_TRUE(claim_soon());
  const Job failed = wait_for(job, Status::failed);
  EXPECT_EQ(failed.status, Status::failed);
  EXPECT_EQ(failed.failure->code, kWorkerLost);
  EXPECT_THAT(traces(), ElementsAre("a Failed worker-lost"));
}

TEST_P(Leases, HeartbeatsKeepAJob) {
  short_lease();
  engine().start();
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  for (int i = 0; i < 20; ++i) {  // 2 s, five leases
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_FALSE(engine().heartbeat(job.id, claimed->job.fence, i)->cancelled);
  }
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {}));
}

TEST_P(Leases, WhatNoWorkerEverBeganIsTakenBackUncounted) {
  short_lease();
  engine().start();
  const Job job = enqueue({.type = "a"});
  ASSERT_TRUE(engine().claim("its connection broke", {"a"}, {})->has_value());
  auto claimed = claim_soon();
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->job.attempt, 1);
  EXPECT_EQ(claimed->job.fence, 2);
}

TEST_P(Leases, AWorkerOutlivesARestartOfTheServer) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim("elsewhere");
  expire(job);  // the server was away for long
  restart();
  EXPECT_TRUE(std::filesystem::exists(claimed->scratch)) << "its folder is not swept";
  EXPECT_FALSE(engine().heartbeat(job.id, claimed->job.fence, 70)->cancelled);
  EXPECT_EQ(again(job).progress, 70);
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {}));
  EXPECT_EQ(again(job).status, Status::succeeded);
}

TEST_P(Leases, ARestartedServerTakesUpWhatDiedWithItUncounted) {
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  auto claimed = claim(engine().own_worker_prefix() + "local-1");
  std::ofstream(claimed->scratch / "half") << "half";
  restart();
  EXPECT_EQ(again(job).status, Status::queued);
  EXPECT_EQ(again(job).attempt, 0);
  EXPECT_FALSE(std::filesystem::exists(claimed->scratch)) << "swept at start";
  EXPECT_EQ(engine().complete(job.id, claimed->job.fence, {}).error().type, "lease-lost");
  claimed = claim();
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {}));
}

TEST_P(Leases, WhatIsHandedOutForEverIsGivenUp) {
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  int hand_outs = 0;
  while (auto claimed = claim()) {
    ++hand_outs;
    ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = std::string(kWorkerStopped)}, ""));
  }
  EXPECT_EQ(hand_outs, 100);
  EXPECT_EQ(again(job).status, Status::failed);
}

TEST_P(Leases, ADeadWorkersJobsAreTakenUpAtOnce) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim("w1");
  ASSERT_TRUE(engine().worker_gone("w1", true));
  EXPECT_EQ(again(job).status, Status::queued);
  EXPECT_EQ(again(job).attempt, 1);
  EXPECT_EQ(again(job).failure->code, kWorkerLost);
  claimed = claim("w2", std::chrono::seconds(30));
  ASSERT_TRUE(engine().worker_gone("w2", false));
  EXPECT_EQ(again(job).attempt, 1) << "it left in order";
}

TEST_P(Leases, AWaitingClaimOfADeadWorkerGetsNothing) {
  std::thread waiting([&] { EXPECT_FALSE(engine().claim("w1", {"a"}, std::chrono::minutes(10)).value()); });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  ASSERT_TRUE(engine().worker_gone("w1", true));
  waiting.join();
  enqueue({.type = "a"});
  EXPECT_TRUE(claim("w1")) << "a new one may have its name";
}

// publish moves a file from the scratch folder to where `succeeded` says it is; discard removes it there.
class Publishing : public Leases {
 protected:
  void SetUp() override {
    Leases::SetUp();
    if (IsSkipped()) return;
    store_ = scratch_.string() + "-store";
    std::filesystem::create_directories(store_);
    publish_with(engine());
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(store_, ignored);
    Leases::TearDown();
  }
  void publish_with(Engine& engine) {
    Type type = tracing("a");
    type.publish = [this](const Job& job, const std::filesystem::path& scratch,
                          boost::json::object) -> Result<boost::json::object> {
      const std::string name = fmt::format("{}-{}", job.id.text(), job.fence);
      std::error_code error;
      std::filesystem::rename(scratch / "out.mp4", store_ / name, error);
      if (error) return fail(Code::internal, "publish-failed", "The file is not there.");
      if (while_publishing) while_publishing();
      return boost::json::object{{"file", name}};
    };
    type.discard = [this](const Job&, const boost::json::object& published) {
      std::filesystem::remove(store_ / std::string(published.at("file").as_string()));
    };
    if (failing_commit) {
      type.succeeded = [this](db::Transaction&, const Job&, const boost::json::object&) -> Result<void> {
        return fail(*failing_commit, "no-commit", "It does not commit.");
      };
    }
    engine.add(std::move(type));
  }
  Engine::Claim claim_and_work() {
    auto claimed = claim_soon();
    std::ofstream(claimed->scratch / "out.mp4") << "film";
    return *claimed;
  }
  std::vector<std::filesystem::path> stored() {
    return {std::filesystem::directory_iterator(store_), std::filesystem::directory_iterator()};
  }

  std::filesystem::path store_;
  std::function<void()> while_publishing;
  std::optional<Code> failing_commit;
};

TEST_P(Publishing, BringsFilesIntoPlaceBeforeTheCommit) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_and_work();
  ASSERT_TRUE(engine().complete(job.id, claimed.job.fence, {}));
  EXPECT_THAT(stored(), SizeIs(1));
  EXPECT_THAT(traces(), SizeIs(1));
}

TEST_P(Publishing, DropsWhatItPublishedWhenTheLeaseWasLostMeanwhile) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_and_work();
  while_publishing = [&] { ASSERT_TRUE(engine().cancel(job.id)); };
  EXPECT_EQ(engine().complete(job.id, claimed.job.fence, {}).error().type, "lease-lost");
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_THAT(traces(), ElementsAre("a Cancelled cancelled"));
}

TEST_P(Publishing, ThatFailsFailsTheAttempt) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_soon();  // made no file
  EXPECT_EQ(engine().complete(job.id, claimed->job.fence, {}).error().type, "result-refused");
  EXPECT_EQ(again(job).status, Status::queued);
  EXPECT_EQ(again(job).failure->code, "publish-failed");
}

TEST_P(Publishing, IsDroppedWhereTheCommitIsRefused) {
  failing_commit = Code::conflict;
  publish_with(engine());
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  auto claimed = claim_and_work();
  EXPECT_EQ(engine().complete(job.id, claimed.job.fence, {}).error().type, "result-refused");
  EXPECT_THAT(stored(), IsEmpty());
  EXPECT_EQ(again(job).status, Status::failed);
  EXPECT_EQ(again(job).failure->code, "no-commit");
}

TEST_P(Publishing, IsNotRepeatedWhereTheDatabaseWasAway) {
  failing_commit = Code::unavailable;
  publish_with(engine());
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_and_work();
  EXPECT_EQ(engine().complete(job.id, claimed.job.fence, {}).error().code, Code::unavailable);
  EXPECT_EQ(again(job).status, Status::running);
  failing_commit.reset();
  publish_with(engine());
  ASSERT_TRUE(engine().complete(job.id, claimed.job.fence, {})) << "the file has been moved already";
  EXPECT_THAT(stored(), SizeIs(1));
}

TEST_P(Publishing, ACrashBetweenPublishAndCommitLosesNothing) {
  // The engine dies between the two: its memory is gone, the database says running.
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_and_work();
  failing_commit = Code::unavailable;
  publish_with(engine());
  EXPECT_FALSE(engine().complete(job.id, claimed.job.fence, {}));
  failing_commit.reset();
  restart();
  publish_with(engine());
  // The worker tries again with the new server; its file has gone to the store, so this attempt is over.
  EXPECT_EQ(engine().complete(job.id, claimed.job.fence, {}).error().type, "result-refused");
  auto second = claim_and_work();
  ASSERT_TRUE(engine().complete(job.id, second.job.fence, {}));
  EXPECT_EQ(again(job).status, Status::succeeded);
  EXPECT_THAT(traces(), ElementsAre(::testing::HasSubstr(second.job.id.text() + "-2")));
}

TEST_P(Publishing, SlowlyKeepsTheJob) {
  options_.lease = std::chrono::milliseconds(300);
  engine_.reset();
  engine_ = make_engine();
  publish_with(engine());
  engine().start();
  const Job job = enqueue({.type = "a"});
  auto claimed = claim_and_work();
  while_publishing = [] { std::this_thread::sleep_for(std::chrono::milliseconds(1200)); };
  ASSERT_TRUE(engine().complete(job.id, claimed.job.fence, {}));
  EXPECT_EQ(again(job).attempt, 1);
}

TEST_P(Leases, TwoEnginesOnOneDatabaseNeverGiveAJobTwice) {
  // SQLite belongs to one process; two engines in one share its writer.
  auto other = make_engine();
  constexpr int count = 60;
  for (int i = 0; i < count; ++i) enqueue({.type = std::string(1, static_cast<char>('a' + i % 3)), .priority = i % 2});
  std::mutex mutex;
  std::map<std::int64_t, int> given;
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&, t] {
      Engine& mine = t % 2 == 0 ? engine() : *other;
      for (;;) {
        auto claimed = mine.claim(fmt::format("w{}", t), {"a", "b", "c"}, std::chrono::milliseconds(0));
        ASSERT_TRUE(claimed.has_value()) << claimed.error().detail;
        if (!*claimed) {
          // Others may hold the rest for a moment.
          std::lock_guard lock(mutex);
          if (given.size() == count) return;
          continue;
        }
        {
          std::lock_guard lock(mutex);
          ++given[(*claimed)->job.row];
        }
        ASSERT_TRUE(mine.complete((*claimed)->job.id, (*claimed)->job.fence, {}));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& [row, times] : given) EXPECT_EQ(times, 1) << row;
  EXPECT_THAT(traces(), SizeIs(count));
}

TEST_P(Leases, DependenciesThatEndTogetherReleaseWhatWaitsForThem) {
  test_database().reopen([](db::Options& options) { options.run_closures_twice = false; });
  engine_.reset();
  engine_ = make_engine();
  auto other = make_engine();
  for (int round = 0; round < 20; ++round) {
    const Job left = enqueue({.type = "a"}), right = enqueue({.type = "a"});
    auto first = engine().claim("w", {"a"}, {}).value(), second = other->claim("w", {"a"}, {}).value();
    ASSERT_TRUE(first && second);
    Job waiting;
    // One more is queued for them while they end.
    std::thread queueing([&] { waiting = enqueue({.type = "b", .needs = {left.row, right.row}}); });
    std::thread one([&] { ASSERT_TRUE(engine().complete(first->job.id, first->job.fence, {})); });
    std::thread two([&] { ASSERT_TRUE(other->complete(second->job.id, second->job.fence, {})); });
    for (std::thread* thread : {&queueing, &one, &two}) thread->join();
    auto released = engine().claim("w", {"b"}, {}).value();
    ASSERT_TRUE(released) << "round " << round;
    ASSERT_TRUE(engine().complete(released->job.id, released->job.fence, {}));
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, Leases, db::each_backend(), db::backend_name);
INSTANTIATE_TEST_SUITE_P(Databases, Publishing, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::jobs
