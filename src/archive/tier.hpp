// Where content lies: the bucket's own store, or its archive tier, which is another configured store or one of S3's
// storage classes in the same.
#pragma once
#include "catalog/asset_repository.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::archive {

struct Tier {
  std::string store;
  std::optional<std::string> storage_class;
  bool holds(const storage::Blob& blob) const {
    return blob.location.store == store && blob.storage_class == storage_class;
  }
  // What the asset's JSON says of content that lies here.
  std::string word() const { return storage_class.value_or("ARCHIVE"); }
};

// Conflict where the bucket has none, or its store is not configured (any more).
Result<Tier> archive_tier(const catalog::AssetRepository::BucketPlace& place, const storage::Stores& stores);
Tier usual_tier(const catalog::AssetRepository::BucketPlace& place);

}  // namespace reelvault::archive
