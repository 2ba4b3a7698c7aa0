#include "search/search_routes.hpp"

#include "http/all_faults.hpp"

namespace reelvault::search {

using namespace http;

void add_search_routes(RouteTable& table, SearchService& search) {
  Route route = post<NoQuery, SearchRequest, SearchPage>(
      "/search",
      {.summary = "Search assets",
       .tag = "Search",
       .access = signed_in(),
       .description = "Over names, descriptions, tags, custom fields, and what was found in the media. Shows, counts "
                      "and suggests only what the caller may read.",
       .idempotent_key = false},
      [&](const Call<NoQuery, SearchRequest>& call) { return search.search(call.principal(), call.body); });
  table.add(with_all_faults<SearchRequest>(std::move(route), [&](const Request& request, const SearchRequest& body) {
    return search.check(*request.principal, body);
  }));
  table.add(get<SuggestQuery, SearchSuggestions>(
      "/search/suggest", {.summary = "Names and tags that begin so", .tag = "Search", .access = signed_in()},
      [&](const Call<SuggestQuery, NoBody>& call) { return search.suggest(call.principal(), call.query); }));
}

}  // namespace reelvault::search
