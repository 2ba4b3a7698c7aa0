// The SQL of a folder's page. A page never counts or skips: it is walked in the order of an index from where the last one
// ended, or, where one of its filters leaves few rows, made from those. How is decided in children.cpp.
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

  struct Examined {
    PagePosition at;
    bool matches = false;
  };
  // The next `limit` rows in the list's order, after `after`; by a driver that gives this order (`walks`).
  std::vector<Examined> walk(ChildDriver driver, const std::optional<PagePosition>& after, int limit);
  bool walks(ChildDriver driver) const;

 private:
  struct Sql {
    std::string from, where;
    db::Parameters parameters;
  };
  Sql found_by(ChildDriver driver) const;
  // Filters as a condition that no index is chosen by, without the driver's own.
  std::string others(ChildDriver driver, db::Parameters& parameters) const;
  std::string number_column() const;

  db::Transaction& tx_;
  std::int64_t parent_;
  const ChildFilter& filter_;
  Sort sort_;
};

// Whether `a` stands before `b`.
bool before(const PagePosition& a, const PagePosition& b, Sort sort);

}  // namespace reelvault::catalog
