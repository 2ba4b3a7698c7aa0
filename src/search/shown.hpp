// The page of a search: the assets that were found, with what was found in them.
#pragma once
#include "catalog/asset_service.hpp"
#include "search/query.hpp"
#include "search/search_json.hpp"
#include "search/search_repository.hpp"

namespace reelvault::search {

// A row to be shown, and how good it is.
struct Hit {
  std::int64_t row = 0;
  std::int64_t points = 0;  // thousandths
};

// In the order of the hits; one whose asset is gone is left out.
std::vector<SearchItem> shown(db::Transaction& tx, catalog::AssetService& assets, SearchRepository& repository,
                              const Query& query, const std::vector<Hit>& hits);

}  // namespace reelvault::search
