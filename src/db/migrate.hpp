// Numbered migrations, one SQL file a change (migrations/0001_accounts.sql, with 0001_accounts.sqlite.sql or
// .postgres.sql beside or instead where the dialects differ), built into the program. Forward only; each runs in one
// transaction with its row in schema_migration. A database that is newer than the program is refused, with the oldest
// program that may run beside it, unless this is such a program: a migration that older programs can live with says so
// in a line `-- programs since: 7` (those that know migration 7). The common text is adapted for PostgreSQL as
// database.hpp says, a variant is run as it stands. On SQLite foreign keys are off while a migration runs, as its
// procedure for changing tables wants it, and checked before its commit; and an existing database is first copied to
// <file>.before-<number>. Two nodes may migrate one PostgreSQL database at once.
#pragma once
#include "base/error.hpp"
#include "db/database.hpp"

#include <span>

namespace reelvault::db {

struct Migration {
  int number;
  std::string_view name;    // "accounts"
  std::string_view sql;     // for both, or
  std::string_view sqlite;  // for one (run after `sql`)
  std::string_view postgres;
};
std::span<const Migration> migrations();  // generated from migrations/ at build time

struct MigrationReport {
  int from = 0;
  int to = 0;
};
Result<MigrationReport> migrate(Database& database, std::span<const Migration> list = migrations());
Result<int> schema_version(Database& database);  // 0: nothing there yet

}  // namespace reelvault::db
