#include "archive/tier.hpp"

namespace reelvault::archive {

Result<Tier> archive_tier(const catalog::AssetRepository::BucketPlace& place, const storage::Stores& stores) {
  if (place.archive_class) return Tier{place.store, place.archive_class};
  if (!place.archive_store) {
    return fail(Code::conflict, "no-archive-tier",
                "The asset's bucket has no archive tier: an administrator sets its archiveStore or archiveClass.");
  }
  if (stores.find(*place.archive_store) == nullptr) {
    return fail(Code::conflict, "no-archive-tier", "The archive store of the asset's bucket is not configured.",
                *place.archive_store);
  }
  return Tier{*place.archive_store, std::nullopt};
}

Tier usual_tier(const catalog::AssetRepository::BucketPlace& place) { return {place.store, std::nullopt}; }

}  // namespace reelvault::archive
