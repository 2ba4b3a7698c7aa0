#include "app/health_routes.hpp"

#include "app/readiness.hpp"
#include "auth/access_control.hpp"
#include "base/hash.hpp"
#include "base/metrics.hpp"
#include "jobs/worker_list.hpp"

#include <boost/json.hpp>

#include <set>

namespace reelvault::app {

using namespace http;

namespace {
constexpr std::chrono::milliseconds kPatience{1500};

Result<void> reached(Rooms& rooms) {
  RV_CHECK(rooms.database.read([](db::Transaction& tx) -> Result<void> {
    (void)tx.value<std::int64_t>("select count(*) from schema_migration");
    return {};
  }));
  // Where it was unmounted, or moved away; of stores elsewhere each request learns for itself.
  if (const auto* local = rooms.stores->find("local"); local && local->parts && !local->store->free_bytes())
    return fail(Code::unavailable, "store-unavailable", "The folder of the local store is not there.");
  return {};
}

Response exposition() { return Response::text(200, "text/plain; version=0.0.4; charset=utf-8", metrics::text()); }
}  // namespace

void add_open_metrics(RouteTable& table) {
  table.add(raw(Method::get, "/metrics",
                {.summary = "Metrics for Prometheus", .tag = "Health", .access = everyone(), .cost = Cost::read},
                [](Request&) -> Result<Response> { return exposition(); }));
}

void add_health_routes(RouteTable& table, const Config& config, Rooms& rooms) {
  table.add(raw(Method::get, "/healthz",
                // Held up by no lane that may be full of what waits for the database.
                {.summary = "The process lives", .tag = "Health", .access = everyone(), .cost = Cost::wait},
                [](Request&) -> Result<Response> { return Response::json(200, R"({"status":"ok"})"); }));
  table.add(raw(Method::get, "/readyz",
                {.summary = "The database and the folder of the local store can be reached",
                 .tag = "Health",
                 .access = everyone(),
                 .cost = Cost::wait,
                 .errors = {503}},
                [&rooms, readiness = std::make_shared<Readiness>([&rooms] { return reached(rooms); })](
                    Request&) -> Result<Response> {
                  RV_CHECK(readiness->now(kPatience));
                  // What confines those that decode, as the workers say of themselves; none has asked for work yet at
                  // first.
                  boost::json::array decoders;
                  std::set<std::string> seen;
                  for (const jobs::WorkerJson& worker : rooms.workers.all())
                    if (worker.isolation && seen.insert(*worker.isolation).second)
                      decoders.push_back(boost::json::string(*worker.isolation));
                  return Response::json(
                      200, boost::json::serialize(boost::json::object{{"status", "ready"}, {"decoders", decoders}}));
                }));
  Access by_token = everyone();
  table.add(raw(
      Method::get, "/metrics",
      {.summary = "Metrics for Prometheus", .tag = "Health", .access = by_token, .cost = Cost::read, .errors = {401}},
      [token = config.text("metrics.token")](Request& request) -> Result<Response> {
        std::string_view given = request.headers.get("Authorization");
        bool admin = request.principal && request.principal->signed_in() && request.principal->role == Role::admin &&
                     auth::scope_allows(*request.principal, "admin");
        bool by_metrics_token =
            !token.empty() && given.starts_with("Bearer ") && equal_in_constant_time(given.substr(7), token);
        if (!admin && !by_metrics_token)
          return fail(Code::unauthenticated, "unauthenticated",
                      "Metrics are for administrators, or with the metrics token.");
        return exposition();
      }));
}

}  // namespace reelvault::app
