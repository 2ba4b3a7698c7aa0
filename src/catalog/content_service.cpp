#include "catalog/content_service.hpp"

#include "base/faults.hpp"
#include "base/text.hpp"
#include "catalog/field.hpp"

namespace reelvault::catalog {

namespace json = boost::json;

namespace {

std::optional<Uuid> user_of(const Principal& principal) {
  return principal.user_row != 0 ? std::optional(principal.user_id) : std::nullopt;
}

std::unexpected<Error> version_gone(std::int64_t number) {
  return fail(
      Code::conflict, "version-gone",
      fmt::format(
          "Version {} cannot be brought back: the object that was registered as it has been overwritten or removed.",
          number));
}

}  // namespace

bool ContentService::replaceable(const Asset& asset) {
  if (asset.type != AssetType::file) return false;
  return allowed(asset.status == AssetStatus::placeholder ? Operation::fill_placeholder : Operation::replace,
                 asset.status);
}

Result<ContentService::Reservation> ContentService::reserve(db::Transaction& tx, const Principal& principal,
                                                            const NewUpload& upload) {
  AssetRepository& repository = assets_.repository();
  if (upload.replaces) {
    RV_TRY(Asset asset, assets_.lock_permitted(tx, principal, *upload.replaces, Permission::write));
    if (asset.type != AssetType::file)
      return fail(Code::conflict, "not-a-file", "Only a placeholder or a file can receive content.");
    Reservation reservation{asset, false, asset.status};
    if (asset.status == AssetStatus::placeholder) {
      RV_CHECK(assets_.transit(tx, reservation.asset, Operation::fill_placeholder, principal, "upload started"));
    } else {
      RV_CHECK(after(Operation::replace, asset.status));
    }
    return reservation;
  }
  Asset parent;
  if (upload.parent) {
    RV_TRY(parent, assets_.lock_permitted(tx, principal, *upload.parent, Permission::write));
    RV_CHECK(assets_.can_hold(parent));
  } else {
    RV_TRY(std::int64_t row, assets_.default_parent(tx));
    auto found = repository.find_row(tx, row);
    // One that was made just now is in no tree yet: its bucket says who may write there.
    const bool fresh = !assets_.tree().folder(row);
    RV_TRY(parent,
           assets_.lock_permitted(tx, principal, fresh ? repository.find_row(tx, found->parent_row)->id : found->id,
                                  Permission::write));
    if (fresh) parent = std::move(*found);
  }
  std::string name = safe_file_name(upload.display_name.empty() ? upload.file_name : upload.display_name);
  if (upload.on_conflict == "replace") {
    if (auto holder = repository.child(tx, parent.row, name)) {
      NewUpload replacing = upload;
      replacing.replaces = holder->id;
      return reserve(tx, principal, replacing);
    }
  }
  Faults faults;
  const auto tags = faults.take(normal_tags(upload.tags));
  const auto members = faults.take(validated_fields(tx, upload.custom_fields, "/customFields", FieldUse::creation));
  std::string custom_fields = faults.take(fields_text(members, "/customFields"));
  RV_CHECK(faults.check());
  RV_TRY(name, assets_.claim_name(tx, principal, parent.row, name, upload.on_conflict));
  Asset asset;
  asset.id = Uuid::v7();
  asset.parent_row = parent.row;
  asset.type = AssetType::file;
  asset.status = AssetStatus::uploading;
  asset.name = name;
  asset.file_name = upload.file_name;
  asset.content_type = upload.content_type.empty() ? guess_content_type(upload.file_name) : upload.content_type;
  asset.media_type = guess_media_type(*asset.content_type, upload.file_name);
  asset.language_code = upload.language_code;
  json::array tag_list;
  for (const std::string& tag : tags) tag_list.push_back(json::string(tag));
  asset.tags_json = json::serialize(tag_list);
  asset.custom_fields_json = std::move(custom_fields);
  asset.created_at = asset.modified_at = now();
  asset.created_by = asset.modified_by = user_of(principal);
  asset.row = repository.insert(tx, asset);
  repository.add_history(tx, first_history(asset, principal.username, "upload", "upload started"));
  assets_.changed(tx, asset, "create");
  return Reservation{asset, true, std::nullopt};
}

Result<void> ContentService::give_up(db::Transaction& tx, const Principal& principal, std::int64_t asset_row,
                                     bool created, std::optional<AssetStatus> status_before) {
  AssetRepository& repository = assets_.repository();
  auto asset = repository.lock_row(tx, asset_row);
  if (!asset) return {};
  if (created && asset->version == 0) {
    repository.add_history(tx, {.asset_row = asset->row,
                                .asset_id = asset->id,
                                .user_id = user_of(principal),
                                .username = principal.username,
                                .operation = "cancel-upload",
                                .from = asset->status,
                                .to = {},
                                .reason = {}});
    repository.remove(tx, *asset);
    asset->deleted_at = now();
    assets_.changed(tx, *asset, "remove");
    return {};
  }
  if (status_before && asset->status == AssetStatus::uploading) {
    AssetStatus from = asset->status;
    repository.set_status(tx, *asset, *status_before);
    repository.add_history(tx, {.asset_row = asset->row,
                                .asset_id = asset->id,
                                .user_id = user_of(principal),
                                .username = principal.username,
                                .operation = "cancel-upload",
                                .from = from,
                                .to = status_before,
                                .reason = {}});
    assets_.changed(tx, *asset, "cancel-upload");
  }
  return {};
}

Result<void> ContentService::upload_failed(db::Transaction& tx, std::int64_t asset_row, bool created,
                                           std::optional<AssetStatus> status_before) {
  if (!created) return give_up(tx, Principal::system(), asset_row, false, status_before);
  auto asset = assets_.repository().lock_row(tx, asset_row);
  if (!asset || asset->status != AssetStatus::uploading) return {};
  asset->error = "The disk failed while the upload was being stored.";
  assets_.repository().update(tx, *asset, std::nullopt);
  return assets_.transit(tx, *asset, Operation::fail, Principal::system(), *asset->error);
}

Result<Asset> ContentService::add_version(db::Transaction& tx, const Principal& principal, std::int64_t asset_row,
                                          const NewContent& content) {
  AssetRepository& repository = assets_.repository();
  auto found = repository.lock_row(tx, asset_row);
  auto chain = found ? assets_.tree().chain_of(*found) : std::nullopt;
  if (!chain)
    return fail(Code::conflict, "asset-gone", "The asset, or the folder it was to go into, has been deleted.");
  if (assets_.access().highest(principal, *chain).value_or(Permission::read) < Permission::write)
    return fail(Code::forbidden, "forbidden", "You have no write permission here any more.");
  return attach(tx, principal, std::move(*found), content);
}

Result<Asset> ContentService::attach(db::Transaction& tx, const Principal& principal, Asset asset,
                                     const NewContent& content) {
  AssetRepository& repository = assets_.repository();
  VersionRepository versions;
  Version version;
  version.asset_row = asset.row;
  version.number = versions.latest(tx, asset.row) + 1;
  version.blob_row = content.blob_row;
  version.file_name = content.file_name;
  version.content_type = content.content_type.empty() ? guess_content_type(content.file_name) : content.content_type;
  version.declared_content_type = content.content_type.empty() ? std::nullopt : std::optional(content.content_type);
  version.media_type = guess_media_type(version.content_type, content.file_name);
  version.size = content.size;
  version.expected_checksum = content.expected_checksum;
  version.created_at = now();
  version.created_by = user_of(principal);
  version.process = content.process;
  version.start_timecode = content.start_timecode;
  version.row = versions.insert(tx, version);
  blobs_.refer(tx, content.blob_row);
  blobs_.publish(tx, content.blob_row);

  const bool first = asset.version == 0;
  const bool filled_placeholder = first && asset.file_name == std::nullopt;
  // A first content is served as soon as it is here, unless its declared checksum has yet to be found right; a
  // replacement is served when it is ready.
  if (first) {
    asset.file_name = content.file_name;
    asset.content_type = version.content_type;
    asset.media_type = version.media_type;
    asset.size = content.size;
    asset.error.reset();
    if (!content.expected_checksum) asset.version = version.number;
    repository.update(tx, asset, user_of(principal));
    if (filled_placeholder && asset.status == AssetStatus::uploading)
      RV_CHECK(assets_.transit(tx, asset, Operation::fill_placeholder, principal, content.reason));
    if (content.expected_checksum) RV_CHECK(assets_.transit(tx, asset, Operation::assemble, principal, content.reason));
    // What was filled or registered stays so until the probe has looked at it.
    else if (asset.status == AssetStatus::registering)
      assets_.changed(tx, asset, "create");
    else if (asset.status != AssetStatus::slug_replaced)
      RV_CHECK(assets_.transit(tx, asset, Operation::content_arrived, principal, content.reason));
  } else {
    RV_CHECK(assets_.transit(tx, asset, Operation::replace, principal, content.reason));
  }
  if (hook_) RV_CHECK(hook_->content_arrived(tx, asset, version, content.reason));
  return asset;
}

Result<void> ContentService::looked_at(db::Transaction& tx, Asset& asset) {
  if (asset.status != AssetStatus::registering && asset.status != AssetStatus::slug_replaced) return {};
  return assets_.transit(tx, asset, Operation::content_arrived, Principal::system(), "probed");
}

Result<void> ContentService::checksum_compared(db::Transaction& tx, std::int64_t asset_row, std::int64_t number,
                                               bool equal, std::string_view why) {
  AssetRepository& repository = assets_.repository();
  auto asset = repository.lock_row(tx, asset_row);
  if (!asset) return {};
  const Principal system = Principal::system();
  const bool first = asset->status == AssetStatus::assembling;
  if (!equal) {
    const std::string error(why.empty() ? "The received bytes do not have the checksum that was declared." : why);
    if (!first) return settle(tx, asset_row, number, error);
    VersionRepository versions;
    if (auto version = versions.find(tx, asset_row, number)) versions.settle(tx, version->row, error);
    asset->error = error;
    repository.update(tx, *asset, std::nullopt);
    return assets_.transit(tx, *asset, Operation::fail, system, error);
  }
  if (!first) return {};
  asset->version = number;
  repository.update(tx, *asset, std::nullopt);
  return assets_.transit(tx, *asset, Operation::content_arrived, system, "checksum found right");
}

std::int64_t ContentService::clone_version(db::Transaction& tx, const Version& version, std::int64_t to_asset_row,
                                           const Principal& by) {
  VersionRepository versions;
  const std::int64_t number = versions.latest(tx, to_asset_row) + 1;
  versions.copy(tx, version, to_asset_row, number, user_of(by));
  blobs_.refer(tx, version.blob_row);
  RelatedRepository related;
  for (Related& each : related.of_asset(tx, version.asset_row, version.number)) {
    each.id = Uuid::v7();
    each.asset_row = to_asset_row;
    each.version = number;
    each.created_at = now();
    for (const RelatedFile& file : each.files) blobs_.refer(tx, file.blob_row);
    related.insert(tx, each);
  }
  if (hook_) hook_->version_cloned(tx, version, to_asset_row, number);
  return number;
}

Result<Asset> ContentService::revert(const Principal& principal, const Uuid& id, std::int64_t number) {
  // What this server does not own may have been taken away or overwritten without its knowledge. Looked at before
  // anything is locked: a store takes its time to answer.
  RV_TRY(auto elsewhere, assets_.database().read([&](db::Transaction& tx) -> Result<std::optional<storage::Blob>> {
    auto asset = assets_.repository().find(tx, id);
    auto version = asset && allowed(Operation::revert, asset->status) ? VersionRepository{}.find(tx, asset->row, number)
                                                                      : std::nullopt;
    auto blob = version ? blobs_.find(tx, version->blob_row) : std::nullopt;
    if (blob && (blob->owned || blob->state == storage::BlobState::overwritten)) blob.reset();
    return blob;
  }));
  if (elsewhere) {
    const auto* entry = assets_.stores().find(elsewhere->location.store);
    if (!entry)
      return fail(Code::unavailable, "no-store", "The store that holds that version is not configured on this server.");
    auto found = entry->store->stat(elsewhere->location.key);
    if (!found && found.error().code != Code::not_found) return std::unexpected(std::move(found).error());
    if (!found || storage::changed(elsewhere->expected(), *found)) return version_gone(number);
  }
  return assets_.database().write([&](db::Transaction& tx) { return revert(tx, principal, id, number); });
}

Result<Asset> ContentService::revert(db::Transaction& tx, const Principal& principal, const Uuid& id,
                                     std::int64_t number) {
  RV_TRY(Asset asset, assets_.lock_permitted(tx, principal, id, Permission::write));
  VersionRepository versions;
  auto version = versions.find(tx, asset.row, number);
  if (!version) return fail_not_found("version");
  RV_CHECK(after(Operation::revert, asset.status));
  if (number == asset.version) return asset;
  if (!version->settled || version->error)
    return fail(Code::conflict, "version-unusable",
                "That version cannot be brought back: " + version->error.value_or("it is still being processed") + ".");
  if (auto blob = blobs_.find(tx, version->blob_row); !blob || blob->state == storage::BlobState::overwritten)
    return version_gone(number);
  asset.version = clone_version(tx, *version, asset.row, principal);
  asset.file_name = version->file_name;
  asset.content_type = version->content_type;
  asset.media_type = version->media_type;
  asset.size = version->size;
  asset.error.reset();
  assets_.repository().update(tx, asset, user_of(principal));
  versions.apply_measures(tx, asset);
  auto fresh = assets_.repository().find_row(tx, asset.row);
  RV_CHECK(assets_.transit(tx, *fresh, Operation::revert, principal,
                           fmt::format("version {} as version {}", number, asset.version)));
  return std::move(*fresh);
}

Result<Related> ContentService::put_related(db::Transaction& tx, const Asset& asset, Related related) {
  RelatedRepository repository;
  related.asset_row = asset.row;
  if (related.id.nil()) related.id = Uuid::v7();
  related.created_at = now();
  std::int64_t total = 0;
  for (const RelatedFile& file : related.files) {
    total += file.size;
    blobs_.refer(tx, file.blob_row);
    blobs_.publish(tx, file.blob_row);
  }
  related.size = total;
  for (std::int64_t blob : repository.supersede(tx, asset.row, related.version, related.recipe, related.language_code))
    blobs_.release(tx, blob);
  related.row = repository.insert(tx, related);
  if (related.version == asset.version) VersionRepository{}.apply_measures(tx, asset);
  return related;
}

Result<Related> ContentService::add_uploaded(db::Transaction& tx, const Asset& asset, Related related) {
  // What comes before the content belongs to the first one.
  related.version = std::max<std::int64_t>(asset.version, 1);
  RV_TRY(Related made, put_related(tx, asset, std::move(related)));
  if (hook_) RV_CHECK(hook_->related_arrived(tx, asset, made));
  return made;
}

void ContentService::put_related_file(db::Transaction& tx, const Related& related, const RelatedFile& file) {
  blobs_.refer(tx, file.blob_row);
  blobs_.publish(tx, file.blob_row);
  if (auto before = RelatedRepository{}.put_file(tx, related.row, file)) blobs_.release(tx, *before);
}

Result<void> ContentService::settle(db::Transaction& tx, std::int64_t asset_row, std::int64_t number,
                                    std::optional<std::string> error, std::optional<std::string> lack) {
  AssetRepository& repository = assets_.repository();
  VersionRepository versions;
  auto asset = repository.lock_row(tx, asset_row);
  auto version = versions.find(tx, asset_row, number);
  if (!asset || !version) return {};
  const Principal system = Principal::system();
  versions.settle(tx, version->row, error);
  const std::vector<Version> all = versions.all(tx, asset_row);
  const Version* best = nullptr;
  for (auto each = all.rbegin(); each != all.rend() && best == nullptr; ++each) {
    if (!each->settled) return {};  // when it ends, it settles the asset
    if (!each->error) best = &*each;
  }
  // Of a replacement that failed the asset tells why, while the old content stays.
  const std::optional<std::string> newest_error = all.back().error;
  asset->error = newest_error ? newest_error : all.back().number == number ? lack : std::nullopt;
  if (best && best->number != asset->version) {
    asset->version = best->number;
    asset->file_name = best->file_name;
    asset->content_type = best->content_type;
    asset->media_type = best->media_type;
    asset->size = best->size;
    repository.update(tx, *asset, std::nullopt);
    versions.apply_measures(tx, *asset);
    asset = repository.find_row(tx, asset_row);
  }
  repository.update(tx, *asset, std::nullopt);
  if (best) {
    RV_TRY(const AssetStatus to, after(Operation::settle, asset->status));
    if (to != asset->status) {
      RV_CHECK(assets_.transit(tx, *asset, Operation::settle, system,
                               newest_error ? "replacement failed: " + *newest_error : "processing ended"));
      return settled_ ? settled_(tx, *asset) : Result<void>{};
    }
    // A step that was tried again, or one that nothing waited for: nothing happened to the asset.
    assets_.changed(tx, *asset, operation_name(Operation::settle));
    return {};
  }
  if (asset->status == AssetStatus::error) return {};
  RV_CHECK(assets_.transit(tx, *asset, Operation::fail, system, *newest_error));
  return settled_ ? settled_(tx, *asset) : Result<void>{};
}

}  // namespace reelvault::catalog
