#include "search/place.hpp"

#include "base/hash.hpp"
#include "base/sealed.hpp"
#include "base/text.hpp"

#include <xxhash.h>

namespace reelvault::search {

namespace json = boost::json;

Sorting parse_sort(std::string_view text) {
  Sorting out;
  out.descending = text.starts_with('-');
  if (out.descending) text.remove_prefix(1);
  out.by = text == "name"         ? Sort::name
           : text == "createdAt"  ? Sort::created
           : text == "modifiedAt" ? Sort::modified
           : text == "size"       ? Sort::size
                                  : Sort::relevance;
  return out;
}

namespace {
std::string request_mark(const SearchRequest& request) {
  std::string text = request.query + '\0' + request.sort + '\0';
  if (request.filters) text += dto::write(*request.filters);
  return fmt::format("{:016x}", static_cast<std::uint64_t>(XXH3_64bits(text.data(), text.size())));
}
}  // namespace

std::string encode(const Place& place, const SearchRequest& request) {
  return sealed(json::serialize(json::array{json::string(request_mark(request)), place.top, place.total, place.estimate,
                                            place.window, place.exact_floor, place.after,
                                            json::string(base64url(place.text)), place.number, place.row, place.walk}));
}

Result<Place> decode(const SearchRequest& request) {
  auto bad = [] {
    return fail_field("/pageToken", "was not given by this search with this query, these filters and this sort");
  };
  auto text = unsealed(*request.pageToken);
  if (!text) return bad();
  boost::system::error_code fault;
  json::value value = json::parse(*text, fault);
  if (fault || !value.is_array() || value.get_array().size() != 11) return bad();
  const json::array& a = value.get_array();
  for (std::size_t i : {1, 2, 4, 5, 8, 9})
    if (!a[i].is_int64()) return bad();
  for (std::size_t i : {3, 6, 10})
    if (!a[i].is_bool()) return bad();
  if (!a[0].is_string() || !a[7].is_string() || a[0].get_string() != request_mark(request)) return bad();
  auto key = from_base64url(std::string_view(a[7].get_string().data(), a[7].get_string().size()));
  if (!key || !valid_utf8(*key)) return bad();
  return Place{
      a[1].get_int64(), a[2].get_int64(), a[3].get_bool(), a[4].get_int64(), a[5].get_int64(), a[6].get_bool(), *key,
      a[8].get_int64(), a[9].get_int64(), a[10].get_bool()};
}

}  // namespace reelvault::search
