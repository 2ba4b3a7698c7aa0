// What happens to a request between the socket and its handler: routing, the gate, binding, idempotency, CORS,
// problems, metrics. No sockets here; connection.cpp calls these in order, on the loop or on a lane. Thread-safe.
#pragma once
#include "http/lane.hpp"
#include "http/server.hpp"

#include <unordered_map>

namespace reelvault::http {

class Pipeline {
 public:
  Pipeline(const ServerOptions& options, const RouteTable& table, Gate& gate, IdempotencyStore* idempotency);
  ~Pipeline();

  // A fresh request gets its id, what is not sane of a client's own being replaced, and the address of its client where
  // a trusted proxy tells it.
  void identify(Request& request) const;
  // OPTIONS: preflights of configured origins, else Allow.
  std::optional<Response> options(Request& request) const;
  // Whether admit may have to wait, and so belongs on a lane.
  bool may_wait(const Request& request) const { return gate_.may_wait(request); }
  std::function<bool()> standing(const Request& request) const { return gate_.standing(request); }
  // Finds the route and asks who calls: 404, 405, 401, 403. Sets path parameters and principal.
  Result<const Route*> admit(Request& request, bool known_method) const;
  // 415 where a JSON body comes as something else, 413 where it is announced too large.
  Result<void> check_body(const Route& route, const Request& request, bool has_body) const;
  // Ids, query and body; every fault at once.
  Result<Handler> bind(const Route& route, Request& request) const;
  // Where it runs: Cost::point is the loop.
  Cost cost(const Route& route, const Request& request) const;
  // The permission, Idempotency-Key, the handler, preconditions and ranges. Never throws.
  Response run(const Route& route, Request& request, Handler& handler) const;
  // The same for a streamed body: what comes before the first byte, and after the last.
  Result<Streamed> open(const Route& route, Request& request) const;
  Response finish(const Request& request, Streamed& streamed) const;

  // An error as a response; those that are the server's fault are logged.
  Response problem(const Request& request, const Error& error) const;
  // Fields that every response carries.
  void decorate(const Request& request, Response& response) const;
  // Access log and metrics of a response that was sent. `route` may be null.
  void record(const Route* route, const Request& request, int status, double seconds, std::uint64_t bytes) const;

 private:
  struct RouteMetrics;
  bool origin_allowed(std::string_view origin) const;
  RouteMetrics& metrics_of(const Route* route) const;

  const ServerOptions& options_;
  const RouteTable& table_;
  Gate& gate_;
  IdempotencyStore* idempotency_;
  mutable std::unordered_map<const Route*, std::unique_ptr<RouteMetrics>> metrics_;  // filled at start
};

// Runs `fn`, which gives a Result; what it throws becomes an internal error.
template <class F>
auto guarded(F&& fn) -> decltype(fn()) {
  try {
    return fn();
  } catch (const std::exception& bug) {
    return fail(Code::internal, "", "", std::string("exception: ") + bug.what());
  } catch (...) {
    return fail(Code::internal, "", "", "exception of an unknown type");
  }
}

}  // namespace reelvault::http
