// How the matches of a search are sorted, and where a page of them ended: what its token holds.
#pragma once
#include "search/search_json.hpp"

namespace reelvault::search {

enum class Sort { relevance, name, created, modified, size };

struct Sorting {
  Sort by = Sort::relevance;
  bool descending = false;
};

// `text`: as the request has it, checked; anything else is by relevance.
Sorting parse_sort(std::string_view text);

// Where a page ended, and what of the first page holds for all.
struct Place {
  std::int64_t top = 0;  // rows above came later than the first page
  std::int64_t total = 0;
  bool estimate = false;
  std::int64_t window = 0;  // by relevance: rows below it are ranked next; 0: from the top
  std::int64_t exact_floor = 0;
  bool after = false;  // the three below are set
  std::string text;
  std::int64_t number = 0, row = 0;
  bool walk = false;  // by a sort key: along the index of all assets
};

// The token names the request too, and is refused with another one.
std::string encode(const Place& place, const SearchRequest& request);
Result<Place> decode(const SearchRequest& request);

}  // namespace reelvault::search
