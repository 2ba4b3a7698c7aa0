#include "auth/page.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

std::string like_part(std::string_view text) {
  std::string out = "%";
  for (char c : text) {
    if (c == '%' || c == '_' || c == '\\') out += '\\';
    out += c;
  }
  return out + "%";
}

std::string_view text_of(const boost::json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

}  // namespace

Result<PageRequest> page_request(std::int64_t size, const std::optional<std::string>& token, std::string_view sort,
                                 const std::optional<std::string>& search) {
  PageRequest request{.size = size};
  if (sort.starts_with('-')) {
    request.descending = true;
    sort.remove_prefix(1);
  }
  request.by_name = sort != "createdAt";
  if (search && !search->empty()) request.search = like_part(fold_case(nfc(*search)));
  if (!token) return request;

  auto bad = [] { return fail_field("?pageToken", "was not given by this list with this sort"); };
  auto text = from_base64url(*token);
  if (!text) return bad();
  boost::system::error_code fault;
  boost::json::value value = boost::json::parse(*text, fault);
  if (fault || !value.is_array()) return bad();
  const boost::json::array& parts = value.get_array();
  if (parts.size() != 3 || !parts[0].is_string() || !parts[2].is_int64()) return bad();
  std::string_view kind = text_of(parts[0]);
  if (kind != fmt::format("{}{}", request.descending ? "-" : "", request.by_name ? "name" : "created")) return bad();
  request.after.emplace();
  request.after->row = parts[2].get_int64();
  if (request.by_name) {
    if (!parts[1].is_string() || text_of(parts[1]).contains('\0')) return bad();
    request.after->name = text_of(parts[1]);
  } else {
    if (!parts[1].is_int64()) return bad();
    request.after->created = parts[1].get_int64();
  }
  return request;
}

std::string page_token(const PageRequest& request, const PageRequest::After& last) {
  boost::json::array parts{fmt::format("{}{}", request.descending ? "-" : "", request.by_name ? "name" : "created")};
  if (request.by_name)
    parts.emplace_back(last.name);
  else
    parts.emplace_back(last.created);
  parts.emplace_back(last.row);
  return base64url(boost::json::serialize(parts));
}

PageSql page_sql(const PageRequest& request, std::string_view name_column, const Further& further) {
  PageSql out;
  out.where = " where true" + further.condition;
  out.parameters = further.parameters;
  if (request.search) {
    out.where += fmt::format(" and {} like :search escape '\\'", name_column);
    out.parameters.push_back({"search", *request.search});
  }
  std::string_view column = request.by_name ? name_column : "created_at";
  std::string_view direction = request.descending ? "desc" : "asc";
  std::string position;
  if (request.after) {
    position = fmt::format(" and ({}, id) {} (:after, :after_row)", column, request.descending ? "<" : ">");
    if (request.by_name)
      out.parameters.push_back({"after", request.after->name});
    else
      out.parameters.push_back({"after", request.after->created});
    out.parameters.push_back({"after_row", request.after->row});
  }
  out.order =
      fmt::format("{} order by {} {}, id {} limit {}", position, column, direction, direction, request.size + 1);
  return out;
}

std::int64_t count_rows(db::Transaction& tx, std::string_view table, const PageRequest& request,
                        std::string_view name_column, const Further& further) {
  PageRequest whole = request;
  whole.after.reset();
  PageSql sql = page_sql(whole, name_column, further);
  return *tx.value<std::int64_t>(
      fmt::format("select count(*) from (select 1 from {}{} limit {}) as counted", table, sql.where, kCountLimit + 1),
      sql.parameters);
}

}  // namespace reelvault::auth
