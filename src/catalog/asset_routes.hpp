// The catalogue over HTTP: each read under /admin/asset/... exists under /asset/... too.
#pragma once
#include "catalog/asset_service.hpp"
#include "catalog/content_service.hpp"
#include "catalog/detail.hpp"
#include "http/route.hpp"

namespace reelvault::catalog {

void add_asset_routes(http::RouteTable& table, AssetService& assets, ContentService& content, DetailService& details);

}  // namespace reelvault::catalog
