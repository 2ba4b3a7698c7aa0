#include "http/events.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

namespace reelvault::http {
namespace {

using State = EventStream::State;

std::shared_ptr<const Principal> named(std::string name) {
  auto out = std::make_shared<Principal>();
  out->username = std::move(name);
  return out;
}
EventHub::Judge everything(const Event&) {
  return [](const Principal&) { return true; };
}
Result<Replayed> nothing(std::uint64_t, std::size_t) { return Replayed{}; }

std::vector<std::uint64_t> ids(std::string_view text) {
  std::vector<std::uint64_t> out;
  for (std::size_t at = 0; (at = text.find("id: ", at)) != std::string_view::npos; ++at)
    out.push_back(std::stoull(std::string(text.substr(at + 4, 20))));
  return out;
}

TEST(EventHub, DeliversInTheWireForm) {
  auto hub = EventHub::make(everything, nothing);
  int woken = 0;
  auto stream = hub->subscribe(named("ann"), std::nullopt, [&] { ++woken; });
  std::string text;
  EXPECT_EQ(stream->take(text), State::live);
  EXPECT_EQ(text, "retry: 2000\n\n");
  text.clear();
  hub->publish({7, "asset", R"({"id":1})"});
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(stream->take(text), State::live);
  EXPECT_EQ(text, "id: 7\nevent: asset\ndata: {\"id\":1}\n\n");
  text.clear();
  hub->publish({8, "", "two\nlines"});
  stream->take(text);
  EXPECT_EQ(text, "id: 8\ndata: two\ndata: lines\n\n");
}

TEST(EventHub, ShowsOnlyWhatThePrincipalMaySee) {
  auto hub = EventHub::make(
      [](const Event& event) -> EventHub::Judge {
        return [name = event.data](const Principal& who) { return name == who.username; };
      },
      nothing);
  auto ann = hub->subscribe(named("ann"), std::nullopt, [] {});
  auto bob = hub->subscribe(named("bob"), std::nullopt, [] {});
  hub->publish({1, "job", "ann"});
  hub->publish({2, "job", "bob"});
  std::string text;
  ann->take(text);
  EXPECT_EQ(ids(text), std::vector<std::uint64_t>{1});
  text.clear();
  bob->take(text);
  EXPECT_EQ(ids(text), std::vector<std::uint64_t>{2});
}

TEST(EventHub, DropsASlowSubscriberAndNoOther) {
  auto hub = EventHub::make(everything, nothing);
  auto slow = hub->subscribe(named("slow"), std::nullopt, [] {});
  auto quick = hub->subscribe(named("quick"), std::nullopt, [] {});
  std::string text;
  for (std::uint64_t id = 1; id <= 2000; ++id) {
    hub->publish({id, "asset", "{}"});
    quick->take(text);
  }
  EXPECT_EQ(ids(text).size(), 2000u);
  text.clear();
  EXPECT_EQ(slow->take(text), State::dropped);
  EXPECT_EQ(hub->subscribers(), 2u);
  slow.reset();
  EXPECT_EQ(hub->subscribers(), 1u);
}

TEST(EventHub, GivesACursorBeforeTheFirstEvent) {
  auto hub = EventHub::make(everything, nothing);
  hub->start_after(41);
  auto stream = hub->subscribe(named("ann"), std::nullopt, [] {});
  std::string text;
  stream->take(text);
  EXPECT_EQ(text, "retry: 2000\nid: 41\n\n");
}

TEST(EventHub, SaysWhenWhatWasMissedIsGone) {
  auto hub = EventHub::make(everything, [](std::uint64_t cursor, std::size_t) -> Result<Replayed> {
    Replayed out;
    if (cursor < 10) out.reset_to = 10;
    if (cursor < 11) out.events.push_back({11, "asset", "{}"});
    return out;
  });
  auto stream = hub->subscribe(named("ann"), 3, [] {});
  std::string text;
  ASSERT_EQ(stream->take(text), State::behind);
  text.clear();
  stream->replay();
  EXPECT_EQ(stream->take(text), State::live);
  EXPECT_EQ(text, "id: 10\nevent: reset\ndata: {}\n\nid: 11\nevent: asset\ndata: {}\n\n");
}

TEST(EventHub, EndsAStreamWhoseReplayFails) {
  auto hub = EventHub::make(
      everything, [](std::uint64_t, std::size_t) -> Result<Replayed> { return fail(Code::unavailable, "", "busy"); });
  auto stream = hub->subscribe(named("ann"), 3, [] {});
  std::string text;
  ASSERT_EQ(stream->take(text), State::behind);
  stream->replay();
  hub->publish({4, "asset", "{}"});
  text.clear();
  EXPECT_EQ(stream->take(text), State::dropped);
  EXPECT_EQ(text, "");
}

// What is stored grows while subscribers resume from the middle; each must see every event after its cursor, once and
// in order, however replay and live meet.
TEST(EventHub, LosesNothingBetweenReplayAndLive) {
  std::mutex mutex;
  std::vector<Event> stored;
  auto hub = EventHub::make(everything, [&](std::uint64_t cursor, std::size_t limit) -> Result<Replayed> {
    std::lock_guard lock(mutex);
    Replayed out;
    for (const Event& event : stored)
      if (event.id > cursor && out.events.size() < limit) out.events.push_back(event);
    return out;
  });
  constexpr std::uint64_t kCount = 20'000;
  std::atomic<bool> done = false;
  std::jthread publisher([&] {
    for (std::uint64_t id = 1; id <= kCount; ++id) {
      {
        std::lock_guard lock(mutex);
        stored.push_back({id, "asset", "{}"});
      }
      hub->publish({id, "asset", "{}"});
    }
    done = true;
  });
  std::vector<std::jthread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&, reader] {
      std::uint64_t cursor = static_cast<std::uint64_t>(reader) * 10;
      int resumed = 0;
      while (cursor < kCount) {
        auto stream = hub->subscribe(named("r"), cursor, [] {});
        ++resumed;
        for (int round = 0; cursor < kCount && round < 200; ++round) {
          std::string text;
          State state = stream->take(text);
          for (std::uint64_t id : ids(text)) {
            ASSERT_EQ(id, cursor + 1);
            cursor = id;
          }
          if (state == State::dropped) break;
          if (state == State::behind)
            stream->replay();
          else if (text.empty())
            std::this_thread::yield();
        }
      }
      EXPECT_EQ(cursor, kCount);
      EXPECT_GE(resumed, 1);
    });
  }
}

}  // namespace
}  // namespace reelvault::http
