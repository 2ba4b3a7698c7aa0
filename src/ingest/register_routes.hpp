// Registering and importing over HTTP (api.md 5).
#pragma once
#include "http/route.hpp"
#include "ingest/register_service.hpp"
#include "ingest/watcher.hpp"

namespace reelvault::ingest {

void add_register_routes(http::RouteTable& table, RegisterService& registers, Watcher& watcher,
                         catalog::AssetService& assets);

}  // namespace reelvault::ingest
