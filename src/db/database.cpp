#include "db/database.hpp"

#include "db/postgres_database.hpp"
#include "db/sqlite_database.hpp"

namespace reelvault::db {

Result<std::unique_ptr<Database>> Database::open(Options options) {
  if (options.url.empty()) return SqliteDatabase::open(std::move(options));
  return PostgresDatabase::open(std::move(options));
}

}  // namespace reelvault::db
