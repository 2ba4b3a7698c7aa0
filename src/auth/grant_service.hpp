// Managing grants: who may do what on a bucket or folder and all below it. Administrators manage every grant, others
// those that stand on what they may manage; of the rest they hear what they would of the asset: not_found or forbidden.
#pragma once
#include "auth/access.hpp"
#include "auth/account_json.hpp"
#include "auth/directory.hpp"

namespace reelvault::auth {

class GrantService {
 public:
  GrantService(db::Database& database, Directory& directory, ResourceTree& tree, const AccessControl& access)
      : database_(database), directory_(directory), tree_(tree), access_(access) {}

  Result<GrantJson> get(const Principal& by, const Uuid& id);
  Result<GrantPage> list(const Principal& by, const GrantQuery& query);
  Result<GrantJson> create(const Principal& by, const CreateGrant& given);
  Result<GrantJson> patch(const Principal& by, const Uuid& id, const PatchGrant& given);
  Result<void> remove(const Principal& by, const Uuid& id);
  // What is wrong with it besides what it says itself; nothing is said to who may not make it.
  Result<void> check(const Principal& by, const CreateGrant& given);
  // Users and groups by what somebody who manages an asset knows of them.
  Result<GranteeItems> grantees(const Principal& by, const GranteeQuery& query);

 private:
  Result<void> may(const Principal& by, const Uuid& asset);
  Result<GrantJson> find(const Uuid& id);

  db::Database& database_;
  Directory& directory_;
  ResourceTree& tree_;
  const AccessControl& access_;
};

// For whoever removes assets for good, in that transaction: their grants go with them.
void forget_assets(db::Transaction& tx, Directory& directory, const std::vector<std::int64_t>& asset_rows);

}  // namespace reelvault::auth
