// Who may do what, over HTTP.
#pragma once
#include "catalog/access_service.hpp"
#include "http/route.hpp"

namespace reelvault::catalog {

void add_access_routes(http::RouteTable& table, AccessService& access);

}  // namespace reelvault::catalog
