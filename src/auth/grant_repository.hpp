// The only SQL about grants.
#pragma once
#include "auth/account_json.hpp"

namespace reelvault::auth {

struct Grant {
  KnownGrant known;
  std::optional<Uuid> user, group;
  Uuid asset;
  Timestamp created_at{};
  std::optional<Uuid> created_by;
  std::string display_name;  // of whoever has it; read only
};

struct GrantFilter {
  std::optional<Uuid> user, group, asset;
  std::optional<std::vector<std::int64_t>> asset_rows;
};

namespace grants {

std::optional<Grant> find(db::Transaction& tx, const Uuid& id);
Result<std::int64_t> insert(db::Transaction& tx, const Grant& grant);  // conflict "grant-exists"
void set_permission(db::Transaction& tx, std::int64_t row, Permission permission);
void remove(db::Transaction& tx, std::int64_t row);
std::vector<std::int64_t> on_assets(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows);
std::vector<Grant> page(db::Transaction& tx, const PageRequest& request, const GrantFilter& filter);
std::int64_t count(db::Transaction& tx, const PageRequest& request, const GrantFilter& filter);
// Who may be found for a grant by `search` (see GranteeQuery): groups, then users that are not disabled, `limit` of
// each.
std::vector<GranteeJson> grantees(db::Transaction& tx, std::string_view search, std::int64_t limit);
std::optional<std::int64_t> group_row(db::Transaction& tx, const Uuid& group);

}  // namespace grants

}  // namespace reelvault::auth
