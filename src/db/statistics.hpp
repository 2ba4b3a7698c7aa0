// PostgreSQL plans by what it last counted in its tables, and counts once a minute. In the first minute after a large
// import it takes tables for empty and walks through whole indexes for single rows.
#pragma once
#include "db/database.hpp"

namespace reelvault::db {

// Counts tables anew of which a quarter or more has changed since they were counted, and 1,000 rows at least. Nothing
// on SQLite, which plans without counts. From any thread and several nodes.
Result<void> refresh_statistics(Database& database);

}  // namespace reelvault::db
