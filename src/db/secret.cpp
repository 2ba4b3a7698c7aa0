#include "db/secret.hpp"

#include "base/hash.hpp"

namespace reelvault::db {

Result<std::string> kept_secret(Database& database, std::string_view name, const std::function<std::string()>& make) {
  RV_TRY(auto kept, database.read([&](Transaction& tx) -> Result<std::optional<std::string>> {
    return tx.value<std::string>("select value from server_secret where name = :name", {{"name", name}});
  }));
  if (kept) return *kept;
  const std::string made = make();
  return database.write([&](Transaction& tx) -> Result<std::string> {
    tx.execute(
        "insert into server_secret (name, value, created_at) values (:name, :value, :at) on conflict (name) do nothing",
        {{"name", name}, {"value", made}, {"at", now()}});
    return *tx.value<std::string>("select value from server_secret where name = :name", {{"name", name}});
  });
}

Result<std::string> server_secret(Database& database, std::string_view name) {
  RV_TRY(std::string text, kept_secret(database, name, [] { return hex(random_bytes(32)); }));
  return from_hex(text).value_or("");
}

}  // namespace reelvault::db
