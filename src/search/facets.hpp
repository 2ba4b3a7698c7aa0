// How many of the matches have which value.
#pragma once
#include "search/search_json.hpp"
#include "search/search_repository.hpp"

#include <map>

namespace reelvault::search {

inline constexpr std::string_view custom_facet = "customFields.";  // before the name of a field
bool is_facet(std::string_view name);

// By facet, the commonest 100 values first, equally common ones in their order.
std::map<std::string, std::vector<SearchFacet>> facets_of(db::Transaction& tx, SearchRepository& repository,
                                                          const std::vector<std::string>& names,
                                                          const std::vector<Candidate>& counted);

}  // namespace reelvault::search
