#include "db/testing.hpp"
#include "webhook/dispatcher.hpp"

#include <gmock/gmock.h>

namespace reelvault::webhook {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(AddressGuard, LetsPublicAddressesThroughAndNoOthers) {
  for (const char* text :
       {"8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.63.255.255", "100.128.0.0", "192.0.3.1", "198.17.1.1",
        "223.255.255.255", "2606:4700::1111", "2a00::1", "::ffff:8.8.8.8", "2002:0808:0808::1", "64:ff9b::8.8.8.8"})
    EXPECT_TRUE(is_public(*parse_address(text))) << text;
  for (const char* text : {"0.0.0.0",
                           "0.1.2.3",
                           "10.0.0.1",
                           "127.0.0.1",
                           "127.255.255.254",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "100.64.0.1",
                           "100.127.1.1",
                           "192.0.0.8",
                           "192.0.2.1",
                           "198.18.0.1",
                           "198.19.255.255",
                           "198.51.100.1",
                           "203.0.113.9",
                           "224.0.0.1",
                           "239.1.1.1",
                           "240.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.1.1.1",
                           "::127.0.0.1",
                           "fe80::1",
                           "fec0::1",
                           "fc00::1",
                           "fd12:3456::1",
                           "ff02::1",
                           "2001:db8::1",
                           "2001::1",
                           "2002:7f00:1::1",
                           "2002:0a00:1::1",
                           "64:ff9b::10.0.0.1",
                           "64:ff9b:1::1",
                           "3fff::1",
                           "100::1",
                           "5f00::1"})
    EXPECT_FALSE(is_public(*parse_address(text))) << text;
  for (const char* text :
       {"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "1.2.3.4.5", "::1%lo", "[::1]", "1.2.3"})
    EXPECT_FALSE(parse_address(text)) << text;
}

TEST(AddressGuard, AllowsTheNetworksThatAreNamed) {
  auto guard = AddressGuard::of({"10.1.0.0/16", "fd00::/8", "127.0.0.1"});
  ASSERT_TRUE(guard) << guard.error().message;
  for (const char* text : {"10.1.255.3", "fd12::7", "127.0.0.1", "::ffff:10.1.0.1", "8.8.8.8"})
    EXPECT_TRUE(guard->allows(*parse_address(text))) << text;
  for (const char* text : {"10.2.0.1", "fc00::1", "127.0.0.2", "::1"})
    EXPECT_FALSE(guard->allows(*parse_address(text))) << text;
  auto odd = AddressGuard::of({"172.16.128.0/17", "0.0.0.0/0"});
  ASSERT_TRUE(odd);
  EXPECT_TRUE(odd->allows(*parse_address("192.168.0.1")));
  EXPECT_FALSE(odd->allows(*parse_address("::1")));
  for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "host/8", "10.0.0.0/", "10.0.0.0/-1", "::/129", ""})
    EXPECT_FALSE(AddressGuard::of({bad})) << bad;
}

TEST(Webhooks, RefusesAddressesThatAreNone) {
  for (const char* url : {"https://example.com", "http://example.com:8080/a?b=c", "https://[2606:4700::1111]/x"})
    EXPECT_EQ(url_fault(url), std::nullopt) << url;
  for (const char* url : {"", "ftp://example.com", "file:///etc/passwd", "https://", "https:///x", "https://:80/",
                          "https://user:pw@example.com/", "https://example.com/#x", "https://exa mple.com/",
                          "https://a\\b/", "https://example.com/\x01", "gopher://x"})
    EXPECT_TRUE(url_fault(url)) << url;
}

TEST(Webhooks, ChooseByTopicOrByEvent) {
  Webhook hook;
  EXPECT_TRUE(hook.wants("asset.move"));
  hook.events = {"job", "asset.move", "test"};
  EXPECT_TRUE(hook.wants("asset.move"));
  EXPECT_TRUE(hook.wants("job.failed"));
  EXPECT_FALSE(hook.wants("asset.update"));
  EXPECT_FALSE(hook.wants("jobs.x"));
  hook.events = {"*"};
  EXPECT_TRUE(hook.wants("whatever"));
  for (const char* good : {"*", "asset", "asset.move", "upload.progress"})
    EXPECT_TRUE(valid_event_filter(good)) << good;
  for (const char* bad : {"", ".", "asset.", ".move", "Asset", "a.b.c", "a b", "asset.*"})
    EXPECT_FALSE(valid_event_filter(bad)) << bad;
}

// Computed with `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac secret`.
TEST(Webhooks, SignTimeAndBody) {
  EXPECT_EQ(signature("secret", 1700000000, R"({"a":1})"),
            "t=1700000000,v1=49f24e537407743fa4a0242bb63b94b9a47ee99cbbe071ccd8a22550ae411686");
}

TEST(Webhooks, NameEventsByTopicAndWhatHappened) {
  Webhook hook;
  auto event = [&](std::string topic, std::string name, std::string payload) {
    return delivery_of(
               hook, {.position = 3, .topic = std::move(topic), .name = std::move(name), .payload = std::move(payload)})
        ->event;
  };
  EXPECT_EQ(event("asset", "asset", R"({"change":"move"})"), "asset.move");
  EXPECT_EQ(event("job", "job", R"({"status":"Failed"})"), "job.failed");
  EXPECT_EQ(event("batch", "batch", "{}"), "batch");
  EXPECT_EQ(event("queue", "removed", "{}"), "queue.removed");
  hook.events = {"job"};
  EXPECT_FALSE(delivery_of(hook, {.topic = "asset", .name = "asset", .payload = "{}"}));
}

TEST(Deliveries, AreTriedWithGrowingPausesAndThenGivenUp) {
  const DispatchOptions options{.attempts = 3, .retry = std::chrono::seconds(4)};
  for (std::int64_t failures = 1; failures <= 40; ++failures) {
    const auto whole = std::min<std::chrono::milliseconds>(
        std::chrono::seconds(4) * (std::int64_t{1} << std::min<std::int64_t>(failures - 1, 20)), std::chrono::hours(1));
    const auto pause = pause_after(failures, options);
    EXPECT_GE(pause, whole / 2);
    EXPECT_LE(pause, whole);
  }
  Delivery delivery;
  const Outcome failed{.at = now(), .status_code = 500, .error = "answered 500", .receiver_down = true};
  apply(failed, options, delivery);
  EXPECT_EQ(delivery.state, DeliveryState::waiting);
  EXPECT_GE(delivery.due_at, now() + std::chrono::milliseconds(1500));
  apply(failed, options, delivery);
  apply(failed, options, delivery);
  EXPECT_EQ(delivery.state, DeliveryState::dead);
  EXPECT_EQ(delivery.attempts, 3);
  EXPECT_EQ(boost::json::parse(delivery.attempt_log).as_array().size(), 3u);
}

class Repository : public db::EachBackend {
 protected:
  template <class F>
  auto write(F&& fn) {
    using R = std::invoke_result_t<F, db::Transaction&>;
    auto out = database().write([&](db::Transaction& tx) -> Result<R> { return fn(tx); });
    EXPECT_TRUE(out) << out.error().detail;
    return std::move(*out);
  }
  Webhook hook() {
    Webhook made{.id = Uuid::v7(), .url = "https://example.com", .secret = "0123456789abcdef"};
    made.created_at = made.modified_at = now();
    made.row = write([&](db::Transaction& tx) { return repository_.insert(tx, made); });
    return made;
  }
  bool add(const Webhook& hook, std::int64_t position, std::optional<Uuid> asset) {
    Delivery delivery{
        .id = Uuid::v7(), .position = position, .topic = "asset", .event = "asset", .asset_id = asset, .body = "{}"};
    delivery.due_at = delivery.created_at = from_unix_ms(position);
    return write([&](db::Transaction& tx) {
      auto locked = repository_.lock_row(tx, hook.row);
      return repository_.add(tx, *locked, delivery).has_value();
    });
  }
  std::vector<std::int64_t> due(const Webhook& hook) {
    return write([&](db::Transaction& tx) {
      std::vector<std::int64_t> numbers;
      for (const Delivery& delivery : repository_.due(tx, hook.row, now(), 100)) numbers.push_back(delivery.number);
      return numbers;
    });
  }
  void settle(const Webhook& hook, std::int64_t number, DeliveryState state) {
    write([&](db::Transaction& tx) {
      repository_.lock_row(tx, hook.row);
      auto delivery = repository_.find_delivery(tx, hook.row, number);
      delivery->state = state;
      if (state != DeliveryState::waiting) delivery->ended_at = now();
      EXPECT_TRUE(repository_.settle(tx, *delivery, delivery->due_at));
      return 0;
    });
  }
  void arm(const Webhook& hook, std::int64_t number) {
    write([&](db::Transaction& tx) {
      repository_.lock_row(tx, hook.row);
      auto delivery = repository_.find_delivery(tx, hook.row, number);
      repository_.arm(tx, *delivery);
      return 0;
    });
  }
  WebhookRepository repository_;
};

TEST_P(Repository, SendsWhatConcernsOneAssetInOrder) {
  const Webhook one = hook(), other = hook();
  const Uuid a = Uuid::v7(), b = Uuid::v7();
  EXPECT_TRUE(add(one, 10, a));
  EXPECT_TRUE(add(one, 11, a));
  EXPECT_TRUE(add(one, 12, b));
  EXPECT_TRUE(add(one, 13, std::nullopt));
  EXPECT_TRUE(add(one, 14, std::nullopt));
  EXPECT_TRUE(add(one, 15, a));
  EXPECT_TRUE(add(other, 10, a));
  EXPECT_FALSE(add(one, 12, b)) << "read twice, queued once";
  EXPECT_THAT(due(one), ElementsAre(1, 3, 4, 5));
  EXPECT_THAT(due(other), ElementsAre(1));
  settle(one, 1, DeliveryState::waiting);
  EXPECT_THAT(due(one), ElementsAre(1, 3, 4, 5)) << "a failure keeps its place";
  settle(one, 1, DeliveryState::delivered);
  EXPECT_THAT(due(one), ElementsAre(2, 3, 4, 5));
  settle(one, 2, DeliveryState::dead);
  EXPECT_THAT(due(one), ElementsAre(3, 4, 5, 6)) << "one that is given up lets the next go";
  settle(one, 6, DeliveryState::delivered);
  EXPECT_THAT(due(one), ElementsAre(3, 4, 5));
}

TEST_P(Repository, ArmsAgainInOrder) {
  const Webhook one = hook();
  const Uuid a = Uuid::v7();
  for (std::int64_t position = 1; position <= 4; ++position) EXPECT_TRUE(add(one, position, a));
  settle(one, 1, DeliveryState::dead);
  settle(one, 2, DeliveryState::dead);
  EXPECT_THAT(due(one), ElementsAre(3));
  arm(one, 2);
  arm(one, 1);
  EXPECT_THAT(due(one), ElementsAre(1)) << "the oldest first, whatever was armed first";
  settle(one, 1, DeliveryState::delivered);
  EXPECT_THAT(due(one), ElementsAre(2));
  settle(one, 2, DeliveryState::delivered);
  EXPECT_THAT(due(one), ElementsAre(3));
}

TEST_P(Repository, AnAttemptUnderWayIsNotTheLastWordOnWhatWasArmedMeanwhile) {
  const Webhook one = hook();
  add(one, 1, Uuid::v7());
  auto claimed = write([&](db::Transaction& tx) { return repository_.due(tx, one.row, now(), 1).at(0); });
  arm(one, 1);
  claimed.state = DeliveryState::delivered;
  EXPECT_FALSE(write([&](db::Transaction& tx) { return repository_.settle(tx, claimed, claimed.due_at); }));
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_THAT(due(one), ElementsAre(1)) << "it is sent again";
}

TEST_P(Repository, ForgetsWhatIsRemovedAndWhatIsOld) {
  const Webhook one = hook(), other = hook();
  for (std::int64_t position = 1; position <= 5; ++position) {
    add(one, position, std::nullopt);
    add(other, position, std::nullopt);
  }
  settle(other, 1, DeliveryState::delivered);
  settle(other, 2, DeliveryState::dead);
  write([&](db::Transaction& tx) {
    repository_.remove(tx, one.row);
    return 0;
  });
  EXPECT_FALSE(write([&](db::Transaction& tx) { return repository_.find(tx, one.id).has_value(); }));
  EXPECT_EQ(write([&](db::Transaction& tx) { return repository_.forget_removed(tx, 3); }), 3);
  EXPECT_EQ(write([&](db::Transaction& tx) { return repository_.forget_removed(tx, 3); }), 2);
  EXPECT_EQ(write([&](db::Transaction& tx) { return *tx.value<std::int64_t>("select count(*) from webhook"); }), 1);
  EXPECT_EQ(write([&](db::Transaction& tx) { return repository_.prune(tx, now() + std::chrono::seconds(1), 100); }), 2);
  EXPECT_THAT(due(other), ElementsAre(3, 4, 5));
}

INSTANTIATE_TEST_SUITE_P(Databases, Repository, db::each_backend(), db::backend_name);

// A port at which nobody listens, and addresses that may not be reached.
TEST(Sender, NeverConnectsToWhatTheGuardRefuses) {
  Sender sender({.guard = *AddressGuard::of({}), .timeout = std::chrono::seconds(2)});
  Webhook hook{.id = Uuid::v7(), .secret = "0123456789abcdef"};
  for (const char* url : {"http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://2130706433:1/",
                          "http://0x7f.1:1/", "http://0:1/", "http://[::ffff:127.0.0.1]:1/"}) {
    hook.url = url;
    const Outcome outcome = sender.send(hook, {.id = Uuid::v7(), .event = "test", .body = "{}"});
    ASSERT_TRUE(outcome.error) << url;
    EXPECT_THAT(*outcome.error, ::testing::HasSubstr("inside the network")) << url;
  }
  Sender allowed({.guard = *AddressGuard::of({"127.0.0.0/8"}), .timeout = std::chrono::seconds(2)});
  hook.url = "http://127.0.0.1:1/";
  const Outcome outcome = allowed.send(hook, {.id = Uuid::v7(), .event = "test", .body = "{}"});
  ASSERT_TRUE(outcome.error);
  EXPECT_THAT(*outcome.error, ::testing::Not(::testing::HasSubstr("inside the network")));
  EXPECT_TRUE(outcome.receiver_down);
}

}  // namespace
}  // namespace reelvault::webhook
