#include "catalog/paging.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

Sort parse_sort(std::string_view text) {
  Sort sort;
  if (text.starts_with('-')) {
    sort.descending = true;
    text.remove_prefix(1);
  }
  sort.key = text == "createdAt"    ? SortKey::created
             : text == "modifiedAt" ? SortKey::modified
             : text == "size"       ? SortKey::size
                                    : SortKey::name;
  return sort;
}

std::string encode_page_token(const Asset& last, Sort sort) {
  PagePosition position{
      .type = static_cast<std::int64_t>(last.type), .text = name_sort_key(last.name), .row = last.row};
  if (sort.key != SortKey::name)
    position.number = sort.key == SortKey::size
                          ? last.size
                          : unix_ms(sort.key == SortKey::created ? last.created_at : last.modified_at);
  return encode_page_token(position, sort);
}

std::string encode_page_token(const PagePosition& last, Sort sort) {
  json::array token{static_cast<int>(sort.key), sort.descending, last.row};
  if (sort.key == SortKey::name) {
    token.push_back(last.type);
    token.push_back(json::string(base64url(last.text)));
  } else {
    token.push_back(last.number);
  }
  if (last.total) token.push_back(*last.total);
  return base64url(json::serialize(token));
}

Result<std::optional<PagePosition>> decode_page_token(const std::optional<std::string>& token, Sort sort) {
  if (!token) return std::optional<PagePosition>{};
  auto bad = [] { return fail_field("?pageToken", "was not given by this list with this sort"); };
  auto text = from_base64url(*token);
  if (!text) return bad();
  boost::system::error_code fault;
  json::value value = json::parse(*text, fault);
  if (fault || !value.is_array()) return bad();
  const json::array& parts = value.get_array();
  std::size_t length = sort.key == SortKey::name ? 5 : 4;
  if ((parts.size() != length && parts.size() != length + 1) ||
      (parts.size() == length + 1 && !parts[length].is_int64()) || !parts[0].is_int64() || !parts[1].is_bool() ||
      !parts[2].is_int64() || !parts[3].is_int64() || parts[0].get_int64() != static_cast<int>(sort.key) ||
      parts[1].get_bool() != sort.descending)
    return bad();
  PagePosition position;
  position.row = parts[2].get_int64();
  if (sort.key == SortKey::name) {
    if (!parts[4].is_string()) return bad();
    auto key = from_base64url(std::string_view(parts[4].get_string().data(), parts[4].get_string().size()));
    if (!key || !valid_utf8(*key) || key->contains('\0')) return bad();
    position.type = parts[3].get_int64();
    position.text = *key;
  } else {
    position.number = parts[3].get_int64();
  }
  if (parts.size() == length + 1) position.total = parts[length].get_int64();
  return std::optional(position);
}

std::string like_pattern(std::string_view text) {
  std::string out = "%";
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

}  // namespace reelvault::catalog
