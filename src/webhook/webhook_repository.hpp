// The only SQL over webhooks and their deliveries. Whatever adds or ends deliveries of a webhook holds its row (lock),
// so that of the waiting ones of an asset exactly one, the oldest, is `first`.
#pragma once
#include "db/database.hpp"
#include "webhook/webhook.hpp"

namespace reelvault::webhook {

class WebhookRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Webhook& hook);
  void update(db::Transaction& tx, Webhook& hook);  // raises the revision
  std::optional<Webhook> find(db::Transaction& tx, const Uuid& id);
  std::optional<Webhook> lock(db::Transaction& tx, const Uuid& id);
  std::optional<Webhook> lock_row(db::Transaction& tx, std::int64_t row);
  std::vector<Webhook> page(db::Transaction& tx, std::int64_t after_row, std::int64_t limit);
  std::vector<Webhook> enabled(db::Transaction& tx);
  std::int64_t count(db::Transaction& tx);
  // Nobody finds it any more; forget_removed takes its rows.
  void remove(db::Transaction& tx, std::int64_t row);
  std::int64_t forget_removed(db::Transaction& tx, std::int64_t limit);

  // The hook is locked. Gives it a number; nothing when this event was added before.
  std::optional<Delivery> add(db::Transaction& tx, Webhook& hook, Delivery delivery);
  std::optional<Delivery> find_delivery(db::Transaction& tx, std::int64_t hook_row, std::int64_t number);
  std::optional<Delivery> delivery_of_event(db::Transaction& tx, std::int64_t hook_row, std::int64_t position);
  std::vector<Delivery> deliveries(db::Transaction& tx, std::int64_t hook_row, std::optional<DeliveryState> state,
                                   std::int64_t before_number, std::int64_t limit);  // newest first
  std::int64_t count_deliveries(db::Transaction& tx, std::int64_t hook_row, std::optional<DeliveryState> state,
                                std::int64_t most);
  std::vector<Delivery> due(db::Transaction& tx, std::int64_t hook_row, Timestamp at, std::int64_t limit);
  std::optional<Timestamp> next_due(db::Transaction& tx, std::int64_t hook_row);
  std::vector<Delivery> dead(db::Transaction& tx, std::int64_t hook_row, std::int64_t after_row, std::int64_t limit);
  // Writes state, attempts and what came of them, of one that was claimed when it was due at `claimed`; false, with
  // nothing done, when it was armed again meanwhile. One that ends lets the next of its asset go.
  bool settle(db::Transaction& tx, const Delivery& delivery, Timestamp claimed);
  // It is sent (again) as soon as it is its asset's turn.
  void arm(db::Transaction& tx, Delivery& delivery);

  // Ended before `ended_before` go; waiting since before `waiting_before` are given up.
  std::int64_t prune(db::Transaction& tx, Timestamp ended_before, std::int64_t limit);
  std::vector<Delivery> waiting_since(db::Transaction& tx, Timestamp before, std::int64_t limit);
};

}  // namespace reelvault::webhook
