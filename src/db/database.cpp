#include "db/database.hpp"

#include "db/postgres_database.hpp"
#include "db/sqlite_database.hpp"

namespace reelvault::db {

Result<std::unique_ptr<Database>> Database::open(Options options) {
  if (options.url.empty()) return SqliteDatabase::open(std::move(options));
  // Anything else libpq takes for the name of a database on this machine.
  if (!options.url.starts_with("postgresql://") && !options.url.starts_with("postgres://"))
    return fail(Code::invalid, "configuration", "database.url must begin with postgresql://.");
  return PostgresDatabase::open(std::move(options));
}

}  // namespace reelvault::db
