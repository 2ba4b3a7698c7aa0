#include "webhook/dispatcher.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

#include <boost/json.hpp>

#include <random>

namespace reelvault::webhook {

namespace json = boost::json;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t kRowsAtOnce = 400;  // that one transaction writes
constexpr std::size_t kEventsAtOnce = 200;
constexpr std::size_t kUnderWayOfOne = 8;  // deliveries of one webhook at one time
constexpr std::size_t kUnderWayMost = 64;
constexpr std::size_t kAttemptsLogged = 20;
constexpr std::chrono::milliseconds kRest{1000};
constexpr std::chrono::milliseconds kRestWithoutHooks{10000};  // another node may have made one
constexpr std::chrono::minutes kSkipAfter{1};
constexpr std::chrono::hours kPauseMost{1};
constexpr std::chrono::seconds kLastWait{1};

prometheus::Counter& attempts_counted(const char* outcome) {
  return metrics::counter("reelvault_webhook_attempts_total", "Attempts to deliver to webhooks",
                          {{"outcome", outcome}});
}

std::string event_name(const db::OutboxEvent& event, const json::object& payload) {
  auto text = [&](std::string_view member) -> std::string {
    const json::value* value = payload.if_contains(member);
    if (!value || !value->is_string()) return {};
    std::string out(std::string_view(value->get_string()));
    for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
  };
  std::string what = text("change");
  if (what.empty()) what = text("status");
  if (what.empty()) what = event.name == event.topic ? "" : event.name;
  return what.empty() ? event.topic : event.topic + "." + what;
}

}  // namespace

std::chrono::milliseconds pause_after(std::int64_t failures, const DispatchOptions& options) {
  static thread_local std::minstd_rand random{std::random_device{}()};
  const auto doublings = std::clamp<std::int64_t>(failures - 1, 0, 20);
  const auto whole = std::min<std::chrono::milliseconds>(options.retry * (std::int64_t{1} << doublings), kPauseMost);
  return whole / 2 + whole / 2 * std::uniform_int_distribution<int>(0, 100)(random) / 100;
}

void apply(const Outcome& outcome, const DispatchOptions& options, Delivery& delivery) {
  ++delivery.attempts;
  delivery.status_code = outcome.status_code;
  delivery.error = outcome.error;
  json::array log = json::parse(delivery.attempt_log).as_array();
  json::object line{{"at", rfc3339(outcome.at)}, {"durationMs", outcome.duration_ms}};
  line["statusCode"] = outcome.status_code ? json::value(*outcome.status_code) : json::value(nullptr);
  line["error"] = outcome.error ? json::value(json::string(*outcome.error)) : json::value(nullptr);
  log.push_back(std::move(line));
  if (log.size() > kAttemptsLogged) log.erase(log.begin());
  delivery.attempt_log = json::serialize(log);
  if (!outcome.error) {
    delivery.state = DeliveryState::delivered;
    delivery.ended_at = now();
  } else if (delivery.attempts >= options.attempts) {
    delivery.state = DeliveryState::dead;
    delivery.ended_at = now();
  } else {
    delivery.due_at = now() + pause_after(delivery.attempts, options);
  }
}

std::optional<Delivery> delivery_of(const Webhook& hook, const db::OutboxEvent& event) {
  boost::system::error_code fault;
  json::value payload = json::parse(event.payload, fault);
  if (fault || !payload.is_object()) return std::nullopt;
  Delivery delivery;
  delivery.event = event_name(event, payload.get_object());
  if (!hook.wants(delivery.event)) return std::nullopt;
  delivery.id = Uuid::v7();
  delivery.position = event.position;
  delivery.topic = event.topic;
  if (!event.asset_id.nil()) delivery.asset_id = event.asset_id;
  delivery.created_at = delivery.due_at = now();
  json::object body{
      {"id", delivery.id.text()},
      {"webhookId", hook.id.text()},
      {"position", event.position},
      {"topic", event.topic},
      {"event", delivery.event},
      {"createdAt", rfc3339(event.created_at)},
      {"assetId", delivery.asset_id ? json::value(json::string(delivery.asset_id->text())) : json::value(nullptr)},
      {"data", std::move(payload)}};
  delivery.body = json::serialize(body);
  return delivery;
}

Dispatcher::Dispatcher(db::Database& database, db::Outbox& outbox, Sender& sender, DispatchOptions options)
    : database_(database), outbox_(outbox), sender_(sender), options_(options), cursor_(outbox, "webhooks") {}

Dispatcher::~Dispatcher() { stop(); }

Result<void> Dispatcher::start() {
  RV_CHECK(cursor_.open());
  thread_ = std::thread([this] { run(); });
  return {};
}

void Dispatcher::stop() {
  stopping_ = true;
  sender_.wake();
  if (thread_.joinable()) thread_.join();
}

void Dispatcher::news() {
  if (any_hooks_.load(std::memory_order_relaxed)) sender_.wake();
}

void Dispatcher::changed() {
  any_hooks_ = true;
  sender_.wake();
}

void Dispatcher::run() {
  bool failing = false;
  while (!stopping_) {
    std::chrono::milliseconds rest = kRest;
    try {
      auto stepped = step();
      if (stepped)
        rest = *stepped;
      else if (!failing)
        log::warning("webhooks will be tried again",
                     {{"message", stepped.error().message}, {"detail", stepped.error().detail}});
      failing = !stepped;
    } catch (const std::exception& exception) {
      log::error("webhooks failed", {{"what", exception.what()}});
    }
    if (stopping_) break;
    const auto until = Steady::now() + rest;
    for (Sender::Done& done : sender_.wait(rest)) ended_.push_back(std::move(done));
    // A database that is away must not be asked again with each event that is told.
    if (failing) std::this_thread::sleep_until(std::min(until, Steady::now() + std::chrono::milliseconds(200)));
  }
  // What is under way may end; what was sent and not recorded is sent again by whoever comes next.
  for (const auto until = Steady::now() + kLastWait; sender_.under_way() > 0 && Steady::now() < until;)
    for (Sender::Done& done : sender_.wait(std::chrono::milliseconds(100))) ended_.push_back(std::move(done));
  if (auto recorded = settle(); !recorded)
    log::warning("deliveries of webhooks were not recorded", {{"detail", recorded.error().detail}});
  if (auto released = cursor_.release(); !released)
    log::warning("the webhooks' cursor is not given up", {{"detail", released.error().detail}});
}

Result<std::chrono::milliseconds> Dispatcher::step() {
  RV_CHECK(settle());
  RV_TRY(const auto position, cursor_.own());
  if (!position) return kRest;
  RV_TRY(const auto hooks,
         database_.read([&](db::Transaction& tx) -> Result<std::vector<Webhook>> { return repository_.enabled(tx); }));
  any_hooks_ = !hooks.empty();
  if (hooks.empty()) {
    // Nobody wants the events; the place moves on now and then, so that they can be pruned.
    if (Steady::now() - skipped_at_ < kSkipAfter) return kRestWithoutHooks;
    skipped_at_ = Steady::now();
    RV_TRY(const std::int64_t head, outbox_.head());
    if (head != *position)
      RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
        cursor_.advance(tx, *position, head);
        return {};
      }));
    return kRestWithoutHooks;
  }
  RV_TRY(const bool more, spread(*position, hooks));
  RV_TRY(const auto rest, begin(hooks));
  return more ? std::chrono::milliseconds(0) : rest;
}

Result<bool> Dispatcher::spread(std::int64_t position, const std::vector<Webhook>& hooks) {
  const std::size_t limit = std::clamp<std::size_t>(kRowsAtOnce / hooks.size(), 1, kEventsAtOnce);
  RV_TRY(const auto events, outbox_.read_after(position, limit));
  if (events.empty()) return false;
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    if (!cursor_.advance(tx, position, events.back().position)) return {};  // another node's turn
    for (const Webhook& known : hooks) {
      std::vector<Delivery> wanted;
      for (const db::OutboxEvent& event : events)
        if (event.position > known.begins_after)
          if (auto delivery = delivery_of(known, event)) wanted.push_back(std::move(*delivery));
      if (wanted.empty()) continue;
      auto hook = repository_.lock_row(tx, known.row);
      if (!hook || !hook->enabled) continue;
      for (Delivery& delivery : wanted) repository_.add(tx, *hook, std::move(delivery));
    }
    return {};
  }));
  return events.size() == limit;
}

Result<std::chrono::milliseconds> Dispatcher::begin(const std::vector<Webhook>& hooks) {
  std::erase_if(receivers_, [&](const auto& entry) {
    return entry.second.under_way.empty() && std::ranges::find(hooks, entry.first, &Webhook::row) == hooks.end();
  });
  auto rest = std::chrono::milliseconds(30000);  // another node may have armed something
  if (database_.kind() == db::Kind::postgres) rest = std::chrono::milliseconds(2000);
  const auto at = Steady::now();
  auto until = [&](Steady::time_point then) {
    rest = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(then - at), std::chrono::milliseconds(0), rest);
  };
  for (const Webhook& hook : hooks) {
    Receiver& receiver = receivers_[hook.row];
    if (receiver.paused_until > at) {
      until(receiver.paused_until);
      continue;
    }
    // While it was down it is asked with one delivery at a time.
    const std::size_t most = receiver.failures > 0 ? 1 : kUnderWayOfOne;
    if (receiver.under_way.size() >= most || sender_.under_way() >= kUnderWayMost) continue;  // an end wakes us
    struct Due {
      std::vector<Delivery> now;
      std::optional<Timestamp> next;
    };
    RV_TRY(Due due, database_.read([&](db::Transaction& tx) -> Result<Due> {
      Due found{repository_.due(tx, hook.row, now(), static_cast<std::int64_t>(most + receiver.under_way.size())), {}};
      if (found.now.empty()) found.next = repository_.next_due(tx, hook.row);
      return found;
    }));
    for (const Delivery& delivery : due.now) {
      if (receiver.under_way.size() >= most || sender_.under_way() >= kUnderWayMost) break;
      if (!receiver.under_way.insert(delivery.row).second) continue;
      sender_.begin(hook, delivery);
    }
    if (due.next) until(at + std::max(*due.next - now(), std::chrono::milliseconds(0)));
  }
  return rest;
}

Result<void> Dispatcher::settle() {
  while (!ended_.empty()) {
    Sender::Done& done = ended_.front();
    RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
      auto hook = repository_.lock_row(tx, done.delivery.webhook_row);
      if (!hook) return {};  // removed meanwhile
      Delivery delivery = done.delivery;
      apply(done.outcome, options_, delivery);
      repository_.settle(tx, delivery, done.delivery.due_at);
      return {};
    }));
    Receiver& receiver = receivers_[done.delivery.webhook_row];
    receiver.under_way.erase(done.delivery.row);
    static prometheus::Counter& delivered = attempts_counted("delivered");
    static prometheus::Counter& failed = attempts_counted("failed");
    (done.outcome.error ? failed : delivered).Increment();
    if (!done.outcome.error || !done.outcome.receiver_down) {
      receiver.failures = 0;
    } else if (receiver.paused_until <= Steady::now()) {  // those that were under way beside it say the same once more
      receiver.paused_until = Steady::now() + pause_after(++receiver.failures, options_);
    }
    ended_.erase(ended_.begin());
  }
  return {};
}

Result<void> Dispatcher::prune() {
  const Timestamp before = now() - options_.retention;
  for (;;) {
    RV_TRY(const std::int64_t gone, database_.write([&](db::Transaction& tx) -> Result<std::int64_t> {
      auto count = repository_.forget_removed(tx, kRowsAtOnce);
      return count + repository_.prune(tx, before, kRowsAtOnce);
    }));
    if (gone < static_cast<std::int64_t>(kRowsAtOnce)) break;
  }
  for (;;) {
    RV_TRY(const auto old, database_.read([&](db::Transaction& tx) -> Result<std::vector<Delivery>> {
      return repository_.waiting_since(tx, before, 100);
    }));
    if (old.empty()) return {};
    for (const Delivery& stale : old)
      RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
        if (!repository_.lock_row(tx, stale.webhook_row)) return {};
        auto delivery = repository_.find_delivery(tx, stale.webhook_row, stale.number);
        if (!delivery || delivery->state != DeliveryState::waiting) return {};
        delivery->state = DeliveryState::dead;
        delivery->ended_at = now();
        if (!delivery->error) delivery->error = "waited too long to be sent";
        repository_.settle(tx, *delivery, delivery->due_at);
        return {};
      }));
  }
}

}  // namespace reelvault::webhook
