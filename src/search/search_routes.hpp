// POST /search and GET /search/suggest.
#pragma once
#include "http/route.hpp"
#include "search/search_service.hpp"

namespace reelvault::search {

void add_search_routes(http::RouteTable& table, SearchService& search);

}  // namespace reelvault::search
