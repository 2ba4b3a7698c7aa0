#include "db/migrate.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "db/sql_text.hpp"
#include "db/sqlite_connection.hpp"
#include "db/sqlite_transaction.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

namespace reelvault::db {
namespace {

constexpr std::string_view make_table =
    "create table if not exists schema_migration (number bigint primary key, name text not null, "
    "programs_since bigint not null, applied_at bigint not null)";

bool table_exists(Transaction& tx) {
  const char* sql = tx.kind() == Kind::sqlite
                        ? "select 1 from sqlite_master where type = 'table' and name = 'schema_migration'"
                        : "select 1 where to_regclass('schema_migration') is not null";
  return tx.value<int>(sql).has_value();
}

int current_version(Transaction& tx) {
  return tx.value<std::optional<int>>("select max(number) from schema_migration").value_or(std::nullopt).value_or(0);
}

// The oldest program that may run on the database once this migration is applied: the one that knows it, unless a line
// `-- programs since: N` says otherwise.
int programs_since(const Migration& migration) {
  constexpr std::string_view directive = "-- programs since:";
  for (std::string_view text : {migration.sql, migration.sqlite, migration.postgres}) {
    for (std::string_view line : split(text, '\n')) {
      if (!line.starts_with(directive)) continue;
      const std::string_view digits = trim(line.substr(directive.size()));
      int number = 0;
      if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec == std::errc()) return number;
    }
  }
  return migration.number;
}

void apply(Transaction& tx, const Migration& migration) {
  const bool sqlite = tx.kind() == Kind::sqlite;
  for (const std::string& statement : split_statements(migration.sql)) {
    tx.execute_raw(sqlite ? statement : postgres_schema(statement));
  }
  for (const std::string& statement : split_statements(sqlite ? migration.sqlite : migration.postgres)) {
    tx.execute_raw(statement);
  }
  tx.execute(
      "insert into schema_migration (number, name, programs_since, applied_at) values (:number, :name, :since, "
      ":now)",
      {{"number", migration.number}, {"name", migration.name}, {"since", programs_since(migration)}, {"now", now()}});
}

// Another node may have applied it by the time this one gets the lock.
Result<void> apply_on_postgres(Database& database, const Migration& migration) {
  return database.write([&](Transaction& tx) -> Result<void> {
    tx.execute_raw("set local lock_timeout = 0");
    tx.execute_raw("set local statement_timeout = 0");
    // For as long as another node's migration takes.
    tx.execute_raw("select pg_advisory_xact_lock(hashtextextended('reelvault migrate ' || current_schema(), 0))");
    tx.execute_raw(make_table);
    if (current_version(tx) < migration.number) apply(tx, migration);
    return {};
  });
}

Result<void> apply_on_sqlite(SqliteConnection& connection, const Migration& migration) {
  SqliteTransaction tx(connection);
  const std::function<Result<void>(Transaction&)> closure = [&](Transaction&) -> Result<void> {
    tx.execute_raw("begin immediate");
    tx.execute_raw(make_table);
    if (current_version(tx) < migration.number) apply(tx, migration);
    tx.each("pragma foreign_key_check", {}, [&](const Row& row) {
      throw_bug(fmt::format("a row of {} refers to one of {} that is missing", row.get<std::string_view>(0),
                            row.get<std::string_view>(2)));
    });
    tx.execute_raw("commit");
    return {};
  };
  Outcome outcome = run_closure(closure, tx);
  if (connection.in_transaction()) connection.control("rollback");
  if (outcome.exception) std::rethrow_exception(outcome.exception);
  return std::move(outcome.result);
}

Result<void> migrate_sqlite(Database& database, std::span<const Migration> pending, int from) {
  if (from > 0) {
    std::filesystem::path copy = database.file();
    copy += fmt::format(".before-{}", pending.front().number);
    if (Result<void> copied = database.backup(copy); !copied) {
      return fail(std::move(copied.error()).within("copying the database before its migration"));
    }
    log::info("copied the database before its migration", {{"file", copy.string()}});
  }
  RV_TRY(auto connection, SqliteConnection::open(database.file(), SqliteConnection::Role::writer));
  if (const int code = connection->control("pragma foreign_keys = off"); code != SQLITE_OK) {
    return fail(connection->failure(code, "pragma foreign_keys").error);
  }
  // A new file has nothing to lose: its commits need no sync each, and the first one after them syncs the whole log.
  if (from == 0) connection->control("pragma synchronous = normal");
  for (const Migration& migration : pending) {
    if (Result<void> applied = apply_on_sqlite(*connection, migration); !applied) {
      return fail(std::move(applied.error()).within(fmt::format("migration {} {}", migration.number, migration.name)));
    }
  }
  return {};
}

Result<void> migrate_postgres(Database& database, std::span<const Migration> pending) {
  for (const Migration& migration : pending) {
    if (Result<void> applied = apply_on_postgres(database, migration); !applied) {
      return fail(std::move(applied.error()).within(fmt::format("migration {} {}", migration.number, migration.name)));
    }
  }
  return {};
}

Result<void> check_newer(Database& database, int version, int known) {
  RV_TRY(const int since, database.read([&](Transaction& tx) -> Result<int> {
    return tx.value<int>("select max(programs_since) from schema_migration where number > :known", {{"known", known}})
        .value_or(version);
  }));
  if (known >= since) {
    log::warning("the database is newer than this program, which may still run beside it",
                 {{"database", version}, {"program", known}});
    return {};
  }
  const std::string sentence = fmt::format(
      "The database is at schema version {}, this program knows {}. The oldest program that may run on it "
      "knows version {}; install that or a newer one.",
      version, known, since);
  return fail(Code::conflict, "database-newer", sentence, sentence);
}

}  // namespace

Result<int> schema_version(Database& database) {
  return database.read([](Transaction& tx) -> Result<int> { return table_exists(tx) ? current_version(tx) : 0; });
}

Result<MigrationReport> migrate(Database& database, std::span<const Migration> list) {
  for (std::size_t i = 1; i < list.size(); ++i) {
    if (list[i].number <= list[i - 1].number) {
      return fail(Code::internal, "", "The program's migrations are out of order.",
                  fmt::format("migration {} after {}", list[i].number, list[i - 1].number));
    }
  }
  const int known = list.empty() ? 0 : list.back().number;
  RV_TRY(const int from, schema_version(database));
  const auto first = std::find_if(list.begin(), list.end(), [&](const Migration& m) { return m.number > from; });
  const std::span<const Migration> pending(first, list.end());
  if (!pending.empty()) {
    RV_CHECK(database.kind() == Kind::sqlite ? migrate_sqlite(database, pending, from)
                                             : migrate_postgres(database, pending));
  }
  RV_TRY(const int to, schema_version(database));  // another node may be newer and faster
  if (to > known) RV_CHECK(check_newer(database, to, known));
  if (to != from) log::info("migrated the database", {{"from", from}, {"to", to}});
  return MigrationReport{from, to};
}

}  // namespace reelvault::db
