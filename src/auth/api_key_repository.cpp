#include "auth/api_key_repository.hpp"

namespace reelvault::auth::api_keys {
namespace {

constexpr std::string_view kColumns =
    "id, uid, user_id, (select uid from user_account where id = api_key.user_id), name, prefix, scopes, expires_at,"
    " last_used_at, created_at";

StoredApiKey read_key(const db::Row& row) {
  StoredApiKey key;
  key.row = row.get<std::int64_t>(0);
  key.id = row.get<Uuid>(1);
  key.user_row = row.get<std::int64_t>(2);
  key.user = row.get<Uuid>(3);
  key.name = row.get<std::string>(4);
  key.prefix = row.get<std::string>(5);
  key.scopes = row.get<std::optional<std::string>>(6);
  key.expires_at = row.get<std::optional<Timestamp>>(7);
  key.last_used_at = row.get<std::optional<Timestamp>>(8);
  key.created_at = row.get<Timestamp>(9);
  return key;
}

Further further(const std::optional<Uuid>& user) {
  if (!user) return {};
  return {" and user_id = (select id from user_account where uid = :user)", {{"user", *user}}};
}

}  // namespace

std::optional<StoredApiKey> find(db::Transaction& tx, const Uuid& id) {
  return tx.one(fmt::format("select {} from api_key where uid = :uid", kColumns), {{"uid", id}}, read_key);
}

void insert(db::Transaction& tx, const StoredApiKey& key, const std::string& hash, const Uuid& created_by) {
  tx.execute(
      "insert into api_key (uid, user_id, name, prefix, secret_hash, scopes, expires_at, created_at, created_by)"
      " values (:uid, :user, :name, :prefix, :hash, :scopes, :expires, :at, :by)",
      {{"uid", key.id},
       {"user", key.user_row},
       {"name", key.name},
       {"prefix", key.prefix},
       {"hash", db::Blob{hash}},
       {"scopes", key.scopes},
       {"expires", key.expires_at},
       {"at", key.created_at},
       {"by", created_by}});
}

void update(db::Transaction& tx, const StoredApiKey& key) {
  tx.execute("update api_key set name = :name, scopes = :scopes, expires_at = :expires where id = :id",
             {{"name", key.name}, {"scopes", key.scopes}, {"expires", key.expires_at}, {"id", key.row}});
}

void remove(db::Transaction& tx, std::int64_t row) { tx.execute("delete from api_key where id = :id", {{"id", row}}); }

std::vector<StoredApiKey> page(db::Transaction& tx, const PageRequest& request, const std::optional<Uuid>& user) {
  PageSql sql = page_sql(request, "name", further(user));
  return tx.all(fmt::format("select {} from api_key{}{}", kColumns, sql.where, sql.order), sql.parameters, read_key);
}

std::int64_t count(db::Transaction& tx, const PageRequest& request, const std::optional<Uuid>& user) {
  return count_rows(tx, "api_key", request, "name", further(user));
}

}  // namespace reelvault::auth::api_keys
