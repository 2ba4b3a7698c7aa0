// The only SQL about API keys, but for the gate's look-up.
#pragma once
#include "auth/account_json.hpp"

namespace reelvault::auth {

struct StoredApiKey {
  std::int64_t row = 0;
  Uuid id;
  std::int64_t user_row = 0;
  Uuid user;
  std::string name, prefix;
  std::optional<std::string> scopes;  // comma separated
  std::optional<Timestamp> expires_at, last_used_at;
  Timestamp created_at{};
};

namespace api_keys {

std::optional<StoredApiKey> find(db::Transaction& tx, const Uuid& id);
void insert(db::Transaction& tx, const StoredApiKey& key, const std::string& hash, const Uuid& created_by);
void update(db::Transaction& tx, const StoredApiKey& key);  // name, scopes and expiry, by row
void remove(db::Transaction& tx, std::int64_t row);
// `user`: of this one alone.
std::vector<StoredApiKey> page(db::Transaction& tx, const PageRequest& request, const std::optional<Uuid>& user);
std::int64_t count(db::Transaction& tx, const PageRequest& request, const std::optional<Uuid>& user);

}  // namespace api_keys

}  // namespace reelvault::auth
