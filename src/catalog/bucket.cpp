#include "catalog/bucket.hpp"

#include "base/faults.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/display_name.hpp"

namespace reelvault::catalog {
namespace {

void change(AssetRepository::BucketPlace& place, const BucketPatch& patch) {
  auto set = [](auto& member, const auto& given) {
    using State = typename std::remove_cvref_t<decltype(given)>::State;
    if (given.state == State::null) member = {};
    if (given.state == State::value) member = given.value;
  };
  set(place.managed, patch.managed);
  set(place.watched, patch.watched);
  set(place.archive_store, patch.archiveStore);
  set(place.archive_class, patch.archiveClass);
  set(place.quota_bytes, patch.quotaBytes);
}
BucketJson bucket_json(AssetJson asset, const AssetRepository::BucketPlace& place) {
  return {std::move(asset), place.store,         place.key_prefix,    place.managed,
          place.watched,    place.archive_store, place.archive_class, place.quota_bytes};
}

}  // namespace

std::span<const dto::Rule> NewBucket::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "name", .min_length = 1, .max_length = 255},
      {.field = "store", .sentence = "A configured store; by default the local one.", .default_json = "\"local\""},
      {.field = "prefix",
       .sentence = "Where in the store registered objects of this bucket lie.",
       .max_length = 900,
       .default_json = "\"\""},
      {.field = "managed",
       .sentence = "Registered objects are the library's own: moved, renamed and removed with their asset.",
       .default_json = "false"},
      {.field = "watched",
       .sentence = "New objects of the store are registered by themselves once they have stopped growing.",
       .default_json = "false"},
      {.field = "archiveStore", .sentence = "The configured store that archived content goes to."},
      {.field = "archiveClass",
       .sentence = "Or, of a bucket on S3, the storage class, e.g. DEEP_ARCHIVE.",
       .max_length = 100},
      {.field = "quotaBytes", .sentence = "How much it may hold; none: no limit.", .minimum = 0},
  };
  return rules;
}

std::span<const dto::Rule> BucketPatch::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "archiveClass", .max_length = 100},
      {.field = "quotaBytes", .sentence = "null: no limit.", .minimum = 0},
  };
  return rules;
}

Result<void> AssetService::ensure_default_bucket() {
  const Principal system = Principal::system();
  auto made = database_.write([&](db::Transaction& tx) -> Result<void> {
    if (repository_.default_bucket(tx, default_bucket_)) return {};
    if (const auto named = repository_.bucket(tx, default_bucket_)) {
      repository_.set_default_bucket(tx, named->row, default_bucket_);
      return {};
    }
    RV_TRY(Asset bucket, create_bucket(tx, system,
                                       {.name = default_bucket_,
                                        .store = "local",
                                        .prefix = {},
                                        .archiveStore = {},
                                        .archiveClass = {},
                                        .quotaBytes = {}}));
    repository_.set_default_bucket(tx, bucket.row, default_bucket_);
    RV_TRY(Asset uploads, create_folder(tx, system, bucket.id,
                                        {.displayName = "Uploads", .onConflict = {}, .tags = {}, .customFields = {}},
                                        AssetType::folder, AssetStatus::available));
    return {};
  });
  return made;
}

std::optional<AssetRepository::BucketPlace> AssetService::default_place(db::Transaction& tx) {
  const auto bucket = repository_.default_bucket(tx, default_bucket_);
  return bucket ? repository_.bucket_place(tx, bucket->row) : std::nullopt;
}

Result<std::int64_t> AssetService::default_parent(db::Transaction& tx) {
  const Principal system = Principal::system();
  auto bucket = repository_.default_bucket(tx, default_bucket_);
  if (!bucket) return fail(Code::conflict, "no-default-bucket", "The default bucket is gone; name a parentId.");
  if (auto uploads = repository_.child(tx, bucket->row, "Uploads"); uploads && uploads->folder_like())
    return uploads->row;
  RV_TRY(Asset uploads,
         create_folder(tx, system, bucket->id,
                       {.displayName = "Uploads", .onConflict = "rename", .tags = {}, .customFields = {}},
                       AssetType::folder, AssetStatus::available));
  return uploads.row;
}

void AssetService::check_place(const AssetRepository::BucketPlace& place, Faults& faults) {
  if (place.archive_store) {
    if (!stores_.find(*place.archive_store))
      faults.add("/archiveStore", "is not a configured store");
    else if (*place.archive_store == place.store)
      faults.add("/archiveStore", "must be another store than the bucket's own");
  }
  if (place.archive_class) {
    auto* own = stores_.find(place.store);
    if (place.archive_store)
      faults.add("/archiveClass", "must not be given together with archiveStore");
    else if (own && !own->direct)
      faults.add("/archiveClass", "is for buckets on S3");
  }
}

Result<BucketJson> AssetService::bucket(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<BucketJson> {
    auto asset = repository_.find(tx, id);
    auto place = asset && asset->type == AssetType::bucket ? repository_.bucket_place(tx, asset->row) : std::nullopt;
    if (!place) return fail_not_found("bucket");
    return bucket_json(json(tx, *asset), *place);
  });
}

Result<void> AssetService::check(const Uuid& id, const BucketPatch& patch) {
  return database_.read([&](db::Transaction& tx) -> Result<void> {
    auto asset = repository_.find(tx, id);
    auto place = asset ? repository_.bucket_place(tx, asset->row) : std::nullopt;
    if (!place) place.emplace();
    change(*place, patch);
    Faults faults;
    check_place(*place, faults);
    return faults.check();
  });
}

Result<BucketJson> AssetService::patch_bucket(db::Transaction& tx, const Principal& by, const Uuid& id,
                                              const BucketPatch& patch) {
  auto asset = repository_.lock(tx, id);
  auto place = asset && asset->type == AssetType::bucket ? repository_.bucket_place(tx, asset->row) : std::nullopt;
  if (!place) return fail_not_found("bucket");
  change(*place, patch);
  Faults faults;
  check_place(*place, faults);
  RV_CHECK(faults.check());
  repository_.update_bucket(tx, asset->row, *place);
  repository_.update(tx, *asset, by.user_row != 0 ? std::optional(by.user_id) : std::nullopt);
  repository_.add_history(tx, {.asset_row = asset->row,
                               .asset_id = asset->id,
                               .user_id = asset->modified_by,
                               .username = by.username,
                               .operation = "update-bucket",
                               .from = asset->status,
                               .to = asset->status,
                               .reason = {}});
  changed(tx, *asset, "update");
  return bucket_json(json(tx, *asset), *place);
}

Result<AssetService::CheckedBucket> AssetService::checked(const NewBucket& bucket) {
  Faults faults;
  CheckedBucket out{.name = faults.take(valid_name(bucket.name, "/name")),
                    .place = {.store = bucket.store,
                              .key_prefix = {},
                              .managed = bucket.managed,
                              .archive_store = bucket.archiveStore,
                              .archive_class = bucket.archiveClass,
                              .watched = bucket.watched,
                              .quota_bytes = bucket.quotaBytes}};
  if (!stores_.find(bucket.store)) faults.add("/store", "is not a configured store");
  std::string_view prefix = bucket.prefix;
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (!prefix.empty()) {
    if (!storage::check_key(prefix)) faults.add("/prefix", "must be a relative path without . and ..");
    out.place.key_prefix = std::string(prefix) + "/";
  }
  check_place(out.place, faults);
  RV_CHECK(faults.check());
  return out;
}

Result<void> AssetService::check(const NewBucket& bucket) {
  RV_CHECK(checked(bucket));
  return {};
}

Result<Asset> AssetService::create_bucket(db::Transaction& tx, const Principal& by, const NewBucket& bucket) {
  RV_TRY(auto checked, this->checked(bucket));
  const auto& [name, place] = checked;
  if (auto holder = repository_.bucket(tx, name)) return fail(name_taken(by, *holder));
  Asset asset;
  asset.id = Uuid::v7();
  asset.type = AssetType::bucket;
  asset.name = name;
  asset.created_at = asset.modified_at = now();
  if (by.user_row != 0) asset.created_by = asset.modified_by = by.user_id;
  asset.row = repository_.insert(tx, asset);
  repository_.insert_bucket(tx, asset.row, place);
  repository_.add_history(tx, first_history(asset, by.username, "create"));
  changed(tx, asset, "create");
  return asset;
}

Result<std::vector<AssetJson>> AssetService::buckets(const Principal& by) {
  return database_.read([&](db::Transaction& tx) -> Result<std::vector<AssetJson>> {
    std::vector<AssetJson> out;
    for (const Asset& bucket : repository_.buckets(tx)) {
      if (!access_.highest(by, std::array{bucket.row})) continue;
      out.push_back(json(tx, bucket));
    }
    return out;
  });
}

}  // namespace reelvault::catalog
