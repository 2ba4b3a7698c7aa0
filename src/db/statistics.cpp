#include "db/statistics.hpp"

namespace reelvault::db {

Result<void> refresh_statistics(Database& database) {
  if (database.kind() != Kind::postgres) return {};
  RV_TRY(const auto tables, database.read([](Transaction& tx) -> Result<std::vector<std::string>> {
    return tx.all(
        "select quote_ident(relname) from pg_stat_user_tables where schemaname = current_schema() and "
        "n_mod_since_analyze >= 1000 and n_mod_since_analyze >= n_live_tup / 4",
        {}, [](const Row& row) { return row.get<std::string>(0); });
  }));
  for (const std::string& table : tables)
    RV_CHECK(database.write([&](Transaction& tx) -> Result<void> {
      tx.execute("analyze " + table, {});
      return {};
    }));
  return {};
}

}  // namespace reelvault::db
