// The server: event loops, connections, TLS, limits, lanes. Nothing outside http/ knows Asio.
//
// One io_context per thread with SO_REUSEPORT. start() returns when the port listens; stop() refuses new connections,
// finishes what is in flight within the grace time, and returns. Thread-safe.
#pragma once
#include "http/events.hpp"
#include "http/forwarded.hpp"
#include "http/route.hpp"

#include <functional>
#include <memory>

namespace reelvault::http {

// What http asks of auth: small, owned here, implemented there.
class Gate {
 public:
  virtual ~Gate() = default;
  // Whether authenticate may have to wait for somebody else (an issuer of tokens): then it runs on the lane for outside
  // calls, which 503s when it is full. Asked on the loop for every request; quick.
  virtual bool may_wait(const Request&) const { return false; }
  // Bearer token, session cookie or none -> a principal; 401 where the route wants one; 403 where its role does not
  // suffice. A bad token on a public route is ignored. Cookie sessions on unsafe methods need the CSRF header.
  // May touch the database for API keys; must be quick (a cache) since it runs on the loop.
  virtual Result<std::shared_ptr<const Principal>> authenticate(const Request& request, const Access& access) = 0;
  // Asked now and then while an answer goes on for long (an event stream): whether who was authenticated is let in
  // still, their session not being ended and their key not taken back. A token that has only expired still stands.
  // Called on the loop for every event, so it must cost next to nothing while nothing has changed. Null: it always
  // does.
  virtual std::function<bool()> standing(const Request&) { return {}; }
  // The permission on one asset: not_found (unknown or unreadable), forbidden.
  virtual Result<void> authorize(const Principal& principal, const Access& access, const Uuid& resource) = 0;
};

// Idempotency-Key on POST (api.md 1): within 24 hours the same key of the same principal on the same route with the
// same body gives the first answer again.
class IdempotencyStore {
 public:
  virtual ~IdempotencyStore() = default;
  // A stored response to give again; nothing, when this request is the first (and is now marked as running); conflict
  // while the first still runs; unprocessable for another body.
  virtual Result<std::optional<Response>> begin(const Request& request, const Route& route) = 0;
  virtual void finish(const Request& request, const Route& route, const Response& response) = 0;  // 5xx: forgotten
};

struct ServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;  // 0: any; see Server::port()
  std::string unix_socket;    // instead of address and port, for the worker protocol
  int threads = 0;            // 0: cores
  std::string public_url;
  std::string tls_certificate, tls_key;          // PEM files; both or neither
  std::chrono::milliseconds tls_interval{5000};  // between looks whether they were replaced
  std::uint64_t header_limit = 32 << 10;
  std::uint64_t body_limit = 16 << 20;
  int max_connections = 10000;
  std::chrono::seconds idle_timeout{60}, header_timeout{15}, request_timeout{60}, shutdown_grace{30};
  std::uint64_t minimum_rate = 1024;  // bytes a second, averaged over rate_window; slower clients are dropped
  std::vector<std::string> cors_origins;
  TrustedProxies proxies;     // whose word on the client's address is taken
  bool inline_points = true;  // Cost::point on the loop (SQLite)
  int read_lane = 0;          // 0: 2 per core
  int write_lane = 64, hash_lane = 0, outside_lane = 16, disk_lane = 8, wait_lane = 64;
  int lane_queue = 0;                    // requests that may wait for a lane; 0: 32 per thread of it
  std::chrono::seconds rate_window{30};  // over which minimum_rate is averaged
  std::chrono::milliseconds event_heartbeat{15000};
  // An event stream ends after this and resumes by Last-Event-ID, signed in anew: a revoked right ends within it.
  std::chrono::seconds event_stream_limit{900};
  bool expose_api_prefix = true;
};

class Server {
 public:
  // Table, gate and hub must outlive the server. `idempotency` may be null.
  static Result<std::unique_ptr<Server>> start(ServerOptions options, const RouteTable& table, Gate& gate,
                                               EventHub* hub, IdempotencyStore* idempotency);
  virtual ~Server() = default;
  virtual std::uint16_t port() const = 0;
  virtual void stop() = 0;
};

// Applies Range, If-Range, If-None-Match, If-Modified-Since (RFC 9110) to a 200 response that has an ETag or
// Last-Modified: 206 (single or multipart/byteranges), 304, 416, or as it was. For GET and HEAD.
Response conditional(const Request& request, Response full);

}  // namespace reelvault::http
