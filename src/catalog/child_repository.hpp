// The SQL of a folder's page. A page never counts or skips: it is walked in the order of an index from where the last
// one ended, or, where one of its filters leaves few rows, made from those. How is decided in children.cpp.
#pragma once
#include "catalog/asset_repository.hpp"

namespace reelvault::catalog {

// What finds the rows: the folder alone, or the folder and one filter, by an index that serves both.
enum class ChildDriver { folder, type, media, status, tag, collection, created, modified };

class ChildRepository {
 public:
  ChildRepository(db::Transaction& tx, std::int64_t parent_row, const ChildFilter& filter, Sort sort)
      : tx_(tx), parent_(parent_row), filter_(filter), sort_(sort) {}

  // Rows that the driver finds, at most `at_most`.
  std::int64_t count(ChildDriver driver, std::int64_t at_most);
  // Whatever it finds and all filters let through, in the list's order. For drivers that find few.
  std::vector<PagePosition> few(ChildDriver driver);

  // Of the next `examine` rows in the list's order, after `after`, those that all filters let through, at most `limit`;
  // by a driver that gives this order (`walks`).
  struct Match {
    PagePosition at;
    bool fits = false;  // false: the name only resembled what is looked for
  };
  std::vector<Match> walk(ChildDriver driver, const std::optional<PagePosition>& after, int examine, int limit);
  // Where the `count`th row after `after` stands, whatever it is; nothing: there are fewer.
  std::optional<PagePosition> skip(ChildDriver driver, const std::optional<PagePosition>& after, int count);
  // How many rows stand before and at `last`, at most `at_most`.
  std::int64_t rows_to(ChildDriver driver, const PagePosition& last, int at_most);
  bool walks(ChildDriver driver) const;

 private:
  struct Sql {
    std::string from, where;
    db::Parameters parameters;
  };
  Sql found_by(ChildDriver driver) const;
  // The same, ordered: `order` for "order by", and where `from` is given only what stands after it (or, with "<=", up
  // to it).
  Sql in_order(ChildDriver driver, const std::optional<PagePosition>& from, bool up_to, std::string& order) const;
  // Filters as a condition that no index is chosen by, without the driver's own.
  std::string others(ChildDriver driver, db::Parameters& parameters) const;
  std::string number_column() const;

  db::Transaction& tx_;
  std::int64_t parent_;
  const ChildFilter& filter_;
  Sort sort_;
  mutable std::string maybe_;  // a parameter's text
};

// Whether `a` stands before `b`.
bool before(const PagePosition& a, const PagePosition& b, Sort sort);

}  // namespace reelvault::catalog
