// SQL as text: just enough of a scanner to tell code from strings and comments, so that statements written once can be
// turned into either dialect and migration files split into statements. Pure functions; malformed SQL goes through as
// it is, for the database to complain about.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::db {

struct SqlToken {
  enum class Kind { space, word, quoted, string, parameter, symbol };  // space: blanks and comments
  Kind kind;
  std::string_view text;  // of a parameter with its colon
};
std::vector<SqlToken> scan_sql(std::string_view sql);

// `= any(:list)` becomes `in (select value from reelvault_list(:list))`, `<> all(:list)` the same with `not in`.
std::string sqlite_statement(std::string_view sql);

// `:name` becomes `$n`, the same number for the same name.
struct PostgresStatement {
  std::string sql;
  std::vector<std::string> names;  // of $1, $2 ...
};
PostgresStatement postgres_statement(std::string_view sql);

// Statements without their semicolons and surrounding blanks; a trigger's body stays in one piece.
std::vector<std::string> split_statements(std::string_view script);

// A migration's `create table` and `alter table` in the common dialect, as PostgreSQL wants them.
std::string postgres_schema(std::string_view statement);

}  // namespace reelvault::db
