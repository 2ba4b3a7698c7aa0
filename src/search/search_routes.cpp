#include "search/search_routes.hpp"

namespace reelvault::search {

using namespace http;

void add_search_routes(RouteTable& table, SearchService& search) {
  table.add(post<NoQuery, SearchRequest, SearchPage>(
      "/search",
      {.summary = "Search assets",
       .tag = "Search",
       .access = signed_in(),
       .description = "Over names, descriptions, tags, custom fields, and what was found in the media. Shows, counts "
                      "and suggests only what the caller may read.",
       .idempotent_key = false},
      [&](const Call<NoQuery, SearchRequest>& call) { return search.search(call.principal(), call.body); }));
  table.add(get<SuggestQuery, SearchSuggestions>(
      "/search/suggest", {.summary = "Names and tags that begin so", .tag = "Search", .access = signed_in()},
      [&](const Call<SuggestQuery, NoBody>& call) { return search.suggest(call.principal(), call.query); }));
}

}  // namespace reelvault::search
