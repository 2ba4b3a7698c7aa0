// Lists of accounts: pages by key. A token holds the sort and the last row's key, so that what is inserted or removed
// meanwhile neither repeats nor hides a row.
#pragma once
#include "base/dto.hpp"
#include "db/database.hpp"

namespace reelvault::auth {

inline constexpr std::int64_t kCountLimit = 10'000;

// Where the last page ended.
struct PageAfter {
  std::string name;  // by_name
  std::int64_t created = 0;
  std::int64_t row = 0;
};

struct PageRequest {
  std::int64_t size = 50;
  bool by_name = true;  // else by creation
  bool descending = false;
  std::optional<std::string> search;  // part of a name, case folded
  using After = PageAfter;
  std::optional<After> after;
};

// "name" or "username", "createdAt", with "-" in front for descending.
Result<PageRequest> page_request(std::int64_t size, const std::optional<std::string>& token, std::string_view sort,
                                 const std::optional<std::string>& search = std::nullopt);
std::string page_token(const PageRequest& request, const PageRequest::After& last);

// A condition of the list's own, and its parameters.
struct Further {
  std::string condition;  // begins with " and "
  db::Parameters parameters;
};
// The where and order of such a list over a table with columns `name_column`, created_at and id; the parameters go with
// it, and point into `request`.
struct PageSql {
  std::string where;
  std::string order;  // " order by … limit …", one row more than the page has
  db::Parameters parameters;
};
PageSql page_sql(const PageRequest& request, std::string_view name_column, const Further& further = {});
// Rows that the whole list has, at most kCountLimit + 1.
std::int64_t count_rows(db::Transaction& tx, std::string_view table, const PageRequest& request,
                        std::string_view name_column, const Further& further = {});

template <class Item>
struct Page {
  std::vector<Item> items;
  std::optional<std::string> next;
  std::int64_t total = 0;
  bool estimate = false;
};
// From one row more than asked for.
template <class Row, class Key>
Page<Row> make_page(std::vector<Row> rows, const PageRequest& request, std::int64_t total, Key key) {
  Page<Row> page;
  bool more = static_cast<std::int64_t>(rows.size()) > request.size;
  if (more) rows.resize(static_cast<std::size_t>(request.size));
  if (more) page.next = page_token(request, key(rows.back()));
  page.items = std::move(rows);
  page.total = std::min(total, kCountLimit);
  page.estimate = total > kCountLimit;
  return page;
}

}  // namespace reelvault::auth
