// Requests and answers of uploads (api.md 4).
#pragma once
#include "base/dto.hpp"
#include "catalog/asset.hpp"

namespace reelvault::upload {

struct StartUpload {
  std::string fileName;
  std::int64_t fileSize = 0;
  std::optional<Uuid> parentId;
  std::optional<std::string> contentType;
  std::optional<std::int64_t> chunkSize;
  std::optional<std::string> displayName, languageCode;
  std::vector<std::string> tags;
  boost::json::object customFields;
  std::optional<std::string> checksum;
  std::optional<Uuid> replacesAssetId;
  std::optional<std::string> onConflict;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(StartUpload, (),
                      (fileName, fileSize, parentId, contentType, chunkSize, displayName, languageCode, tags,
                       customFields, checksum, replacesAssetId, onConflict))

struct StartRelated {
  Uuid parentAssetId;
  std::string relationshipType;
  std::optional<std::string> languageCode;
  std::string fileName;
  std::int64_t fileSize = 0;
  std::optional<std::string> contentType;
  std::optional<std::int64_t> chunkSize;
  std::optional<std::string> checksum;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(StartRelated, (),
                      (parentAssetId, relationshipType, languageCode, fileName, fileSize, contentType, chunkSize,
                       checksum))

struct PartJson {
  Uuid id;
  std::int64_t partNumber = 0;
  std::string uploadUrl;
  std::int64_t offset = 0, length = 0;
  Timestamp expiresAt;
  bool isCompleted = false;
  std::optional<std::string>
      etag;  // of what was confirmed, so that whoever goes on later can tell it from another file
};
BOOST_DESCRIBE_STRUCT(PartJson, (), (id, partNumber, uploadUrl, offset, length, expiresAt, isCompleted, etag))

struct UploadJson {
  Uuid id, assetId;
  std::optional<Uuid> parentId;
  std::string fileName, contentType;
  std::int64_t fileSize = 0, chunkSize = 0;
  std::string status;  // "Open", "Complete", "Cancelled", "Failed"
  Timestamp createdAt, expiresAt;
  std::vector<PartJson> parts;
};
BOOST_DESCRIBE_STRUCT(UploadJson, (),
                      (id, assetId, parentId, fileName, contentType, fileSize, chunkSize, status, createdAt, expiresAt,
                       parts))

struct UploadSummary {
  Uuid id, assetId;
  std::optional<Uuid> parentId;
  std::string fileName;
  std::int64_t fileSize = 0, chunkSize = 0, partCount = 0, completedParts = 0;
  Timestamp createdAt, touchedAt;
};
BOOST_DESCRIBE_STRUCT(UploadSummary, (),
                      (id, assetId, parentId, fileName, fileSize, chunkSize, partCount, completedParts, createdAt,
                       touchedAt))

struct UploadPage {
  std::vector<UploadSummary> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
};
BOOST_DESCRIBE_STRUCT(UploadPage, (), (items, nextPageToken, totalItemCount))

struct UploadListQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(UploadListQuery, (), (pageSize, pageToken))

struct ConfirmPart {
  std::string etag;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ConfirmPart, (), (etag))

}  // namespace reelvault::upload
