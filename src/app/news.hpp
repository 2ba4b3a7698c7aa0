// From the outbox to whoever listens: the event stream of the web app, and this node's folder tree when another node
// changed it.
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
  bool visible(const Principal& principal, const http::Event& event);

  Rooms& rooms_;
  std::unique_ptr<http::EventHub> hub_;
  db::OutboxReader reader_;
};

}  // namespace reelvault::app
