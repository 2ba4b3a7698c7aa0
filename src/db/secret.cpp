#include "db/secret.hpp"

#include "base/hash.hpp"

namespace reelvault::db {

Result<std::string> server_secret(Database& database, std::string_view name) {
  const std::string made = hex(random_bytes(32));
  return database.write([&](Transaction& tx) -> Result<std::string> {
    tx.execute("insert into server_secret (name, value, created_at) values (:name, :value, :at) on conflict (name) do nothing",
               {{"name", name}, {"value", made}, {"at", now()}});
    auto value = tx.value<std::string>("select value from server_secret where name = :name", {{"name", name}});
    return from_hex(*value).value_or("");
  });
}

}  // namespace reelvault::db
