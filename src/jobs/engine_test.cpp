#include "jobs/engine.hpp"
#include "jobs/backlog.hpp"

#include "jobs/testing.hpp"

#include <thread>

namespace reelvault::jobs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Jobs : public WithEngine {};

TEST_P(Jobs, GoFromQueueToSuccess) {
  const Uuid asset = Uuid::v7();
  const Job queued = enqueue({.type = "a", .asset_row = 5, .asset_id = asset, .version = 2, .payload = {{"x", 1}}});
  EXPECT_EQ(queued.status, Status::queued);
  auto claimed = claim("worker-1");
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->job.id, queued.id);
  EXPECT_EQ(claimed->job.status, Status::running);
  EXPECT_EQ(claimed->job.attempt, 1);
  EXPECT_EQ(claimed->job.worker_id, "worker-1");
  EXPECT_EQ(claimed->job.asset_id, asset);
  EXPECT_EQ(claimed->job.payload.at("x"), 1);
  EXPECT_TRUE(std::filesystem::is_directory(claimed->scratch));
  EXPECT_FALSE(claim()) << "it is taken";
  ASSERT_TRUE(engine().complete(queued.id, claimed->job.fence, {{"made", 3}}));
  const Job done = again(queued);
  EXPECT_EQ(done.status, Status::succeeded);
  EXPECT_EQ(done.progress, 100);
  EXPECT_EQ(done.result.at("made"), 3);
  EXPECT_TRUE(done.started_at && done.ended_at);
  EXPECT_FALSE(std::filesystem::exists(claimed->scratch));
  EXPECT_THAT(traces(), ElementsAre(R"(a succeeded {"made":3})"));
}

TEST_P(Jobs, OfOneKeyAreOne) {
  const Job first = enqueue({.type = "a", .key = "asset/1/a"});
  EXPECT_EQ(enqueue({.type = "a", .key = "asset/1/a", .priority = 9}).row, first.row);
  EXPECT_NE(enqueue({.type = "a", .key = "asset/2/a"}).row, first.row);
  EXPECT_NE(enqueue({.type = "a"}).row, enqueue({.type = "a"}).row) << "without a key each is its own";
  EXPECT_EQ(again(first).priority, 0);
}

TEST_P(Jobs, ComeByPriorityThenAge) {
  const Job low = enqueue({.type = "a", .priority = -1});
  const Job old = enqueue({.type = "b"});
  const Job young = enqueue({.type = "a"});
  const Job high = enqueue({.type = "c", .priority = 5});
  std::vector<std::int64_t> order;
  while (auto claimed = claim()) order.push_back(claimed->job.row);
  EXPECT_THAT(order, ElementsAre(high.row, old.row, young.row, low.row));
}

TEST_P(Jobs, OfWhoHasMuchWaitForThoseOfWhoHasLittle) {
  EXPECT_EQ(band_of(0), 0);
  EXPECT_EQ(band_of(63), 0);
  EXPECT_EQ(band_of(64), 1);
  EXPECT_EQ(band_of(1'000'000), 13);
  std::vector<Job> many;
  for (int i = 0; i < 70; ++i) many.push_back(enqueue({.type = "a", .priority = 50, .flow = {"upload/many", {}}}));
  EXPECT_EQ(many.front().flow.band, 0);
  EXPECT_EQ(many[64].flow.band, 1);
  const Job few = enqueue({.type = "a", .priority = 10, .flow = {"upload/few", {}}});
  // What follows from a job stands where that stood, and what is slow behind all that is quick of any backlog.
  const Job slow = enqueue({.type = "b", .priority = 20, .slow = true, .flow = {"upload/many", 1}});
  const Job small_slow = enqueue({.type = "b", .priority = 5, .slow = true, .flow = few.flow});
  const Job later = enqueue({.type = "c", .priority = 30, .flow = {"upload/other", 9}});
  std::vector<std::int64_t> order;
  while (auto next = claim()) order.push_back(next->job.row);
  std::vector<std::int64_t> expected;
  for (int i = 0; i < 64; ++i) expected.push_back(many[static_cast<std::size_t>(i)].row);
  expected.push_back(few.row);
  expected.push_back(small_slow.row);
  for (int i = 64; i < 70; ++i) expected.push_back(many[static_cast<std::size_t>(i)].row);
  expected.push_back(later.row);
  expected.push_back(slow.row);
  EXPECT_EQ(order, expected);
}

TEST_P(Jobs, AreClaimedByTypeAlone) {
  enqueue({.type = "a"});
  enqueue({.type = "nobody knows"});
  EXPECT_FALSE(engine().claim("w", {"b"}, {}).value());
  EXPECT_FALSE(engine().claim("w", {}, {}).value());
  EXPECT_FALSE(engine().claim("w", {"nobody knows"}, {}).value());
  EXPECT_TRUE(engine().claim("w", {"a", "b"}, {}).value());
}

TEST_P(Jobs, WaitForWhatTheyNeed) {
  const Job first = enqueue({.type = "a"});
  const Job second = enqueue({.type = "b"});
  const Job last = enqueue({.type = "c", .priority = 10, .needs = {first.row, second.row, first.row}});
  auto a = claim(), b = claim();
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(claim());
  ASSERT_TRUE(engine().complete(a->job.id, a->job.fence, {}));
  EXPECT_FALSE(claim());
  // Ended is enough, however.
  ASSERT_TRUE(engine().fail_attempt(b->job.id, b->job.fence, {.code = "no", .permanent = true}, ""));
  auto c = claim();
  ASSERT_TRUE(c);
  EXPECT_EQ(c->job.row, last.row);
  EXPECT_EQ(enqueue({.type = "a", .needs = {first.row}}).status, Status::queued);
  EXPECT_TRUE(claim()) << "what it needs had ended before";
}

TEST_P(Jobs, ThatNeedSuccessAreCancelledByFailure) {
  const Job root = enqueue({.type = "a"});
  const Job child = enqueue({.type = "b", .needs = {root.row}, .needs_success = true});
  const Job grandchild = enqueue({.type = "c", .needs = {child.row}, .needs_success = true});
  const Job content = enqueue({.type = "c", .needs = {child.row}});
  auto claimed = claim();
  ASSERT_TRUE(engine().fail_attempt(root.id, claimed->job.fence, {.code = "no", .permanent = true}, ""));
  EXPECT_EQ(again(root).status, Status::failed);
  EXPECT_EQ(again(child).status, Status::cancelled);
  EXPECT_EQ(again(child).failure->code, kDependencyFailed);
  EXPECT_EQ(again(grandchild).status, Status::cancelled);
  EXPECT_EQ(again(content).status, Status::queued);
  EXPECT_THAT(traces(), ElementsAre("a Failed no", "b Cancelled dependency-failed", "c Cancelled dependency-failed"));
  EXPECT_EQ(enqueue({.type = "b", .needs = {root.row}, .needs_success = true}).status, Status::cancelled);

  // A retry of the root brings back what fell with it, and that waits again.
  EXPECT_EQ(engine().retry(child.id).error().type, "dependency-failed");
  ASSERT_TRUE(engine().retry(root.id));
  EXPECT_EQ(again(root).status, Status::queued);
  EXPECT_EQ(again(child).status, Status::queued);
  EXPECT_EQ(again(grandchild).status, Status::queued);
  std::vector<std::string> order;
  while (auto next = claim()) {
    order.push_back(next->job.type + (next->job.row == content.row ? "*" : ""));
    ASSERT_TRUE(engine().complete(next->job.id, next->job.fence, {}));
  }
  EXPECT_EQ(order.front(), "a");
  EXPECT_EQ(again(grandchild).status, Status::succeeded);
}

TEST_P(Jobs, AreTriedAgainWithBackOffAndThenFail) {
  const Job poison = enqueue({.type = "a", .max_attempts = 3});
  const Job fine = enqueue({.type = "b"});
  for (int attempt = 1; attempt <= 3; ++attempt) {
    auto claimed = engine().claim("w", {"a"}, std::chrono::seconds(30)).value();
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->job.attempt, attempt);
    EXPECT_EQ(claimed->job.fence, attempt);
    ASSERT_TRUE(engine().fail_attempt(poison.id, claimed->job.fence,
                                      {.code = "cannot-decode", .message = "No.", .detail = std::string("\xff\0x", 3)},
                                      "last words"));
    const Job seen = again(poison);
    EXPECT_EQ(seen.status, attempt < 3 ? Status::queued : Status::failed);
    EXPECT_EQ(seen.failure->code, "cannot-decode");
    EXPECT_EQ(seen.attempt, attempt);
  }
  EXPECT_THAT(traces(), ElementsAre("a Failed cannot-decode"));
  std::string log;
  ASSERT_TRUE(database().read([&](db::Transaction& tx) -> Result<void> {
    engine().find_with_log(tx, poison.id, log);
    return {};
  }));
  EXPECT_EQ(log, "last words");
  auto next = claim();
  ASSERT_TRUE(next) << "the queue goes on";
  EXPECT_EQ(next->job.id, fine.id);
}

TEST_P(Jobs, OutliveAStoreThatIsAway) {
  const Job job = enqueue({.type = "a", .max_attempts = 2});
  for (int i = 0; i < 6; ++i) {
    auto claimed = engine().claim("w", {"a"}, std::chrono::seconds(30)).value();
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->job.attempt, 1);
    ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = std::string(kStoreAway)}, ""));
    EXPECT_EQ(again(job).status, Status::queued);
    EXPECT_EQ(again(job).failure->code, kStoreAway);
  }
}

TEST_P(Jobs, APermanentFailureIsTheLast) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = "no", .permanent = true}, ""));
  EXPECT_EQ(again(job).status, Status::failed);
}

TEST_P(Jobs, GivenBackCountNoAttempt) {
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  for (int i = 0; i < 5; ++i) {
    auto claimed = claim();
    ASSERT_TRUE(claimed);
    EXPECT_EQ(claimed->job.attempt, 1);
    ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = std::string(kWorkerStopped)}, ""));
    EXPECT_EQ(again(job).status, Status::queued);
  }
}

TEST_P(Jobs, RetryBeginsAnew) {
  const Job job = enqueue({.type = "a", .max_attempts = 1});
  EXPECT_EQ(engine().retry(job.id).error().type, "job-not-ended");
  auto claimed = claim();
  ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = "no"}, "log"));
  EXPECT_EQ(again(job).status, Status::failed);
  auto retried = engine().retry(job.id);
  ASSERT_TRUE(retried);
  EXPECT_EQ(retried->status, Status::queued);
  EXPECT_EQ(retried->attempt, 0);
  EXPECT_FALSE(retried->failure);
  claimed = claim();
  EXPECT_EQ(claimed->job.attempt, 1);
  EXPECT_EQ(claimed->job.fence, 2) << "fences never come again";
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {}));
  EXPECT_EQ(engine().retry(job.id).error().code, Code::conflict);
  EXPECT_EQ(engine().retry(Uuid::v7()).error().code, Code::not_found);
}

TEST_P(Jobs, CompletingTwiceUnderOneFenceIsHarmless) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {{"n", 1}}));
  ASSERT_TRUE(engine().complete(job.id, claimed->job.fence, {{"n", 2}}));
  EXPECT_EQ(again(job).result.at("n"), 1);
  EXPECT_THAT(traces(), ElementsAre(R"(a succeeded {"n":1})"));
  EXPECT_EQ(engine().fail_attempt(job.id, claimed->job.fence, {.code = "no"}, "").error().type, "lease-lost");
  EXPECT_TRUE(engine().heartbeat(job.id, claimed->job.fence, 1)->cancelled);
}

TEST_P(Jobs, CompletingAtOnceFromTwoThreadsCommitsOnce) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(engine().complete(job.id, claimed->job.fence, {})); });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(traces(), ElementsAre("a succeeded {}"));
}

TEST_P(Jobs, ReportingAFailureTwiceIsHarmless) {
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = "no"}, ""));
  ASSERT_TRUE(engine().fail_attempt(job.id, claimed->job.fence, {.code = "no"}, ""));
  EXPECT_EQ(again(job).attempt, 1);
}

TEST_P(Jobs, CancelEndsQueuedAndRunningOnes) {
  const Job queued = enqueue({.type = "a"});
  ASSERT_TRUE(engine().cancel(queued.id));
  EXPECT_EQ(again(queued).status, Status::cancelled);
  ASSERT_TRUE(engine().cancel(queued.id)) << "again: the same";
  EXPECT_FALSE(claim());

  const Job running = enqueue({.type = "b"});
  auto claimed = claim();
  EXPECT_FALSE(engine().heartbeat(running.id, claimed->job.fence, 10)->cancelled);
  ASSERT_TRUE(engine().cancel(running.id));
  EXPECT_TRUE(engine().heartbeat(running.id, claimed->job.fence, 20)->cancelled);
  EXPECT_EQ(engine().complete(running.id, claimed->job.fence, {}).error().type, "lease-lost");
  EXPECT_FALSE(std::filesystem::exists(claimed->scratch));
  EXPECT_EQ(again(running).status, Status::cancelled);
  EXPECT_THAT(traces(), ElementsAre("a Cancelled cancelled", "b Cancelled cancelled"));

  const Job done = enqueue({.type = "c"});
  claimed = claim();
  ASSERT_TRUE(engine().complete(done.id, claimed->job.fence, {}));
  EXPECT_EQ(engine().cancel(done.id).error().code, Code::conflict);
  EXPECT_EQ(engine().cancel(Uuid::v7()).error().code, Code::not_found);
}

TEST_P(Jobs, OfAnAssetAreCancelledAndForgottenTogether) {
  const Job mine = enqueue({.type = "a", .asset_row = 7});
  const Job child = enqueue({.type = "b", .asset_row = 7, .needs = {mine.row}, .needs_success = true});
  const Job other = enqueue({.type = "c", .asset_row = 8});
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    engine().cancel_asset_jobs(tx, 7, "The asset was deleted.");
    return {};
  }));
  EXPECT_EQ(again(mine).status, Status::cancelled);
  EXPECT_EQ(again(mine).failure->message, "The asset was deleted.");
  EXPECT_EQ(again(child).status, Status::cancelled);
  EXPECT_EQ(again(other).status, Status::queued);
  auto history = [&](std::int64_t asset) {
    return database().read(
        [&](db::Transaction& tx) -> Result<std::vector<Job>> { return engine().history(tx, asset); });
  };
  EXPECT_EQ(history(7)->size(), 2u);
  EXPECT_EQ(history(7)->front().row, mine.row);
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    engine().forget_asset_jobs(tx, 7);
    return {};
  }));
  EXPECT_THAT(*history(7), IsEmpty());
  EXPECT_EQ(history(8)->size(), 1u);
}

TEST_P(Jobs, ProgressIsSeenAtOnceAndWrittenSeldom) {
  std::atomic<int> changes = 0;
  engine().on_change([&](db::Transaction& tx, const Job&) { tx.after_commit([&] { ++changes; }); });
  const Job job = enqueue({.type = "a"});
  auto claimed = claim();
  const int before = changes;
  for (int percent = 1; percent < 50; ++percent) {
    ASSERT_TRUE(engine().heartbeat(job.id, claimed->job.fence, percent));
    EXPECT_EQ(again(job).progress, percent);
  }
  EXPECT_LE(changes - before, 2);
}

TEST_P(Jobs, EveryChangeIsTold) {
  engine().on_change(
      [&](db::Transaction& tx, const Job& job) { trace(tx, fmt::format("{}", status_name(job.status))); });
  const Job job = enqueue({.type = "unknown"});
  ASSERT_TRUE(engine().cancel(job.id));
  ASSERT_TRUE(engine().retry(job.id));
  EXPECT_THAT(traces(), ElementsAre("Queued", "Cancelled", "Queued"));
}

TEST_P(Jobs, AClaimWaitsUntilThereIsOne) {
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    enqueue({.type = "a"});
  });
  EXPECT_TRUE(claim_soon());
  later.join();
  EXPECT_FALSE(claim("w", std::chrono::milliseconds(30)));
}

TEST_P(Jobs, StopEndsWaitingClaims) {
  std::thread waiting([&] {
    auto claimed = engine().claim("w", {"a"}, std::chrono::minutes(10));
    EXPECT_EQ(claimed.error().code, Code::unavailable);
  });
  engine().stop();
  waiting.join();
}

TEST_P(Jobs, WhatCannotBePreparedFailsAndTheNextIsGiven) {
  Type type = tracing("a");
  type.prepare = [](const Job& job) -> Result<boost::json::object> {
    if (job.payload.contains("gone")) return fail(Code::not_found, "content-gone", "The content is gone.");
    if (job.payload.contains("bug")) throw std::runtime_error("bug");
    return boost::json::object{{"path", "/x"}};
  };
  engine().add(std::move(type));
  const Job gone = enqueue({.type = "a", .payload = {{"gone", true}}});
  const Job bug = enqueue({.type = "a", .payload = {{"bug", true}}, .max_attempts = 1});
  const Job fine = enqueue({.type = "a"});
  auto claimed = claim();
  ASSERT_TRUE(claimed);
  EXPECT_EQ(claimed->job.id, fine.id);
  EXPECT_EQ(claimed->input.at("path"), "/x");
  EXPECT_EQ(engine().input(fine.id, claimed->job.fence)->at("path"), "/x");
  EXPECT_EQ(engine().input(fine.id, 99).error().type, "lease-lost");
  EXPECT_EQ(again(gone).status, Status::failed);
  EXPECT_EQ(again(gone).failure->code, "content-gone");
  EXPECT_EQ(again(gone).failure->message, "The content is gone.");
  EXPECT_EQ(again(bug).status, Status::failed);
}

TEST_P(Jobs, ListsPageByPageWithFilters) {
  const Uuid asset = Uuid::v7();
  std::vector<Job> made;
  for (int i = 0; i < 5; ++i) {
    made.push_back(enqueue({.type = i % 2 == 0 ? "a" : "b", .asset_id = i == 4 ? asset : Uuid{}}));
  }
  ASSERT_TRUE(engine().cancel(made[0].id));
  auto page = engine().list({.limit = 2}).value();
  ASSERT_EQ(page.jobs.size(), 2u);
  EXPECT_TRUE(page.more);
  EXPECT_EQ(page.total, 5);
  EXPECT_EQ(page.jobs[0].row, made[4].row);
  page = engine().list({.below_row = page.jobs[1].row, .limit = 3}).value();
  EXPECT_EQ(page.jobs.size(), 3u);
  EXPECT_FALSE(page.more);
  EXPECT_EQ(engine().list({.status = Status::cancelled})->jobs.size(), 1u);
  EXPECT_EQ(engine().list({.type = "b"})->total, 2);
  EXPECT_EQ(engine().list({.asset_id = asset})->jobs.at(0).row, made[4].row);
  EXPECT_EQ(engine().list({.status = Status::queued, .type = "a"})->total, 2);
}

TEST_P(Jobs, RunInsideTheServer) {
  Type type = tracing("inside");
  type.in_server = true;
  type.run = [](const Job& job, const std::function<void(double)>& progress,
                const std::atomic<bool>& stop) -> std::expected<boost::json::object, Failure> {
    progress(50);
    if (job.payload.contains("throw")) throw std::runtime_error("bug");
    while (job.payload.contains("wait") && !stop) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (stop) return std::unexpected(Failure{.code = "stopped"});
    return boost::json::object{{"attempt", job.attempt}};
  };
  engine().add(std::move(type));
  engine().start();
  EXPECT_EQ(wait_for(enqueue({.type = "inside"}), Status::succeeded).status, Status::succeeded);
  const Job bug = wait_for(enqueue({.type = "inside", .payload = {{"throw", 1}}, .max_attempts = 2}), Status::failed);
  EXPECT_EQ(bug.failure->code, "internal-error");
  EXPECT_EQ(bug.attempt, 2);
  const Job cancelled = enqueue({.type = "inside", .payload = {{"wait", 1}}});
  wait_for(cancelled, Status::running);
  EXPECT_EQ(again(cancelled).worker_id, engine().own_worker_prefix() + "server");
  ASSERT_TRUE(engine().cancel(cancelled.id));
  // Its thread is free again, and a stop gives back what runs.
  EXPECT_EQ(wait_for(enqueue({.type = "inside"}), Status::succeeded).status, Status::succeeded);
  const Job given_back = enqueue({.type = "inside", .payload = {{"wait", 1}}});
  wait_for(given_back, Status::running);
  engine().stop();
  EXPECT_EQ(again(given_back).status, Status::queued);
  EXPECT_EQ(again(given_back).attempt, 0);
  EXPECT_FALSE(engine().claim("w", {"inside"}, {}).has_value());
}

TEST_P(Jobs, OfACrewKeepNothingElseWaiting) {
  std::atomic<bool> go = false;
  for (const char* name : {"slow", "quick"}) {
    Type type = tracing(name);
    type.in_server = true;
    if (type.name == "slow") type.crew = "slow ones";
    type.run = [&go](const Job& job, const std::function<void(double)>&,
                     const std::atomic<bool>& stop) -> std::expected<boost::json::object, Failure> {
      while (job.type == "slow" && !go && !stop) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      return boost::json::object{};
    };
    engine().add(std::move(type));
  }
  engine().start();
  std::vector<Job> slow;
  for (int i = 0; i < 4; ++i) slow.push_back(enqueue({.type = "slow"}));
  wait_for(slow.front(), Status::running);
  wait_for(enqueue({.type = "quick"}), Status::succeeded);
  EXPECT_EQ(again(slow.front()).status, Status::running);
  EXPECT_EQ(again(slow.at(1)).status, Status::queued) << "a crew has one thread unless it is told otherwise";
  go = true;
  for (const Job& job : slow) wait_for(job, Status::succeeded);
}

TEST_P(Jobs, WaitForWhatIsNotThereYetWithoutCountingAttempts) {
  std::atomic<int> asked = 0;
  Type type = tracing("patient");
  type.in_server = true;
  type.run = [&asked](const Job&, const std::function<void(double)>&,
                      const std::atomic<bool>&) -> std::expected<boost::json::object, Failure> {
    if (++asked < 3) return std::unexpected(Failure{.code = "not-yet", .again_after = std::chrono::seconds(1)});
    return boost::json::object{};
  };
  engine().add(std::move(type));
  engine().start();
  const auto begun = std::chrono::steady_clock::now();  // before it is there: it is taken up at once
  const Job job = enqueue({.type = "patient", .max_attempts = 1});
  const Job ended = wait_for(job, Status::succeeded);
  EXPECT_EQ(asked, 3);
  EXPECT_EQ(ended.attempt, 1);
  // The database's times are whole milliseconds, so each of the two waits may be shorter by one.
  EXPECT_GE(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1998));
}

INSTANTIATE_TEST_SUITE_P(Databases, Jobs, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::jobs
