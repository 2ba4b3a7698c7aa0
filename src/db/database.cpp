#include "db/database.hpp"

#include "db/sqlite_database.hpp"

namespace reelvault::db {

Result<std::unique_ptr<Database>> Database::open(Options options) { return SqliteDatabase::open(std::move(options)); }

}  // namespace reelvault::db
