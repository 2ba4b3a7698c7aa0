// News of what changed. A change and its event are one transaction; higher rooms read the outbox, so lower rooms never
// call them. Every event has a position: a dense, ascending 64-bit number that never comes again, the only cursor there
// is (a client's Last-Event-ID, a webhook's place). Who reads everything after a position and remembers the last one
// misses nothing and sees nothing twice.
//
// On SQLite the position is the row's id: commits come one after another, so ids become visible in order. On PostgreSQL
// a transaction may commit after a later one, so ids are no order to read by. There a row gets its position once it is
// visible (place), in order of ids among the visible, under a row lock that is held until the positions are committed:
// a late committer comes later, never lost, and two changes of one row keep their order, since the second could not
// append before the first had committed.
#pragma once
#include "db/database.hpp"

#include <boost/json.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <span>
#include <thread>

namespace reelvault::db {

struct NewEvent {
  std::string topic;  // what subscribers choose by: "asset", "job", "upload", "grant"
  std::string name;
  std::int64_t asset_row = 0;  // 0: of no asset
  Uuid asset_id = {};
  boost::json::object payload;
};

struct OutboxEvent {
  std::int64_t position = 0;
  std::string topic;
  std::string name;
  std::int64_t asset_row = 0;
  Uuid asset_id;
  std::string payload;  // a JSON object, one line
  Timestamp created_at;
};

// Thread-safe. One for each Database; it and the database must outlive its readers.
class Outbox {
 public:
  explicit Outbox(Database& database) : database_(database), waker_(std::make_shared<Waker>()) {}

  // In the caller's transaction; readers of this process wake once it is durable.
  void append(Transaction& tx, const NewEvent& event);

  // Events after `position`, oldest first. Those that have no position yet are given one first.
  Result<std::vector<OutboxEvent>> read_after(std::int64_t position, std::size_t limit);
  // The newest position; 0 when nothing was ever appended.
  Result<std::int64_t> head();

  // Removes events older than `age` that every durable cursor has passed, and any older than `unread_age`, a few
  // hundred per transaction. The newest always stays. Gives how many went.
  Result<std::int64_t> prune(std::chrono::seconds age, std::chrono::seconds unread_age);

  Database& database() { return database_; }

 private:
  friend class OutboxReader;
  struct Waker {
    std::mutex mutex;
    std::condition_variable changed;
    std::uint64_t count = 0;
    void wake();
  };
  Result<bool> place();  // true: there may be more

  Database& database_;
  std::shared_ptr<Waker> waker_;
};

// Brings events to subscribers on threads of its own: woken by commits of this process at once, by those of other
// nodes within `poll`. Register everything before start.
class OutboxReader {
 public:
  struct Options {
    std::chrono::milliseconds poll{0};  // 0: 5 s on SQLite, which no other process writes, 0.25 s on PostgreSQL
    std::size_t batch = 200;
    std::chrono::milliseconds retry{1000};       // after a handler's error, doubled up to a minute
    std::chrono::milliseconds ownership{30000};  // PostgreSQL: after this long without a sign another node takes over
  };
  explicit OutboxReader(Outbox& outbox) : OutboxReader(outbox, Options{}) {}
  OutboxReader(Outbox& outbox, Options options);
  ~OutboxReader();

  // Everything from start on, on every node, once: for event hubs and caches. Must be quick; all of them share a
  // thread.
  using Live = std::function<void(const OutboxEvent&)>;
  void subscribe(Live handler);
  // Everything, at least once, in order, across restarts; on PostgreSQL on one node at a time. An error: the same batch
  // again after a while. A cursor that is new begins with what comes after start. Each has a thread.
  using Durable = std::function<Result<void>(std::span<const OutboxEvent>)>;
  void subscribe(std::string cursor, Durable handler);

  Result<void> start();
  void stop();  // handlers that run are waited for

 private:
  struct Cursor {
    std::string name;
    Durable handler;
    std::thread thread;
  };
  void run_live(std::int64_t position);
  void run_durable(Cursor& cursor);
  bool step_durable(Cursor& cursor, Result<void>& outcome);
  Result<std::optional<std::int64_t>> own(const std::string& name);
  bool wait(std::uint64_t seen, std::chrono::milliseconds at_most);  // false: stop
  std::uint64_t wakes();

  Outbox& outbox_;
  Options options_;
  std::string owner_;
  std::vector<Live> live_;
  std::vector<std::unique_ptr<Cursor>> cursors_;
  std::thread live_thread_;
  std::atomic<bool> stopping_ = false;
};

}  // namespace reelvault::db
