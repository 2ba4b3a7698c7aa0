#include "webhook/webhook_service.hpp"

#include "audit/audit_repository.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

#include <charconv>

namespace reelvault::webhook {

namespace json = boost::json;

namespace {

constexpr std::size_t kEventFiltersMost = 50;
constexpr std::int64_t kCountMost = 10'000;
constexpr std::int64_t kReplayedMost = 20'000;  // events of one request
constexpr std::size_t kReplayedAtOnce = 200;

Result<std::int64_t> whole(std::string_view text, std::string pointer, std::string sentence) {
  std::int64_t value = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < 0)
    return fail_field(std::move(pointer), std::move(sentence));
  return value;
}

Result<std::int64_t> token_or(const std::optional<std::string>& token, std::int64_t without) {
  if (!token) return without;
  return whole(*token, "?pageToken", "was not given by this list");
}

Result<std::int64_t> number_of(const std::string& text) {
  return whole(text, "{number}", "must be the number of a delivery");
}

void check_events(const std::vector<std::string>& events, Faults& faults) {
  if (events.size() > kEventFiltersMost)
    return faults.add("/events", fmt::format("names more than {}", kEventFiltersMost));
  for (std::size_t i = 0; i < events.size(); ++i)
    if (!valid_event_filter(events[i]))
      faults.add(fmt::format("/events/{}", i),
                 "must be asset, batch, collection, job or upload, or one event of these (asset.move)");
}

WebhookJson json_of(const Webhook& hook) {
  return {.id = hook.id,
          .url = hook.url,
          .description = hook.description,
          .events = hook.events,
          .enabled = hook.enabled,
          .secret = {},
          .createdAt = hook.created_at,
          .modifiedAt = hook.modified_at,
          .createdBy = hook.created_by};
}

DeliveryJson json_of(const Delivery& delivery) {
  DeliveryJson out{.number = delivery.number,
                   .id = delivery.id,
                   .event = delivery.event,
                   .assetId = delivery.asset_id,
                   .position = delivery.position,
                   .status = std::string(state_name(delivery.state)),
                   .attempts = delivery.attempts,
                   .statusCode = delivery.status_code,
                   .error = delivery.error,
                   .createdAt = delivery.created_at,
                   .endedAt = delivery.ended_at};
  if (delivery.state == DeliveryState::waiting && delivery.first) out.nextAttemptAt = delivery.due_at;
  out.attemptLog = json::parse(delivery.attempt_log).as_array();
  return out;
}

// The address may hold what only the receiver should know; its host does not.
void note(db::Transaction& tx, std::string operation, const Webhook& hook, std::string reason = {}) {
  audit::append(tx, audit::account(std::move(operation), "webhook", hook.id, host_of(hook.url), std::move(reason)));
}

}  // namespace

std::span<const dto::Rule> CreateWebhook::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "url",
       .sentence = "Where events are sent to, http or https",
       .example_json = "\"https://example.com/hooks/reelvault\""},
      {.field = "secret",
       .sentence = "Signs the deliveries; made here, and shown once, where none is given",
       .min_length = secret_length_min,
       .max_length = secret_length_max},
      {.field = "description", .max_length = 1000},
      {.field = "events",
       .sentence = "Topics (asset) or single events (upload.completed); none: all",
       .example_json = "[\"asset\", \"upload.completed\"]"},
      {.field = "enabled", .default_json = "true"},
  };
  return rules;
}
void CreateWebhook::check(Faults& faults) const { check_events(events, faults); }
std::span<const dto::Rule> PatchWebhook::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "secret", .min_length = secret_length_min, .max_length = secret_length_max},
      {.field = "description", .max_length = 1000},
  };
  return rules;
}
void PatchWebhook::check(Faults& faults) const {
  if (events) check_events(*events, faults);
}
std::span<const dto::Rule> PageQuery::rules() {
  static constexpr dto::Rule rules[] = {{.field = "pageSize", .minimum = 1, .maximum = 500}};
  return rules;
}
std::span<const dto::Rule> DeliveryQuery::rules() {
  static constexpr dto::Rule rules[] = {{.field = "pageSize", .minimum = 1, .maximum = 500},
                                        {.field = "status", .one_of = "Waiting|Delivered|Dead"}};
  return rules;
}
std::span<const dto::Rule> ReplayRequest::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "afterPosition", .sentence = "Events after this one", .minimum = 0},
      {.field = "from", .sentence = "Events not before this time"},
      {.field = "deadOnly", .sentence = "Instead: the deliveries that were given up", .default_json = "false"},
  };
  return rules;
}

Result<void> WebhookService::check_url(const std::string& url) const {
  if (auto fault = url_fault(url)) return fail_field("/url", std::move(*fault));
  // An address that is written out is refused at once; what a name leads to is looked at with each connection.
  std::string host = host_of(url);
  if (host.starts_with('['))
    host = host.substr(1, host.find(']') - 1);
  else
    host = host.substr(0, host.find(':'));
  if (auto address = parse_address(host); address && !guard_.allows(*address))
    return fail_field("/url", "leads to an address inside the network, and webhook.allowed_networks does not name it");
  return {};
}

Result<Webhook> WebhookService::existing(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<Webhook> {
    auto hook = repository_.find(tx, id);
    if (!hook) return fail_not_found("webhook");
    return std::move(*hook);
  });
}

Result<WebhookService::Revised> WebhookService::create(const Principal& by, const CreateWebhook& given) {
  RV_CHECK(dto::check(given));
  RV_CHECK(check_url(given.url));
  Webhook hook{.id = Uuid::v7(),
               .description = given.description,
               .url = given.url,
               .events = given.events,
               .enabled = given.enabled};
  hook.secret = given.secret ? *given.secret : "whsec_" + base64url(random_bytes(32));
  hook.created_at = hook.modified_at = now();
  if (by.user_row != 0) hook.created_by = by.user_id;
  // It hears of what comes after it.
  RV_TRY(hook.begins_after, outbox_.head());
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    if (repository_.count(tx) >= hooks_max)
      return fail(Code::conflict, "too-many-webhooks", fmt::format("There may be {} webhooks.", hooks_max));
    hook.row = repository_.insert(tx, hook);
    note(tx, "create-webhook", hook);
    return {};
  }));
  dispatcher_.changed();
  Revised out{json_of(hook), hook.revision};
  if (!given.secret) out.value.secret = hook.secret;
  return out;
}

Result<WebhookService::Revised> WebhookService::get(const Uuid& id) {
  RV_TRY(const Webhook hook, existing(id));
  return Revised{json_of(hook), hook.revision};
}

Result<WebhookPage> WebhookService::list(const PageQuery& query) {
  RV_TRY(const std::int64_t after, token_or(query.pageToken, 0));
  const std::int64_t size = query.pageSize.value_or(50);
  return database_.read([&](db::Transaction& tx) -> Result<WebhookPage> {
    WebhookPage page;
    auto hooks = repository_.page(tx, after, size + 1);
    if (static_cast<std::int64_t>(hooks.size()) > size) {
      hooks.resize(static_cast<std::size_t>(size));
      page.nextPageToken = std::to_string(hooks.back().row);
    }
    for (const Webhook& hook : hooks) page.items.push_back(json_of(hook));
    page.totalItemCount = repository_.count(tx);
    return page;
  });
}

Result<WebhookService::Revised> WebhookService::patch(const Uuid& id, const PatchWebhook& given,
                                                      std::string_view if_match) {
  RV_CHECK(dto::check(given));
  if (given.url) RV_CHECK(check_url(*given.url));
  RV_TRY(const std::int64_t head, outbox_.head());
  const Timestamp at = now();
  RV_TRY(Revised out, database_.write([&](db::Transaction& tx) -> Result<Revised> {
    auto hook = repository_.lock(tx, id);
    if (!hook) return fail_not_found("webhook");
    if (!if_match.empty() && if_match != "*" && if_match != fmt::format("\"{}\"", hook->revision))
      return fail(Code::precondition, "changed-meanwhile", "The webhook was changed since you read it.");
    std::string changes;
    auto add = [&](bool changed, std::string_view what) {
      if (changed) changes += (changes.empty() ? "" : ", ") + std::string(what);
    };
    add(given.url && *given.url != hook->url, "url");
    add(given.secret.has_value(), "secret");
    add(given.description.present(), "description");
    add(given.events && *given.events != hook->events, "events");
    add(given.enabled && *given.enabled != hook->enabled, given.enabled.value_or(false) ? "enabled" : "disabled");
    // What came while it was off is not for it.
    if (given.enabled.value_or(hook->enabled) && !hook->enabled) hook->begins_after = head;
    if (given.url) hook->url = *given.url;
    if (given.secret) hook->secret = *given.secret;
    if (given.description.present())
      hook->description = given.description.state == dto::Patch<std::string>::State::null
                              ? std::nullopt
                              : std::optional(given.description.value);
    if (given.events) hook->events = *given.events;
    if (given.enabled) hook->enabled = *given.enabled;
    hook->modified_at = at;
    repository_.update(tx, *hook);
    note(tx, "update-webhook", *hook, changes);
    return Revised{json_of(*hook), hook->revision};
  }));
  dispatcher_.changed();
  return out;
}

Result<void> WebhookService::remove(const Uuid& id) {
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    auto hook = repository_.lock(tx, id);
    if (!hook) return fail_not_found("webhook");
    repository_.remove(tx, hook->row);
    note(tx, "delete-webhook", *hook);
    return {};
  }));
  dispatcher_.changed();
  return {};
}

Result<DeliveryPage> WebhookService::deliveries(const Uuid& id, const DeliveryQuery& query) {
  RV_TRY(const std::int64_t before, token_or(query.pageToken, INT64_MAX));
  const std::int64_t size = query.pageSize.value_or(50);
  std::optional<DeliveryState> state;
  for (DeliveryState each : {DeliveryState::waiting, DeliveryState::delivered, DeliveryState::dead})
    if (query.status == state_name(each)) state = each;
  return database_.read([&](db::Transaction& tx) -> Result<DeliveryPage> {
    auto hook = repository_.find(tx, id);
    if (!hook) return fail_not_found("webhook");
    DeliveryPage page;
    auto rows = repository_.deliveries(tx, hook->row, state, before, size + 1);
    if (static_cast<std::int64_t>(rows.size()) > size) {
      rows.resize(static_cast<std::size_t>(size));
      page.nextPageToken = std::to_string(rows.back().number);
    }
    for (const Delivery& delivery : rows) page.items.push_back(json_of(delivery));
    page.totalItemCount = repository_.count_deliveries(tx, hook->row, state, kCountMost + 1);
    page.totalIsEstimate = page.totalItemCount > kCountMost;
    page.totalItemCount = std::min(page.totalItemCount, kCountMost);
    return page;
  });
}

Result<DeliveryDetail> WebhookService::delivery(const Uuid& id, const std::string& number_text) {
  RV_TRY(const std::int64_t number, number_of(number_text));
  return database_.read([&](db::Transaction& tx) -> Result<DeliveryDetail> {
    auto hook = repository_.find(tx, id);
    if (!hook) return fail_not_found("webhook");
    auto delivery = repository_.find_delivery(tx, hook->row, number);
    if (!delivery) return fail_not_found("delivery");
    DeliveryDetail out;
    static_cast<DeliveryJson&>(out) = json_of(*delivery);
    out.body = json::parse(delivery->body);
    return out;
  });
}

Result<DeliveryJson> WebhookService::retry(const Uuid& id, const std::string& number_text) {
  RV_TRY(const std::int64_t number, number_of(number_text));
  RV_TRY(DeliveryJson out, database_.write([&](db::Transaction& tx) -> Result<DeliveryJson> {
    auto hook = repository_.lock(tx, id);
    if (!hook) return fail_not_found("webhook");
    if (!hook->enabled) return fail(Code::conflict, "webhook-disabled", "The webhook is disabled; it sends nothing.");
    auto delivery = repository_.find_delivery(tx, hook->row, number);
    if (!delivery) return fail_not_found("delivery");
    repository_.arm(tx, *delivery);
    return json_of(*repository_.find_delivery(tx, hook->row, number));
  }));
  dispatcher_.changed();
  return out;
}

Result<ReplayAnswer> WebhookService::replay(const Uuid& id, const ReplayRequest& given) {
  const int said = (given.afterPosition ? 1 : 0) + (given.from ? 1 : 0) + (given.deadOnly ? 1 : 0);
  if (said != 1) return fail_field("/afterPosition", "one of afterPosition, from and deadOnly must be given");
  RV_TRY(const Webhook known, existing(id));
  if (!known.enabled) return fail(Code::conflict, "webhook-disabled", "The webhook is disabled; it sends nothing.");
  ReplayAnswer out;
  // In small transactions, each good in itself: what is queued twice is sent once.
  for (std::int64_t last_row = 0; given.deadOnly && out.queuedCount < kReplayedMost;) {
    RV_TRY(const auto dead, database_.write([&](db::Transaction& tx) -> Result<std::vector<Delivery>> {
      auto hook = repository_.lock(tx, id);
      if (!hook) return fail_not_found("webhook");
      auto rows = repository_.dead(tx, hook->row, last_row, static_cast<std::int64_t>(kReplayedAtOnce));
      for (Delivery& delivery : rows) repository_.arm(tx, delivery);
      return rows;
    }));
    out.queuedCount += static_cast<std::int64_t>(dead.size());
    if (dead.empty()) break;
    last_row = dead.back().row;
    out.complete = dead.size() < kReplayedAtOnce;
  }
  std::int64_t position = given.afterPosition.value_or(0), looked_at = 0;
  for (bool more = !given.deadOnly; more;) {
    RV_TRY(const auto events, outbox_.read_after(position, kReplayedAtOnce));
    if (events.empty()) break;
    if (!out.firstPosition) out.firstPosition = events.front().position;
    RV_TRY(const std::int64_t queued, database_.write([&](db::Transaction& tx) -> Result<std::int64_t> {
      auto hook = repository_.lock(tx, id);
      if (!hook) return fail_not_found("webhook");
      std::int64_t count = 0;
      for (const db::OutboxEvent& event : events) {
        if (given.from && event.created_at < *given.from) continue;
        auto wanted = delivery_of(*hook, event);
        if (!wanted) continue;
        ++count;
        if (auto before = repository_.delivery_of_event(tx, hook->row, event.position))
          repository_.arm(tx, *before);
        else
          repository_.add(tx, *hook, std::move(*wanted));
      }
      return count;
    }));
    out.queuedCount += queued;
    position = events.back().position;
    looked_at += static_cast<std::int64_t>(events.size());
    out.lastPosition = position;
    more = events.size() == kReplayedAtOnce;
    // From a time on, the first events are only passed by.
    if (more && (queued > 0 || !given.from) && looked_at >= kReplayedMost) {
      out.complete = false;
      break;
    }
  }
  dispatcher_.changed();
  return out;
}

Result<TestAnswer> WebhookService::test(const Principal& by, const Uuid& id) {
  RV_TRY(const Webhook known, existing(id));
  Delivery delivery;
  delivery.id = Uuid::v7();
  delivery.topic = delivery.event = "test";
  delivery.created_at = delivery.due_at = now();
  delivery.body = json::serialize(json::object{{"id", delivery.id.text()},
                                               {"webhookId", known.id.text()},
                                               {"position", nullptr},
                                               {"topic", "test"},
                                               {"event", "test"},
                                               {"createdAt", rfc3339(delivery.created_at)},
                                               {"assetId", nullptr},
                                               {"data", json::object{{"by", by.username}}}});
  const Outcome outcome = sender_.send(known, delivery);
  apply(outcome, {.attempts = 1}, delivery);
  return database_.write([&](db::Transaction& tx) -> Result<TestAnswer> {
    auto hook = repository_.lock(tx, id);
    if (!hook) return fail_not_found("webhook");
    auto kept = repository_.add(tx, *hook, delivery);
    if (!kept) return fail(Code::internal, "", "", "a test delivery was there before");
    return TestAnswer{!outcome.error, kept->number, outcome.status_code, outcome.error, outcome.duration_ms};
  });
}

}  // namespace reelvault::webhook
