// From the outbox to whoever listens: the event stream of the web app, and this node's folder tree when another node
// changed it. Who may see an event is one table by topic, in news.cpp.
#pragma once
#include "app/rooms.hpp"
#include "http/events.hpp"

namespace reelvault::app {

class News {
 public:
  explicit News(Rooms& rooms);
  Result<void> start();
  void stop();
  http::EventHub& hub() { return *hub_; }

 private:
  Result<http::Replayed> replay(std::int64_t cursor, std::size_t limit);
  void reload_folder(const db::OutboxEvent& event);
  void reload_collection(const db::OutboxEvent& event);

  Rooms& rooms_;
  std::unique_ptr<http::EventHub> hub_;
  db::OutboxReader reader_;
};

}  // namespace reelvault::app
