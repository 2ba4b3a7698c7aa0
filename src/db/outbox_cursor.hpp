// A durable place in the order of the outbox, which one node at a time works from. OutboxReader moves it for its
// subscribers; whoever must move it in a transaction of its own, with what it made of the events, uses it directly.
#pragma once
#include "db/outbox.hpp"

namespace reelvault::db {

class OutboxCursor {
 public:
  // `owner`: a name that no other node has. `ownership`: on PostgreSQL, after this long without a sign, another node
  // takes over.
  OutboxCursor(Outbox& outbox, std::string name, std::string owner = Uuid::v7().text(),
               std::chrono::milliseconds ownership = std::chrono::seconds(30))
      : outbox_(outbox), name_(std::move(name)), owner_(std::move(owner)), ownership_(ownership) {}

  Result<void> open();  // a new one begins with what comes after this
  // The position, if this node owns the cursor or takes it now; asked often, it stays owned.
  Result<std::optional<std::int64_t>> own();
  // In the caller's transaction. False: it is not at `from`, or not this node's any more.
  bool advance(Transaction& tx, std::int64_t from, std::int64_t to);
  Result<void> release();

 private:
  Outbox& outbox_;
  const std::string name_, owner_;
  const std::chrono::milliseconds ownership_;
};

}  // namespace reelvault::db
