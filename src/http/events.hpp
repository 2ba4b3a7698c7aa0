// Server-sent events. An event stream holds no thread: the hub keeps the subscribers, each with a bounded queue, and
// drops a slow one, which resumes by Last-Event-ID.
#pragma once
#include "base/principal.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace reelvault::http {

struct Event {
  std::uint64_t id = 0;      // ascending; the cursor
  std::string name;          // "asset", "job", "upload", "queue"
  std::string data;          // JSON, one line
};

class EventHub {
 public:
  // Whether this principal may see this event: set by the composition root, called on the publishing thread.
  using Visible = std::function<bool(const Principal&, const Event&)>;
  // Events after `cursor`, oldest first, at most `limit`, for a subscriber that resumes; called on a pool thread.
  using Replay = std::function<std::vector<Event>(std::uint64_t cursor, std::size_t limit)>;

  virtual ~EventHub() = default;
  static std::unique_ptr<EventHub> make(Visible visible, Replay replay);
  virtual void publish(Event event) = 0;  // any thread; never blocks
  virtual std::size_t subscribers() const = 0;
};

}  // namespace reelvault::http
