// Searching: candidates come from the index newest first, are held against what the caller may see and against what the
// index cannot tell, and are ranked by us. Every step has a budget and the whole a deadline, so that no query is
// unbounded; an answer that was cut says so.
#pragma once
#include "base/faults.hpp"
#include "catalog/asset_service.hpp"
#include "search/postings.hpp"
#include "search/query.hpp"
#include "search/search_json.hpp"

namespace reelvault::search {

class SearchService {
 public:
  SearchService(catalog::AssetService& assets, Postings& postings) : assets_(assets), postings_(postings) {}

  Result<SearchPage> search(const Principal& by, const SearchRequest& request);
  // Every fault that a request has, for whom it is.
  Result<void> check(const Principal& by, const SearchRequest& request);
  // Names and tags that begin so, of what the caller may read.
  Result<SearchSuggestions> suggest(const Principal& by, const SuggestQuery& query);

 private:
  void check_custom_fields(db::Transaction& tx, Postings::Mark mark, const Principal& by, const SearchRequest& request,
                           Faults& faults);

  catalog::AssetService& assets_;
  Postings& postings_;
};

}  // namespace reelvault::search
