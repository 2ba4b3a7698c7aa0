// Numbered migrations, one SQL file a change (migrations/0001_accounts.sql, with 0001_accounts.sqlite.sql or
// .postgres.sql beside or instead where the dialects differ), built into the program. Forward only; each runs in one
// transaction with its row in schema_migration. A database that is newer than the program is refused, with the oldest
// program that may run beside it.
#pragma once
#include "base/error.hpp"
#include "db/database.hpp"

#include <span>

namespace reelvault::db {

struct Migration {
  int number;
  std::string_view name;      // "accounts"
  std::string_view sql;       // for both, or
  std::string_view sqlite;    // for one (run after `sql`)
  std::string_view postgres;
};
std::span<const Migration> migrations();  // generated from migrations/ at build time

struct MigrationReport {
  int from = 0;
  int to = 0;
};
Result<MigrationReport> migrate(Database& database, std::span<const Migration> list = migrations());
Result<int> schema_version(Database& database);

}  // namespace reelvault::db
