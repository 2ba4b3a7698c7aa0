// The asset as JSON (api.md 3): one declaration for the program, the document and the clients.
#pragma once
#include "base/dto.hpp"
#include "catalog/asset.hpp"
#include "catalog/folder_tree.hpp"

namespace reelvault::catalog {

struct AssetJson {
  Uuid id;
  std::optional<Uuid> parentId;
  std::int64_t assetType = 0;
  std::string assetTypeName;
  std::int64_t assetStatus = 0;
  std::string assetStatusName;
  std::string displayName;
  std::optional<std::string> description, fileName, contentType, mediaType;
  std::int64_t size = 0;
  std::optional<std::string> checksum;
  std::optional<std::string> bucketName, objectKey, sourceKey;
  std::string path;
  std::optional<std::string> storageClass;
  bool archiveTier = false;
  std::optional<std::string> languageCode;
  std::optional<std::int64_t> durationMs;
  std::optional<std::string> frameRate;
  std::optional<std::int64_t> width, height;
  std::optional<bool> hasAudio;
  std::optional<std::string> startTimecode;
  boost::json::array tags;
  std::vector<std::string> collections;
  boost::json::object customFields;
  std::optional<std::string> thumbnailUrl, previewUrl, streamUrl, downloadUrl;
  std::optional<Timestamp> availableFrom, availableUntil;
  Timestamp createdAt;
  std::optional<Uuid> createdBy;
  Timestamp modifiedAt;
  std::optional<Uuid> modifiedBy;
  std::optional<Timestamp> deletedAt;
  std::int64_t version = 0;
  std::optional<std::string> error;
  std::optional<std::int64_t> childCount;  // of a folder or bucket: direct children

  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AssetJson, (),
                      (id, parentId, assetType, assetTypeName, assetStatus, assetStatusName, displayName, description,
                       fileName, contentType, mediaType, size, checksum, bucketName, objectKey, sourceKey, path,
                       storageClass, archiveTier, languageCode, durationMs, frameRate, width, height, hasAudio,
                       startTimecode, tags, collections, customFields, thumbnailUrl, previewUrl, streamUrl, downloadUrl,
                       availableFrom, availableUntil, createdAt, createdBy, modifiedAt, modifiedBy, deletedAt, version,
                       error, childCount))

struct AssetPage {
  std::vector<AssetJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(AssetPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct RelatedJson {
  Uuid id;
  Uuid parentAssetId;
  std::string relationshipType;
  std::optional<std::string> languageCode;
  std::string contentType;
  std::int64_t size = 0;
  std::string url;
  std::optional<std::string> label;
  std::optional<std::string> error;  // why it cannot be used
};
BOOST_DESCRIBE_STRUCT(RelatedJson, (),
                      (id, parentAssetId, relationshipType, languageCode, contentType, size, url, label, error))

AssetJson asset_json(const Asset& asset, const FolderTree& tree);
// Of one in the bin: where it was before, the folders that lie in the bin themselves included; elsewhere those are not
// shown.
void place_in_bin(AssetJson& out, const Asset& asset, const FolderTree& tree);
RelatedJson related_json(const Related& related, const Uuid& asset);
// "/media/{asset}/original/{version}/{file name}": the content that is served now.
std::string original_url(const Asset& asset);
// Quoted. Made of the row's revision, which is what If-Match is compared with, and of all that the asset is shown with:
// its path changes with the folders above it, its collections with their names.
std::string etag_of(std::int64_t revision, std::string_view json);
std::string etag_of(const Asset& asset);  // without what is shown

}  // namespace reelvault::catalog
