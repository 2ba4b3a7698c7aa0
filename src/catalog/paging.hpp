// Page tokens of asset lists: opaque, bound to the sort they were made for, stable under concurrent inserts.
#pragma once
#include "catalog/asset_repository.hpp"

namespace reelvault::catalog {

Sort parse_sort(std::string_view text);  // "name", "-createdAt", … (checked by the query's rules)
std::string encode_page_token(const Asset& last, Sort sort);
std::string encode_page_token(const PagePosition& last, Sort sort);
Result<std::optional<PagePosition>> decode_page_token(const std::optional<std::string>& token, Sort sort);
std::string like_pattern(std::string_view text);  // "%text%" with \ escapes

}  // namespace reelvault::catalog
