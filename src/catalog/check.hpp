// What is wrong with what somebody sends, as far as it can be told without the asset that it is for: every fault at
// once. The services check the same by themselves; this is for a body that has other faults besides
// (http/all_faults.hpp).
#pragma once
#include "catalog/asset_service.hpp"

namespace reelvault::catalog {

Result<void> check(db::Transaction& tx, const AssetPatch& patch);
Result<void> check(db::Transaction& tx, const NewFolder& folder, AssetType type);

}  // namespace reelvault::catalog
