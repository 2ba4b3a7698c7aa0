// Sends signed deliveries over HTTP, many at once on one thread. A connection is made only to an address that the guard
// allows, looked at when it is resolved and about to be connected to; redirects are never followed, no proxy is used.
#pragma once
#include "webhook/address_guard.hpp"
#include "webhook/webhook.hpp"

#include <chrono>
#include <memory>
#include <vector>

namespace reelvault::webhook {

class Sender {
 public:
  struct Options {
    AddressGuard guard;
    std::chrono::milliseconds timeout{10000};
    std::string agent = "Reelvault";
  };
  explicit Sender(Options options);
  ~Sender();  // what is under way is broken off

  // One thread uses these.
  void begin(const Webhook& hook, const Delivery& delivery);
  struct Done {
    Delivery delivery;
    Outcome outcome;
  };
  std::vector<Done> wait(std::chrono::milliseconds at_most);  // until something ended or wake is called
  std::size_t under_way() const;
  void wake();  // any thread

  // Any thread; blocks.
  Outcome send(const Webhook& hook, const Delivery& delivery) const;

 private:
  struct Transfer;
  struct State;
  std::unique_ptr<Transfer> prepare(const Webhook& hook, const Delivery& delivery) const;

  const Options options_;
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::webhook
