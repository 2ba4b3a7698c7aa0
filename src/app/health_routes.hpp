// /healthz: the process lives. /readyz: it can do its work. /metrics: for Prometheus, with the token or as an admin.
#pragma once
#include "app/rooms.hpp"

namespace reelvault::app {

// /metrics alone and without a token, for metrics.port.
void add_open_metrics(http::RouteTable& table);
void add_health_routes(http::RouteTable& table, const Config& config, Rooms& rooms);

}  // namespace reelvault::app
