#include "db/outbox.hpp"

#include "db/testing.hpp"

#include <gmock/gmock.h>

#include <future>

namespace reelvault::db {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

class OutboxTest : public EachBackend {
 protected:
  void SetUp() override {
    EachBackend::SetUp();
    if (!IsSkipped()) outbox_ = std::make_unique<Outbox>(database());
  }
  Outbox& outbox() { return *outbox_; }
  void append(std::string name) {
    auto appended = database().write([&](Transaction& tx) -> Result<void> {
      outbox_->append(tx, {.topic = "test", .name = name, .payload = {}});
      return {};
    });
    ASSERT_TRUE(appended.has_value()) << appended.error().detail;
  }
  std::vector<std::string> names_after(std::int64_t position, std::size_t limit = 100) {
    auto events = outbox_->read_after(position, limit);
    EXPECT_TRUE(events.has_value()) << events.error().detail;
    std::vector<std::string> names;
    for (const OutboxEvent& event : *events) names.push_back(event.name);
    return names;
  }
  std::int64_t cursor(const std::string& name) {
    return database()
        .read([&](Transaction& tx) -> Result<std::int64_t> {
          return tx.value<std::int64_t>("select position from outbox_cursor where name = :name", {{"name", name}})
              .value();
        })
        .value();
  }

 private:
  std::unique_ptr<Outbox> outbox_;
};

// What a subscriber got, to wait for.
class Received {
 public:
  void add(const std::string& name) {
    {
      std::lock_guard lock(mutex_);
      names_.push_back(name);
    }
    changed_.notify_all();
  }
  std::vector<std::string> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(30), [&] { return names_.size() >= count; });
    return names_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> names_;
};

TEST_P(OutboxTest, GivesEventsInTheOrderOfTheirPositions) {
  const Uuid asset = Uuid::v7();
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    outbox().append(tx,
                    {.topic = "asset", .name = "created", .asset_row = 7, .asset_id = asset, .payload = {{"a", 1}}});
    outbox().append(tx, {.topic = "job", .name = "queued", .payload = {}});
    return {};
  }));
  auto events = outbox().read_after(0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_LT(events[0].position, events[1].position);
  EXPECT_EQ(events[0].topic, "asset");
  EXPECT_EQ(events[0].name, "created");
  EXPECT_EQ(events[0].asset_row, 7);
  EXPECT_EQ(events[0].asset_id, asset);
  EXPECT_EQ(events[0].payload, R"({"a":1})");
  EXPECT_EQ(events[1].asset_row, 0);
  EXPECT_TRUE(events[1].asset_id.nil());
  EXPECT_EQ(outbox().head().value(), events[1].position);
  EXPECT_THAT(names_after(events[0].position), ElementsAre("queued"));
  EXPECT_THAT(names_after(0, 1), ElementsAre("created"));
}

TEST_P(OutboxTest, KeepsNothingOfATransactionThatFailed) {
  auto failed = database().write([&](Transaction& tx) -> Result<void> {
    outbox().append(tx, {.topic = "test", .name = "never", .payload = {}});
    return fail(Code::conflict, "", "no");
  });
  EXPECT_FALSE(failed.has_value());
  append("after");
  EXPECT_THAT(names_after(0), ElementsAre("after"));
}

TEST_P(OutboxTest, LosesNothingUnderManyWriters) {
  Outbox reading(database());
  std::atomic<bool> writing = true;
  std::vector<std::string> seen;
  std::thread reader([&] {
    std::int64_t position = 0;
    for (bool last = false;; last = !writing) {
      auto events = reading.read_after(position, 7).value();
      for (const OutboxEvent& event : events) {
        EXPECT_GT(event.position, position);
        position = event.position;
        seen.push_back(event.name);
      }
      if (last && events.empty()) return;
    }
  });
  std::vector<std::thread> writers;
  for (int w = 0; w < 4; ++w) {
    writers.emplace_back([&, w] {
      for (int i = 0; i < 40; ++i) append(fmt::format("{}-{:02}", w, i));
    });
  }
  for (auto& writer : writers) writer.join();
  writing = false;
  reader.join();
  EXPECT_EQ(seen.size(), 160u);
  for (int w = 0; w < 4; ++w) {  // each writer's own in its order, each once
    std::vector<std::string> own, expected;
    for (const std::string& name : seen) {
      if (name.starts_with(fmt::format("{}-", w))) own.push_back(name);
    }
    for (int i = 0; i < 40; ++i) expected.push_back(fmt::format("{}-{:02}", w, i));
    EXPECT_THAT(own, ElementsAreArray(expected));
  }
}

TEST_P(OutboxTest, AReaderThatPassedALateCommitterGetsItAfterwards) {
  if (sqlite()) GTEST_SKIP() << "SQLite has one writer";
  append("first");
  test_database().reopen([](Options& options) { options.run_closures_twice = false; });
  Outbox box(database());
  std::promise<void> appended, go_on;
  auto late = std::async(std::launch::async, [&] {
    return database().write([&](Transaction& tx) -> Result<void> {
      box.append(tx, {.topic = "test", .name = "late", .payload = {}});
      appended.set_value();
      go_on.get_future().wait();
      return {};
    });
  });
  appended.get_future().wait();
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    box.append(tx, {.topic = "test", .name = "quick", .payload = {}});
    return {};
  }));
  auto events = box.read_after(0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[1].name, "quick");
  go_on.set_value();
  ASSERT_TRUE(late.get().has_value());
  auto more = box.read_after(events[1].position, 10).value();
  ASSERT_EQ(more.size(), 1u);
  EXPECT_EQ(more[0].name, "late");
  EXPECT_EQ(more[0].position, events[1].position + 1);
}

TEST_P(OutboxTest, TwoChangesOfOneRowKeepTheirOrder) {
  // The one that began first (and so has the lower transaction id) changes the row second.
  if (sqlite()) GTEST_SKIP() << "SQLite has one writer";
  test_database().reopen([](Options& options) { options.run_closures_twice = false; });
  Outbox box(database());
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("insert into outbox_cursor (name, position) values ('shared', 0), ('other', 0)");
    return {};
  }));
  std::promise<void> began, go_on;
  auto first = std::async(std::launch::async, [&] {
    return database().write([&](Transaction& tx) -> Result<void> {
      tx.execute("update outbox_cursor set position = 1 where name = 'other'");
      began.set_value();
      go_on.get_future().wait();
      tx.execute("update outbox_cursor set position = 2 where name = 'shared'");
      box.append(tx, {.topic = "test", .name = "second", .payload = {}});
      return {};
    });
  });
  began.get_future().wait();
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("update outbox_cursor set position = 1 where name = 'shared'");
    box.append(tx, {.topic = "test", .name = "first", .payload = {}});
    return {};
  }));
  go_on.set_value();
  ASSERT_TRUE(first.get().has_value());
  auto events = box.read_after(0, 10).value();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].name, "first");
  EXPECT_EQ(events[1].name, "second");
}

TEST_P(OutboxTest, LiveSubscribersHearFromStartOn) {
  append("before");
  Received received;
  OutboxReader reader(outbox(), {.poll = std::chrono::minutes(10)});  // woken, not polled
  reader.subscribe([&](const OutboxEvent& event) { received.add(event.name); });
  ASSERT_TRUE(reader.start());
  append("one");
  EXPECT_THAT(received.wait_for(1), ElementsAre("one"));
  append("two");
  EXPECT_THAT(received.wait_for(2), ElementsAre("one", "two"));
  reader.stop();
}

TEST_P(OutboxTest, HearsOtherProcessesByPolling) {
  Received received;
  OutboxReader reader(outbox(), {.poll = std::chrono::milliseconds(50)});
  reader.subscribe([&](const OutboxEvent& event) { received.add(event.name); });
  ASSERT_TRUE(reader.start());
  Outbox elsewhere(database());  // wakes nobody here
  ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
    elsewhere.append(tx, {.topic = "test", .name = "far", .payload = {}});
    return {};
  }));
  EXPECT_THAT(received.wait_for(1), ElementsAre("far"));
}

TEST_P(OutboxTest, ADurableSubscriberGoesOnWhereItStopped) {
  auto take = [this](Received& received, std::size_t count) {
    OutboxReader reader(outbox());
    reader.subscribe("hooks", [&](std::span<const OutboxEvent> events) -> Result<void> {
      for (const OutboxEvent& event : events) received.add(event.name);
      return {};
    });
    ASSERT_TRUE(reader.start());
    if (count == 0) append("one");
    received.wait_for(std::max<std::size_t>(count, 1));
    reader.stop();
  };
  append("before its time");
  Received first, second;
  take(first, 0);
  EXPECT_THAT(first.wait_for(1), ElementsAre("one"));
  append("two");
  append("three");
  take(second, 2);
  EXPECT_THAT(second.wait_for(2), ElementsAre("two", "three"));
  EXPECT_EQ(cursor("hooks"), outbox().head().value());
}

TEST_P(OutboxTest, AFailingHandlerGetsTheSameBatchAgain) {
  Received received;
  std::atomic<int> calls = 0;
  OutboxReader reader(outbox(), {.retry = std::chrono::milliseconds(10)});
  reader.subscribe("hooks", [&](std::span<const OutboxEvent> events) -> Result<void> {
    const int call = calls++;
    if (call == 0) return fail(Code::unavailable, "", "later");
    if (call == 1) throw std::runtime_error("a bug");
    for (const OutboxEvent& event : events) received.add(event.name);
    return {};
  });
  ASSERT_TRUE(reader.start());
  append("one");
  EXPECT_THAT(received.wait_for(1), ElementsAre("one"));
  EXPECT_GE(calls, 3);
}

TEST_P(OutboxTest, OneNodeAtATimeWorksThroughADurableCursor) {
  if (sqlite()) GTEST_SKIP() << "one process has the database";
  Outbox other_box(database());
  Received received;
  auto handler = [&](std::span<const OutboxEvent> events) -> Result<void> {
    for (const OutboxEvent& event : events) received.add(event.name);
    return {};
  };
  OutboxReader a(outbox(), {.poll = std::chrono::milliseconds(5), .batch = 3});
  OutboxReader b(other_box, {.poll = std::chrono::milliseconds(5), .batch = 3});
  a.subscribe("hooks", handler);
  b.subscribe("hooks", handler);
  ASSERT_TRUE(a.start());
  ASSERT_TRUE(b.start());
  std::vector<std::string> expected;
  for (int i = 0; i < 30; ++i) {
    append(std::to_string(i));
    expected.push_back(std::to_string(i));
  }
  received.wait_for(30);
  a.stop();
  b.stop();
  EXPECT_THAT(received.wait_for(30), ElementsAreArray(expected));
}

TEST_P(OutboxTest, PrunesWhatIsOldAndReadAndKeepsTheNewest) {
  for (int i = 0; i < 3; ++i) append(std::to_string(i));
  const std::int64_t head = outbox().head().value();
  auto place_cursor = [&](std::int64_t position) {
    ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
      tx.execute("update outbox set created_at = created_at - 100000");
      tx.execute("delete from outbox_cursor");
      tx.execute("insert into outbox_cursor (name, position) values ('hooks', :position)", {{"position", position}});
      return {};
    }));
  };
  const std::chrono::seconds minute(60), day(86400);
  EXPECT_EQ(outbox().prune(day, day).value(), 0);
  place_cursor(head - 2);
  EXPECT_EQ(outbox().prune(minute, day).value(), 1) << "the cursor has passed one";
  EXPECT_THAT(names_after(0), ElementsAre("1", "2"));
  place_cursor(0);
  EXPECT_EQ(outbox().prune(minute, day).value(), 0);
  EXPECT_EQ(outbox().prune(minute, minute).value(), 1) << "too old to wait for it";
  append("next");
  EXPECT_EQ(outbox().head().value(), head + 1) << "positions never come again";
  EXPECT_THAT(names_after(head), ElementsAre("next"));
}

TEST_P(OutboxTest, PrunesInChunks) {
  ASSERT_TRUE(database().write([](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 1201; ++i) {
      tx.execute("insert into outbox (topic, name, payload, created_at) values ('t', 'n', '{}', 1)");
    }
    return {};
  }));
  EXPECT_EQ(outbox().prune(std::chrono::seconds(60), std::chrono::seconds(60)).value(), 1200);
  EXPECT_EQ(names_after(0).size(), 1u);
}

INSTANTIATE_TEST_SUITE_P(Databases, OutboxTest, each_backend(), backend_name);

}  // namespace
}  // namespace reelvault::db
