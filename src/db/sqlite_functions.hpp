// What every SQLite connection gets so that one SQL serves both databases: least() and greatest() as PostgreSQL has
// them, and reelvault_list(:list), the table of the values of a bound list.
#pragma once

struct sqlite3;

namespace reelvault::db {

inline constexpr char sqlite_list_pointer[] = "reelvault-list";  // the pointer type of a bound Value::Variant
int add_sqlite_functions(sqlite3* handle);                       // a SQLite result code

}  // namespace reelvault::db
