#include "catalog/asset_json.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

#include <xxhash.h>

namespace reelvault::catalog {

std::span<const dto::Rule> AssetJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "assetType", .sentence = "1 Folder, 2 File, 5 Bucket."},
      {.field = "assetStatus", .sentence = "The reference's status value; assetStatusName carries the word."},
      {.field = "objectKey", .sentence = "The path in the tree below the bucket."},
      {.field = "sourceKey", .sentence = "Where a registered object was found in the store."},
      {.field = "checksum", .sentence = "sha256: and hexadecimal digits, once it is known."},
      {.field = "frameRate", .sentence = "A fraction, e.g. 30000/1001."},
      {.field = "thumbnailUrl", .sentence = "Relative and unsigned; resolve-full-url makes the signed absolute form."},
      {.field = "storageClass", .sentence = "STANDARD; of archived content ARCHIVE, or the class that S3 keeps it in."},
      {.field = "archiveTier", .sentence = "Whether its bucket has an archive tier, so that it can be archived."},
      {.field = "version", .sentence = "Counts contents; 0 while there is none."},
  };
  return rules;
}

std::string original_url(const Asset& asset) {
  std::string id = asset.id.text();
  return fmt::format("/media/{}/original/{}/{}", id, asset.version,
                     percent_encode(asset.file_name.value_or(asset.name)));
}

std::string etag_of(std::int64_t revision, std::string_view json) {
  return fmt::format("\"r{}-{:016x}\"", revision, static_cast<std::uint64_t>(XXH3_64bits(json.data(), json.size())));
}

std::string etag_of(const Asset& asset) { return fmt::format("\"r{}\"", asset.revision); }

AssetJson asset_json(const Asset& asset, const FolderTree& tree) {
  AssetJson out;
  out.id = asset.id;
  out.assetType = static_cast<std::int64_t>(asset.type);
  out.assetTypeName = type_name(asset.type);
  out.assetStatus = static_cast<std::int64_t>(asset.status);
  out.assetStatusName = status_name(asset.status);
  out.displayName = asset.name;
  out.description = asset.description;
  out.fileName = asset.file_name;
  out.contentType = asset.content_type;
  out.mediaType = asset.media_type;
  out.size = asset.size;
  if (asset.sha256) out.checksum = "sha256:" + hex(*asset.sha256);

  auto above = tree.line(asset.parent_row);
  if (!above.empty()) out.parentId = above.front().id;
  std::string key;
  for (auto folder = above.rbegin(); folder != above.rend(); ++folder) {
    if (folder->type == AssetType::bucket) {
      out.bucketName = folder->name;
      out.archiveTier = folder->archive_tier;
    } else {
      key += folder->name;
      key += '/';
    }
  }
  if (asset.type == AssetType::bucket) {
    out.bucketName = asset.name;
    if (auto bucket = tree.folder(asset.row)) out.archiveTier = bucket->archive_tier;
    out.path = "/" + asset.name;
  } else {
    key += asset.name;
    out.path = "/" + out.bucketName.value_or("") + "/" + key;
    out.objectKey = std::move(key);
  }
  out.sourceKey = asset.source_key;
  if (asset.type == AssetType::file) out.storageClass = asset.storage_class.value_or("STANDARD");
  out.languageCode = asset.language_code;
  out.durationMs = asset.duration_ms;
  out.frameRate = asset.frame_rate;
  out.width = asset.width;
  out.height = asset.height;
  out.hasAudio = asset.has_audio;
  out.startTimecode = asset.start_timecode;
  if (asset.tags_json != "[]") out.tags = boost::json::parse(asset.tags_json).as_array();
  if (asset.custom_fields_json != "{}") out.customFields = boost::json::parse(asset.custom_fields_json).as_object();
  std::string media = "/media/" + asset.id.text() + "/";
  if (asset.thumbnail_path) out.thumbnailUrl = media + *asset.thumbnail_path;
  if (asset.preview_path) out.previewUrl = media + *asset.preview_path;
  if (asset.stream_path) out.streamUrl = media + *asset.stream_path;
  if (asset.version > 0) out.downloadUrl = original_url(asset);
  out.availableFrom = asset.available_from;
  out.availableUntil = asset.available_until;
  out.createdAt = asset.created_at;
  out.createdBy = asset.created_by;
  out.modifiedAt = asset.modified_at;
  out.modifiedBy = asset.modified_by;
  out.deletedAt = asset.deleted_at;
  out.version = asset.version;
  out.error = asset.error;
  return out;
}

RelatedJson related_json(const Related& related, const Uuid& asset) {
  std::string url = "/media/" + asset.text() + "/" + related.id.text() + "/";
  if (!related.files.empty()) url += percent_encode(related.files.front().name, "/");
  return {related.id,   asset,          related.relationship, related.language_code, related.content_type,
          related.size, std::move(url), related.label,        related.error};
}

void place_in_bin(AssetJson& out, const Asset& asset, const FolderTree& tree) {
  if (out.parentId || asset.parent_row == 0) return;
  std::string key = asset.name;
  auto folder = tree.folder(asset.parent_row);
  if (folder) out.parentId = folder->id;
  for (int depth = 0; folder && depth < 1000; ++depth) {
    if (folder->type == AssetType::bucket) {
      out.bucketName = folder->name;
      break;
    }
    key.insert(0, folder->name + "/");
    folder = tree.folder(folder->parent_row);
  }
  out.path = "/" + out.bucketName.value_or("") + "/" + key;
  out.objectKey = std::move(key);
}

}  // namespace reelvault::catalog
