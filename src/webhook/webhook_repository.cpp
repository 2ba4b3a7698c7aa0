#include "webhook/webhook_repository.hpp"

#include <boost/json.hpp>

namespace reelvault::webhook {

namespace json = boost::json;

namespace {

constexpr std::string_view kHook =
    "id, uid, description, url, secret, events, enabled, begins_after, last_number, created_at, modified_at, "
    "created_by, "
    "revision";

Webhook read_hook(const db::Row& row) {
  Webhook hook;
  hook.row = row.get<std::int64_t>(0);
  hook.id = row.get<Uuid>(1);
  hook.description = row.get<std::optional<std::string>>(2);
  hook.url = row.get<std::string>(3);
  hook.secret = row.get<std::string>(4);
  for (const json::value& event : json::parse(row.get<std::string>(5)).as_array())
    hook.events.emplace_back(std::string_view(event.as_string()));
  hook.enabled = row.get<bool>(6);
  hook.begins_after = row.get<std::int64_t>(7);
  hook.last_number = row.get<std::int64_t>(8);
  hook.created_at = row.get<Timestamp>(9);
  hook.modified_at = row.get<Timestamp>(10);
  hook.created_by = row.get<std::optional<Uuid>>(11);
  hook.revision = row.get<std::int64_t>(12);
  return hook;
}

std::string select_hook(std::string_view where) {
  return fmt::format("select {} from webhook where removed_at is null and {}", kHook, where);
}
std::string locking(db::Transaction& tx) { return tx.kind() == db::Kind::postgres ? " for update" : ""; }

std::string events_json(const Webhook& hook) {
  json::array events;
  for (const std::string& event : hook.events) events.emplace_back(event);
  return json::serialize(events);
}

constexpr std::string_view kDelivery =
    "id, webhook_id, uid, number, position, topic, event, asset_uid, body, state, first, attempts, due_at, created_at, "
    "ended_at, status_code, error, attempt_log";

Delivery read_delivery(const db::Row& row) {
  int c = 0;
  Delivery delivery;
  delivery.row = row.get<std::int64_t>(c++);
  delivery.webhook_row = row.get<std::int64_t>(c++);
  delivery.id = row.get<Uuid>(c++);
  delivery.number = row.get<std::int64_t>(c++);
  delivery.position = row.get<std::optional<std::int64_t>>(c++);
  delivery.topic = row.get<std::string>(c++);
  delivery.event = row.get<std::string>(c++);
  delivery.asset_id = row.get<std::optional<Uuid>>(c++);
  delivery.body = row.get<std::string>(c++);
  delivery.state = row.get<DeliveryState>(c++);
  delivery.first = row.get<bool>(c++);
  delivery.attempts = row.get<std::int64_t>(c++);
  delivery.due_at = row.get<Timestamp>(c++);
  delivery.created_at = row.get<Timestamp>(c++);
  delivery.ended_at = row.get<std::optional<Timestamp>>(c++);
  delivery.status_code = row.get<std::optional<std::int64_t>>(c++);
  delivery.error = row.get<std::optional<std::string>>(c++);
  delivery.attempt_log = row.get<std::string>(c++);
  return delivery;
}

std::string select_delivery(std::string_view where) {
  return fmt::format("select {} from webhook_delivery where {}", kDelivery, where);
}

// The oldest of those that wait for this asset goes first, and no other.
void choose_first(db::Transaction& tx, std::int64_t hook_row, const std::optional<Uuid>& asset) {
  if (!asset) return;
  auto oldest = tx.value<std::optional<std::int64_t>>(
      "select min(id) from webhook_delivery where webhook_id = :hook and asset_uid = :asset and state = 0",
      {{"hook", hook_row}, {"asset", *asset}});
  if (!oldest || !*oldest) return;
  tx.execute(
      "update webhook_delivery set first = false where webhook_id = :hook and asset_uid = :asset and state = 0 and "
      "first "
      "and id <> :oldest",
      {{"hook", hook_row}, {"asset", *asset}, {"oldest", **oldest}});
  tx.execute("update webhook_delivery set first = true where id = :oldest and not first", {{"oldest", **oldest}});
}

}  // namespace

std::int64_t WebhookRepository::insert(db::Transaction& tx, const Webhook& hook) {
  const std::string events = events_json(hook);
  return tx.insert(
      "insert into webhook (uid, description, url, secret, events, enabled, begins_after, created_at, created_by, "
      "modified_at) "
      "values (:uid, :description, :url, :secret, :events, :enabled, :begins, :at, :by, :at)",
      {{"uid", hook.id},
       {"description", hook.description},
       {"url", hook.url},
       {"secret", hook.secret},
       {"events", events},
       {"enabled", hook.enabled},
       {"begins", hook.begins_after},
       {"at", hook.created_at},
       {"by", hook.created_by}});
}

void WebhookRepository::update(db::Transaction& tx, Webhook& hook) {
  ++hook.revision;
  const std::string events = events_json(hook);
  tx.execute(
      "update webhook set description = :description, url = :url, secret = :secret, events = :events, enabled = "
      ":enabled, "
      "begins_after = :begins, modified_at = :at, revision = :revision where id = :row",
      {{"description", hook.description},
       {"url", hook.url},
       {"secret", hook.secret},
       {"events", events},
       {"enabled", hook.enabled},
       {"begins", hook.begins_after},
       {"at", hook.modified_at},
       {"revision", hook.revision},
       {"row", hook.row}});
}

std::optional<Webhook> WebhookRepository::find(db::Transaction& tx, const Uuid& id) {
  return tx.one(select_hook("uid = :id"), {{"id", id}}, read_hook);
}
std::optional<Webhook> WebhookRepository::lock(db::Transaction& tx, const Uuid& id) {
  return tx.one(select_hook("uid = :id") + locking(tx), {{"id", id}}, read_hook);
}
std::optional<Webhook> WebhookRepository::lock_row(db::Transaction& tx, std::int64_t row) {
  return tx.one(select_hook("id = :row") + locking(tx), {{"row", row}}, read_hook);
}
std::vector<Webhook> WebhookRepository::page(db::Transaction& tx, std::int64_t after_row, std::int64_t limit) {
  return tx.all(select_hook("id > :after order by id limit :limit"), {{"after", after_row}, {"limit", limit}},
                read_hook);
}
std::vector<Webhook> WebhookRepository::enabled(db::Transaction& tx) {
  return tx.all(select_hook("enabled order by id"), {}, read_hook);
}
std::int64_t WebhookRepository::count(db::Transaction& tx) {
  return tx.value<std::int64_t>("select count(*) from webhook where removed_at is null").value_or(0);
}

void WebhookRepository::remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("update webhook set removed_at = :at, enabled = false, secret = '' where id = :row",
             {{"at", now()}, {"row", row}});
}

std::int64_t WebhookRepository::forget_removed(db::Transaction& tx, std::int64_t limit) {
  const std::int64_t gone = tx.execute(
      "delete from webhook_delivery where id in (select d.id from webhook w join webhook_delivery d on d.webhook_id = "
      "w.id "
      "where w.removed_at is not null limit :limit)",
      {{"limit", limit}});
  if (gone < limit)
    tx.execute(
        "delete from webhook where removed_at is not null and not exists "
        "(select 1 from webhook_delivery d where d.webhook_id = webhook.id)");
  return gone;
}

std::optional<Delivery> WebhookRepository::add(db::Transaction& tx, Webhook& hook, Delivery delivery) {
  delivery.webhook_row = hook.row;
  delivery.number = hook.last_number + 1;
  delivery.first =
      !delivery.asset_id || delivery.state != DeliveryState::waiting ||
      !tx.value<int>(
          "select 1 from webhook_delivery where webhook_id = :hook and asset_uid = :asset and state = 0 limit 1",
          {{"hook", hook.row}, {"asset", *delivery.asset_id}});
  auto row = tx.try_insert(
      "insert into webhook_delivery (uid, webhook_id, number, position, topic, event, asset_uid, body, state, first, "
      "attempts, "
      "due_at, status_code, error, attempt_log, created_at, ended_at) values (:uid, :hook, :number, :position, :topic, "
      ":event, "
      ":asset, :body, :state, :first, :attempts, :due, :code, :error, :log, :created, :ended)",
      {{"uid", delivery.id},
       {"hook", hook.row},
       {"number", delivery.number},
       {"position", delivery.position},
       {"topic", delivery.topic},
       {"event", delivery.event},
       {"asset", delivery.asset_id},
       {"body", delivery.body},
       {"state", delivery.state},
       {"first", delivery.first},
       {"attempts", delivery.attempts},
       {"due", delivery.due_at},
       {"code", delivery.status_code},
       {"error", delivery.error},
       {"log", delivery.attempt_log},
       {"created", delivery.created_at},
       {"ended", delivery.ended_at}});
  if (!row) return std::nullopt;
  delivery.row = *row;
  hook.last_number = delivery.number;
  tx.execute("update webhook set last_number = :number where id = :row",
             {{"number", hook.last_number}, {"row", hook.row}});
  return delivery;
}

std::optional<Delivery> WebhookRepository::find_delivery(db::Transaction& tx, std::int64_t hook_row,
                                                         std::int64_t number) {
  return tx.one(select_delivery("webhook_id = :hook and number = :number"), {{"hook", hook_row}, {"number", number}},
                read_delivery);
}

std::optional<Delivery> WebhookRepository::delivery_of_event(db::Transaction& tx, std::int64_t hook_row,
                                                             std::int64_t position) {
  return tx.one(select_delivery("webhook_id = :hook and position = :position"),
                {{"hook", hook_row}, {"position", position}}, read_delivery);
}

std::vector<Delivery> WebhookRepository::deliveries(db::Transaction& tx, std::int64_t hook_row,
                                                    std::optional<DeliveryState> state, std::int64_t before_number,
                                                    std::int64_t limit) {
  db::Parameters parameters{{"hook", hook_row}, {"before", before_number}, {"limit", limit}};
  if (state) parameters.push_back({"state", *state});
  return tx.all(
      select_delivery(fmt::format("webhook_id = :hook and number < :before{} order by number desc limit :limit",
                                  state ? " and state = :state" : "")),
      parameters, read_delivery);
}

std::int64_t WebhookRepository::count_deliveries(db::Transaction& tx, std::int64_t hook_row,
                                                 std::optional<DeliveryState> state, std::int64_t most) {
  db::Parameters parameters{{"hook", hook_row}, {"most", most}};
  if (state) parameters.push_back({"state", *state});
  return tx
      .value<std::int64_t>(
          fmt::format(
              "select count(*) from (select 1 from webhook_delivery where webhook_id = :hook{} limit :most) counted",
              state ? " and state = :state" : ""),
          parameters)
      .value_or(0);
}

std::vector<Delivery> WebhookRepository::due(db::Transaction& tx, std::int64_t hook_row, Timestamp at,
                                             std::int64_t limit) {
  return tx.all(
      select_delivery("webhook_id = :hook and state = 0 and first and due_at <= :at order by due_at, id limit :limit"),
      {{"hook", hook_row}, {"at", at}, {"limit", limit}}, read_delivery);
}

std::optional<Timestamp> WebhookRepository::next_due(db::Transaction& tx, std::int64_t hook_row) {
  return tx.value<Timestamp>(
      "select due_at from webhook_delivery where webhook_id = :hook and state = 0 and first order by due_at, id limit "
      "1",
      {{"hook", hook_row}});
}

std::vector<Delivery> WebhookRepository::dead(db::Transaction& tx, std::int64_t hook_row, std::int64_t after_row,
                                              std::int64_t limit) {
  return tx.all(select_delivery("webhook_id = :hook and state = 2 and id > :after order by id limit :limit"),
                {{"hook", hook_row}, {"after", after_row}, {"limit", limit}}, read_delivery);
}

bool WebhookRepository::settle(db::Transaction& tx, const Delivery& delivery, Timestamp claimed) {
  const bool settled =
      tx.execute(
          "update webhook_delivery set state = :state, attempts = :attempts, due_at = :due, status_code = :code, error "
          "= "
          ":error, attempt_log = :log, ended_at = :ended where id = :row and state = 0 and due_at = :claimed",
          {{"state", delivery.state},
           {"attempts", delivery.attempts},
           {"due", delivery.due_at},
           {"code", delivery.status_code},
           {"error", delivery.error},
           {"log", delivery.attempt_log},
           {"ended", delivery.ended_at},
           {"row", delivery.row},
           {"claimed", claimed}}) == 1;
  if (settled && delivery.state != DeliveryState::waiting) choose_first(tx, delivery.webhook_row, delivery.asset_id);
  return settled;
}

void WebhookRepository::arm(db::Transaction& tx, Delivery& delivery) {
  // One that waits keeps its attempts: it is tried now, not for ever.
  if (delivery.state != DeliveryState::waiting) delivery.attempts = 0;
  delivery.state = DeliveryState::waiting;
  delivery.ended_at.reset();
  // Another time than before, by which an attempt that is under way sees that it is not the last word.
  delivery.due_at = delivery.due_at == now() ? now() + std::chrono::milliseconds(1) : now();
  tx.execute(
      "update webhook_delivery set state = 0, first = :first, attempts = :attempts, due_at = :due, ended_at = null "
      "where id = :row",
      {{"first", !delivery.asset_id},
       {"attempts", delivery.attempts},
       {"due", delivery.due_at},
       {"row", delivery.row}});
  choose_first(tx, delivery.webhook_row, delivery.asset_id);
}

std::int64_t WebhookRepository::prune(db::Transaction& tx, Timestamp ended_before, std::int64_t limit) {
  return tx.execute(
      "delete from webhook_delivery where id in (select id from webhook_delivery where state in (1, 2) and created_at "
      "< :before "
      "and ended_at < :before limit :limit)",
      {{"before", ended_before}, {"limit", limit}});
}

std::vector<Delivery> WebhookRepository::waiting_since(db::Transaction& tx, Timestamp before, std::int64_t limit) {
  return tx.all(select_delivery("state = 0 and created_at < :before order by created_at limit :limit"),
                {{"before", before}, {"limit", limit}}, read_delivery);
}

}  // namespace reelvault::webhook
