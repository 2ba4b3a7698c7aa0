// Values on their way to PostgreSQL (binary, with their types) and back (text, by the column's type).
#pragma once
#include "db/database.hpp"

#include <deque>
#include <map>

struct pg_result;

namespace reelvault::db {

// The arguments of one execution. Points into the parameters it was made from.
class PostgresArguments {
 public:
  // One for each of `names`, in that order; throws Failure where one is missing.
  PostgresArguments(const std::vector<std::string>& names, const Parameters& parameters, std::string_view sql);

  const std::vector<unsigned>& types() const { return types_; }  // 0 for NULL: the server decides
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(unsigned type, std::string_view borrowed);
  void add_own(unsigned type, std::string bytes);

  std::vector<unsigned> types_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
  std::deque<std::string> own_;
};

class PostgresRow : public Row {
 public:
  explicit PostgresRow(const pg_result* result) : result_(result) {}
  void move_to(int row) {
    row_ = row;
    decoded_.clear();
  }
  int position(std::string_view column) const override;
  bool null(int column) const override;

 protected:
  std::int64_t integer(int column) const override;
  double real(int column) const override;
  std::string_view bytes(int column) const override;
  Uuid uuid(int column) const override;

 private:
  std::string_view raw(int column) const;

  const pg_result* result_;
  int row_ = 0;
  mutable std::map<int, std::string> decoded_;  // bytea and uuid columns that were asked for
};

}  // namespace reelvault::db
