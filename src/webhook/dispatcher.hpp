// Brings news to the receivers of webhooks: each event at least once, those of one asset in order (the next waits until
// the one before it was taken or given up), on one node at a time.
//
// A thread of its own turns events of the outbox into deliveries, which with the place in the outbox are one
// transaction, and sends what is due. A delivery that failed is tried again after a pause that doubles each time; after
// the last attempt it is dead, and can be sent again by hand. A receiver that is down is left alone for a while as a
// whole, so that what waits for it is not used up by attempts that cannot succeed.
#pragma once
#include "db/outbox_cursor.hpp"
#include "webhook/sender.hpp"
#include "webhook/webhook_repository.hpp"

#include <atomic>
#include <map>
#include <set>
#include <thread>

namespace reelvault::webhook {

struct DispatchOptions {
  std::int64_t attempts = 12;
  std::chrono::milliseconds retry{5000};  // after the first failure
  std::chrono::seconds retention{30 * 86400};
};

// What became of a delivery by this attempt: delivered, waiting until the next, or dead.
void apply(const Outcome& outcome, const DispatchOptions& options, Delivery& delivery);
// The pause after so many failures in a row: doubled each time, an hour at most, spread over its second half.
std::chrono::milliseconds pause_after(std::int64_t failures, const DispatchOptions& options);
// The delivery of an event that this webhook has asked for; nothing otherwise.
std::optional<Delivery> delivery_of(const Webhook& hook, const db::OutboxEvent& event);

class Dispatcher {
 public:
  Dispatcher(db::Database& database, db::Outbox& outbox, Sender& sender, DispatchOptions options);
  ~Dispatcher();
  Result<void> start();
  void stop();

  void news();           // an event was appended; any thread, cheap when there are no webhooks
  void changed();        // webhooks or deliveries were changed by a route
  Result<void> prune();  // called now and then

 private:
  struct Receiver {
    std::int64_t failures = 0;  // in a row
    std::chrono::steady_clock::time_point paused_until{};
    std::set<std::int64_t> under_way;  // rows of deliveries
  };
  void run();
  Result<std::chrono::milliseconds> step();                                       // how long to rest
  Result<bool> spread(std::int64_t position, const std::vector<Webhook>& hooks);  // true: there may be more
  Result<std::chrono::milliseconds> begin(const std::vector<Webhook>& hooks);
  Result<void> settle();

  db::Database& database_;
  db::Outbox& outbox_;
  Sender& sender_;
  const DispatchOptions options_;
  db::OutboxCursor cursor_;
  WebhookRepository repository_;
  std::map<std::int64_t, Receiver> receivers_;  // by the webhook's row
  std::vector<Sender::Done> ended_;             // and not recorded yet
  std::chrono::steady_clock::time_point skipped_at_{};
  std::atomic<bool> stopping_ = false, any_hooks_ = true;
  std::thread thread_;
};

}  // namespace reelvault::webhook
