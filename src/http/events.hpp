// Server-sent events. An event stream holds no thread: the hub keeps the subscribers, each with a bounded queue, and
// drops a slow one, which resumes by Last-Event-ID.
//
// Ids ascend in the order of publishing, and a replay gives events in that order. A subscriber joins the hub before it
// reads what it missed and skips what comes twice, so nothing falls between replay and live. Where what it missed is
// not kept any more, it gets an event "reset": whatever it knows may be old. Thread-safe.
#pragma once
#include "base/error.hpp"
#include "base/principal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::http {

struct Event {
  std::uint64_t id = 0;    // ascending; the cursor
  std::string name;        // "asset", "job", "upload", "queue"
  std::string data;        // JSON, one line
  std::string topic = {};  // for whoever judges who may see it; not sent
};

// What a subscriber missed.
struct Replayed {
  std::vector<Event> events;  // after the cursor, oldest first; as many as asked for, if there are
  // Events after the cursor are gone for good, or the cursor is none that was ever given: go on from here.
  std::optional<std::uint64_t> reset_to = {};
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
  // Who may see an event: asked once for each event, on the publishing thread, and on a pool thread for replayed ones;
  // what it gives is then asked for each subscriber. Set by the composition root.
  using Judge = std::function<bool(const Principal&)>;
  using Visible = std::function<Judge(const Event&)>;
  // For a subscriber that resumes; called on a pool thread. An error ends its stream, and it comes back.
  using Replay = std::function<Result<Replayed>(std::uint64_t cursor, std::size_t limit)>;

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
