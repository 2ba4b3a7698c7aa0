// The asset: a row of the tree. Types and statuses carry the reference's integers.
#pragma once
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <boost/json.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::catalog {

enum class AssetType : std::int64_t { folder = 1, file = 2, bucket = 5 };
std::string_view type_name(AssetType type);               // "Folder"
inline constexpr std::string_view asset_types = "1|2|5";  // as dto::Rule::one_of has them

enum class AssetStatus : std::int64_t {
  available = 1,
  renaming = 2,
  copying = 3,
  restoring = 4,
  registering = 5,
  uploading = 6,
  archiving = 7,
  archived = 8,
  pending_archive = 9,
  pending_restore = 11,
  restored = 12,
  deleting = 13,
  moving = 14,
  slug_replaced = 15,
  updating = 16,
  error = 17,
  assembling = 18,
  clipping = 19,
  placeholder = 20,
  creating = 21,
  replacing = 22,
};
std::string_view status_name(AssetStatus status);  // "PendingArchive"
inline constexpr std::string_view asset_statuses = "1|2|3|4|5|6|7|8|9|11|12|13|14|15|16|17|18|19|20|21|22";

struct Asset {
  std::int64_t row = 0;
  Uuid id;
  std::int64_t parent_row = 0;  // 0: a bucket
  AssetType type = AssetType::file;
  AssetStatus status = AssetStatus::available;
  std::string name;
  std::optional<std::string> description, file_name, source_key, content_type, media_type;
  std::int64_t size = 0;
  std::optional<std::string> language_code;
  std::optional<std::int64_t> duration_ms;
  std::optional<std::string> frame_rate;
  std::optional<std::int64_t> width, height;
  std::optional<bool> has_audio;
  std::optional<std::string> start_timecode;
  std::optional<std::string> thumbnail_path, preview_path, stream_path;  // below /media/{id}/
  std::string tags_json = "[]", custom_fields_json = "{}";
  std::string collections_json =
      "[]";  // rows of collections, removed ones perhaps among them; written by collections alone
  std::int64_t version = 0;
  std::optional<std::string> error;
  std::optional<Timestamp> available_from, available_until;
  Timestamp created_at, modified_at;
  std::optional<Uuid> created_by, modified_by;
  std::optional<Timestamp> deleted_at;
  std::int64_t revision = 1;
  std::optional<std::string> sha256;         // of the served content, raw; nothing until hashed
  std::optional<std::string> storage_class;  // of its content, where archived: "ARCHIVE", or S3's word

  bool folder_like() const { return type != AssetType::file; }
};

struct Version {
  std::int64_t row = 0;
  std::int64_t asset_row = 0;
  std::int64_t number = 0;
  std::int64_t blob_row = 0;
  std::string file_name, content_type;
  std::optional<std::string> declared_content_type;
  std::string media_type;
  std::int64_t size = 0;
  std::string media_properties_json = "{}";
  bool settled = false;
  std::optional<std::string> error;
  std::optional<std::string> expected_checksum;
  Timestamp created_at;
  std::optional<Uuid> created_by;
  std::optional<std::string> start_timecode;
  bool process = true;  // of one that has just arrived: whether anything is to be made of it. Not kept
};

struct RelatedFile {
  std::string name;
  std::int64_t blob_row = 0;
  std::string content_type;
  std::int64_t size = 0;
};

struct Related {
  std::int64_t row = 0;
  Uuid id;
  std::int64_t asset_row = 0;
  std::int64_t version = 0;
  std::string relationship;
  std::optional<std::string> language_code;
  std::string content_type;
  std::int64_t size = 0;
  std::string recipe;
  std::optional<std::string> label;
  Timestamp created_at;
  std::optional<Uuid> created_by;
  std::vector<RelatedFile> files;      // the first is the one that its `url` names
  std::string properties_json = "{}";  // what it was found to be
  std::optional<std::string> error;    // why it cannot be used, for people
  bool uploaded() const { return recipe.starts_with("upload"); }
};

inline constexpr std::string_view relationship_types =
    "subtitle|proxy|thumbnail|preview|transcript|audio|document|stream|sprite|waveform|screenshot|other";

// By name and content type, before anything was decoded: video, audio, image, document or other.
std::string guess_media_type(std::string_view content_type, std::string_view file_name);
std::string guess_content_type(std::string_view file_name);  // "application/octet-stream" when unknown

}  // namespace reelvault::catalog
