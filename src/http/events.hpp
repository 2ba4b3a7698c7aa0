// Server-sent events. An event stream holds no thread: the hub keeps the subscribers, each with a bounded queue, and
// drops a slow one, which resumes by Last-Event-ID.
//
// Ids ascend in the order of publishing, and a replay gives events in that order. A subscriber joins the hub before it
// reads what it missed and skips what comes twice, so nothing falls between replay and live. Thread-safe.
#pragma once
#include "base/principal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::http {

struct Event {
  std::uint64_t id = 0;  // ascending; the cursor
  std::string name;      // "asset", "job", "upload", "queue"
  std::string data;      // JSON, one line
};

// One subscriber's end of the hub; the server holds it. Destroying it ends the subscription.
class EventStream {
 public:
  virtual ~EventStream() = default;
  enum class State {
    live,     // wait for the next wake
    behind,   // call replay() on a thread that may block, then take() again
    dropped,  // it was too slow: end the stream, the client resumes
  };
  // Appends what waits, in the wire form of text/event-stream.
  virtual State take(std::string& out) = 0;
  virtual void replay() = 0;
};

class EventHub {
 public:
  // Whether this principal may see this event: set by the composition root, called on the publishing thread, and on a
  // pool thread for replayed ones.
  using Visible = std::function<bool(const Principal&, const Event&)>;
  // Events after `cursor`, oldest first, at most `limit`, for a subscriber that resumes; called on a pool thread.
  using Replay = std::function<std::vector<Event>(std::uint64_t cursor, std::size_t limit)>;

  virtual ~EventHub() = default;
  static std::unique_ptr<EventHub> make(Visible visible, Replay replay);
  virtual void publish(Event event) = 0;  // any thread; never waits for a subscriber
  virtual std::size_t subscribers() const = 0;
  // The newest event there is, told at start by whoever knows, so that a client that connects before the first event
  // of this process has a cursor to resume from.
  virtual void start_after(std::uint64_t id) = 0;
  // `wake` is called, on any thread, when there is something to take; it must not block or call the hub. Without a
  // cursor the stream begins with the next event.
  virtual std::unique_ptr<EventStream> subscribe(std::shared_ptr<const Principal> principal,
                                                 std::optional<std::uint64_t> cursor, std::function<void()> wake) = 0;
};

}  // namespace reelvault::http
