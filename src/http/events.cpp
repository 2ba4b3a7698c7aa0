#include "http/events.hpp"

#include "base/log.hpp"
#include "base/metrics.hpp"

#include <algorithm>
#include <deque>
#include <mutex>

namespace reelvault::http {
namespace {

constexpr std::size_t kQueueLimit = 512;  // events that wait for one subscriber
constexpr std::size_t kReplayPage = 500;
constexpr std::size_t kReplayBytes = 1 << 20;  // rendered and not yet sent; then the client's pace decides

void render(const Event& event, std::string& out) {
  out += "id: ";
  out += std::to_string(event.id);
  if (!event.name.empty()) {
    out += "\nevent: ";
    out += event.name;
  }
  // A line break in the data would end the field; each line is a field of its own.
  std::string_view rest = event.data;
  for (;;) {
    auto end = rest.find('\n');
    out += "\ndata: ";
    out += rest.substr(0, end);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  out += "\n\n";
}

struct Subscriber {
  std::mutex mutex;
  std::shared_ptr<const Principal> principal;
  std::function<void()> wake;
  std::deque<std::shared_ptr<const Event>> queue;
  std::uint64_t last = 0;  // the newest event given or replayed
  bool replaying = false;  // joined, and what was missed is still to be read
  bool lost = false;       // events were left out of the queue while replaying: read on, they are stored
  bool dropped = false;
  bool gone = false;     // the stream was destroyed
  std::string rendered;  // replayed, to be taken
};

class Hub final : public EventHub {
 public:
  Hub(Visible visible, Replay replay) : shared_(std::make_shared<Shared>()) {
    shared_->visible = std::move(visible);
    shared_->replay = std::move(replay);
  }

  void publish(Event event) override {
    auto kept = std::make_shared<const Event>(std::move(event));
    // Publishers take turns, or two events could reach a subscriber in the wrong order.
    std::lock_guard turn(shared_->publishing);
    std::vector<std::shared_ptr<Subscriber>> all;
    {
      std::lock_guard lock(shared_->mutex);
      shared_->newest = std::max(shared_->newest, kept->id);
      all = shared_->subscribers;
    }
    if (all.empty()) return;
    const Judge may_see = shared_->visible(*kept);
    for (const auto& subscriber : all) {
      if (!may_see(*subscriber->principal)) continue;
      std::lock_guard lock(subscriber->mutex);
      if (subscriber->gone || subscriber->dropped) continue;
      if (kept->id <= subscriber->last) {
        // A cursor that was never given lies before everything: the replay under way will say so and read on from
        // there.
        if (subscriber->replaying) subscriber->lost = true;
        continue;
      }
      if (subscriber->queue.size() < kQueueLimit) {
        subscriber->queue.push_back(kept);
      } else if (subscriber->replaying) {
        subscriber->lost = true;
      } else {
        subscriber->dropped = true;
        subscriber->queue.clear();
      }
      subscriber->wake();
    }
  }

  std::size_t subscribers() const override {
    std::lock_guard lock(shared_->mutex);
    return shared_->subscribers.size();
  }

  void start_after(std::uint64_t id) override {
    std::lock_guard lock(shared_->mutex);
    shared_->newest = std::max(shared_->newest, id);
  }

  std::unique_ptr<EventStream> subscribe(std::shared_ptr<const Principal> principal,
                                         std::optional<std::uint64_t> cursor, std::function<void()> wake) override {
    auto subscriber = std::make_shared<Subscriber>();
    subscriber->principal = std::move(principal);
    subscriber->wake = std::move(wake);
    subscriber->replaying = cursor.has_value();
    std::lock_guard lock(shared_->mutex);
    subscriber->last = cursor.value_or(shared_->newest);
    // A client that is cut off before its first event resumes from here all the same.
    subscriber->rendered = "retry: 2000\n";
    if (!cursor && shared_->newest > 0) subscriber->rendered += "id: " + std::to_string(shared_->newest) + "\n";
    subscriber->rendered += "\n";
    shared_->subscribers.push_back(subscriber);
    shared_->gauge.Set(static_cast<double>(shared_->subscribers.size()));
    return std::make_unique<Stream>(shared_, std::move(subscriber));
  }

 private:
  struct Shared {
    Visible visible;
    Replay replay;
    std::mutex publishing;
    std::mutex mutex;
    std::vector<std::shared_ptr<Subscriber>> subscribers;
    std::uint64_t newest = 0;
    prometheus::Gauge& gauge = metrics::gauge("reelvault_http_event_streams", "Open event streams");
  };

  class Stream final : public EventStream {
   public:
    Stream(std::shared_ptr<Shared> shared, std::shared_ptr<Subscriber> subscriber)
        : shared_(std::move(shared)), subscriber_(std::move(subscriber)) {}
    ~Stream() override {
      {
        std::lock_guard lock(shared_->mutex);
        std::erase(shared_->subscribers, subscriber_);
        shared_->gauge.Set(static_cast<double>(shared_->subscribers.size()));
      }
      std::lock_guard lock(subscriber_->mutex);
      subscriber_->gone = true;
      subscriber_->wake = nullptr;
    }

    State take(std::string& out) override {
      std::lock_guard lock(subscriber_->mutex);
      Subscriber& own = *subscriber_;
      out += own.rendered;
      own.rendered.clear();
      if (own.replaying) return State::behind;
      if (own.dropped) return State::dropped;
      for (const auto& event : own.queue) {
        if (event->id <= own.last) continue;
        own.last = event->id;
        render(*event, out);
      }
      own.queue.clear();
      return State::live;
    }

    void replay() override {
      std::uint64_t cursor = 0;
      {
        std::lock_guard lock(subscriber_->mutex);
        cursor = subscriber_->last;
        // Whatever is left out from here on is committed, and a page read after this sees it.
        subscriber_->lost = false;
        std::erase_if(subscriber_->queue, [&](const auto& event) { return event->id <= cursor; });
      }
      bool complete = false;
      std::string text;
      while (!complete && text.size() < kReplayBytes) {
        auto page = shared_->replay(cursor, kReplayPage);
        if (!page) {
          // Its Last-Event-ID is what it was given; going on from there would hide what could not be read.
          log::warning("could not replay events", {{"detail", page.error().detail}});
          std::lock_guard lock(subscriber_->mutex);
          subscriber_->replaying = false;
          subscriber_->dropped = true;
          subscriber_->queue.clear();
          return;
        }
        if (page->reset_to) {
          cursor = *page->reset_to;
          render({cursor, "reset", "{}"}, text);
        }
        for (const Event& event : page->events) {
          cursor = std::max(cursor, event.id);
          if (shared_->visible(event)(*subscriber_->principal)) render(event, text);
        }
        complete = page->events.size() < kReplayPage;
      }
      std::lock_guard lock(subscriber_->mutex);
      subscriber_->last = cursor;
      subscriber_->rendered += text;
      if (complete && !subscriber_->lost) {
        subscriber_->replaying = false;
      } else if (subscriber_->lost) {
        subscriber_->queue.clear();  // the next page holds them
      }
    }

   private:
    std::shared_ptr<Shared> shared_;
    std::shared_ptr<Subscriber> subscriber_;
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace

std::unique_ptr<EventHub> EventHub::make(Visible visible, Replay replay) {
  return std::make_unique<Hub>(std::move(visible), std::move(replay));
}

}  // namespace reelvault::http
