// Managing grants: who may do what on a bucket or folder and all below it.
#pragma once
#include "auth/access.hpp"
#include "auth/account_json.hpp"
#include "auth/directory.hpp"

namespace reelvault::auth {

class GrantService {
 public:
  GrantService(db::Database& database, Directory& directory, ResourceTree& tree)
      : database_(database), directory_(directory), tree_(tree) {}

  Result<GrantJson> get(const Uuid& id);
  Result<GrantPage> list(const GrantQuery& query);
  Result<GrantJson> create(const Principal& by, const CreateGrant& given);
  Result<GrantJson> patch(const Uuid& id, const PatchGrant& given);
  Result<void> remove(const Uuid& id);

 private:
  db::Database& database_;
  Directory& directory_;
  ResourceTree& tree_;
};

// For whoever removes assets for good, in that transaction: their grants go with them.
void forget_assets(db::Transaction& tx, Directory& directory, const std::vector<std::int64_t>& asset_rows);

}  // namespace reelvault::auth
