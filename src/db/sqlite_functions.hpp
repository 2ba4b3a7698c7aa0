// What every SQLite connection gets so that one SQL serves both databases: least() and greatest() as PostgreSQL has
// them, and reelvault_list(:list), the table of the values of a bound list; and, where a statement is SQLite's alone,
// the aggregate reelvault_numbers(x), whose result numbers_of reads.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

struct sqlite3;

namespace reelvault::db {

inline constexpr char sqlite_list_pointer[] = "reelvault-list";  // the pointer type of a bound Value::Variant
std::vector<std::int64_t> numbers_of(std::string_view bytes);    // of a blob that reelvault_numbers made
int add_sqlite_functions(sqlite3* handle);                       // a SQLite result code

}  // namespace reelvault::db
