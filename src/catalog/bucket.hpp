// What is said of buckets: where their content lies (a store and a prefix in it), whether the program keeps or follows
// what lies there, where archived content goes, how much they may hold.
#pragma once
#include "base/dto.hpp"
#include "catalog/asset_json.hpp"

namespace reelvault::catalog {

struct NewBucket {
  std::string name;
  std::string store;
  std::string prefix;
  bool managed = false, watched = false;
  std::optional<std::string> archiveStore, archiveClass;
  std::optional<std::int64_t> quotaBytes;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(NewBucket, (), (name, store, prefix, managed, watched, archiveStore, archiveClass, quotaBytes))

// What may be changed of a bucket later; its name is changed like any asset's.
struct BucketPatch {
  dto::Patch<bool> managed, watched;
  dto::Patch<std::string> archiveStore, archiveClass;
  dto::Patch<std::int64_t> quotaBytes;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(BucketPatch, (), (managed, watched, archiveStore, archiveClass, quotaBytes))

struct BucketJson {
  AssetJson asset;
  std::string store, prefix;
  bool managed = false, watched = false;
  std::optional<std::string> archiveStore, archiveClass;
  std::optional<std::int64_t> quotaBytes;
};
BOOST_DESCRIBE_STRUCT(BucketJson, (), (asset, store, prefix, managed, watched, archiveStore, archiveClass, quotaBytes))

}  // namespace reelvault::catalog
