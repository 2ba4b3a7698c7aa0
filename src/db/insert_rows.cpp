#include "db/database.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>

namespace reelvault::db {
namespace {

constexpr std::size_t together = 32;
constexpr std::size_t columns_max = 20;

// Parameters are views of their names.
const std::string& name_of(std::size_t index) {
  static const auto names = [] {
    std::array<std::string, together * columns_max> made;
    for (std::size_t i = 0; i < made.size(); ++i) made[i] = fmt::format("v{}", i);
    return made;
  }();
  return names.at(index);
}

std::string statement(std::string_view table, std::span<const std::string_view> columns, std::size_t rows) {
  std::string sql = fmt::format("insert into {} ({}) values ", table, fmt::join(columns, ", "));
  for (std::size_t i = 0; i < rows * columns.size(); ++i) {
    if (i % columns.size() == 0) sql += i == 0 ? "(" : "), (";
    if (i % columns.size() != 0) sql += ", ";
    sql += ':';
    sql += name_of(i);
  }
  return sql + ")";
}

}  // namespace

void insert_rows(Transaction& tx, std::string_view table, std::span<const std::string_view> columns, std::size_t count,
                 const std::function<void(std::size_t row, std::vector<Value>& values)>& values) {
  // SQLite has no round trips to save, and keeps a journal of a statement that may fail at its second row.
  const std::size_t most = tx.kind() == Kind::postgres ? together : 1;
  std::string sql;
  std::size_t made_for = 0;
  std::vector<Value> some;
  for (std::size_t at = 0; at < count;) {
    const std::size_t rows = std::min(most, std::bit_floor(count - at));  // few statements, which stay prepared
    some.clear();
    for (std::size_t i = 0; i < rows; ++i) values(at + i, some);
    if (made_for != rows) sql = statement(table, columns, made_for = rows);
    Parameters parameters;
    parameters.reserve(some.size());
    for (std::size_t i = 0; i < some.size(); ++i) parameters.push_back({name_of(i), std::move(some[i])});
    tx.execute(sql, parameters);
    at += rows;
  }
}

}  // namespace reelvault::db
