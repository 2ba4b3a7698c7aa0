// Batches over HTTP: POST /admin/asset/{actionName}, GET /admin/batch/{id}, and each action's route for one asset.
#pragma once
#include "catalog/batch_service.hpp"
#include "http/route.hpp"

namespace reelvault::catalog {

void add_batch_routes(http::RouteTable& table, AssetService& assets, BatchService& batches);

}  // namespace reelvault::catalog
