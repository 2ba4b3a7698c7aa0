// An upload in parts: what is kept of it, and the arithmetic of parts.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "base/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::upload {

enum class UploadState : std::int64_t { open = 0, complete = 1, cancelled = 2, failed = 3 };
enum class UploadKind : std::int64_t { content = 0, related = 1 };
enum class PartState : std::int64_t { empty = 0, writing = 1, received = 2, confirmed = 3 };

inline constexpr std::int64_t mib = 1 << 20;
inline constexpr std::int64_t chunk_size_min = 5 * mib;
inline constexpr std::int64_t chunk_size_max = 5 * 1024 * mib;
inline constexpr std::int64_t chunk_size_default = 8 * mib;
inline constexpr std::int64_t parts_preferred_max = 1000;
inline constexpr std::int64_t parts_max = 10000;
inline constexpr std::int64_t file_size_max = 5ll * 1024 * 1024 * mib;

struct Upload {
  std::int64_t row = 0;
  Uuid id, part_base;
  std::int64_t user_row = 0;
  Uuid user_id;  // nil when the user is gone
  std::string username;
  UploadKind kind = UploadKind::content;
  UploadState state = UploadState::open;
  std::int64_t asset_row = 0;
  Uuid asset_id;
  std::int64_t bucket_row = 0;  // whose quota it takes from while it is open; 0: none
  std::optional<Uuid> related_id;
  bool asset_created = false;
  std::optional<std::int64_t> status_before;
  std::optional<Uuid> parent_id;
  std::int64_t blob_row = 0;
  std::string store, key;
  std::optional<std::string> multipart;
  std::string file_name, content_type;
  std::int64_t size = 0, chunk_size = 0, part_count = 0;
  std::optional<std::string> checksum;
  std::optional<std::string> relationship, language_code;
  Timestamp created_at, touched_at;
};

struct Part {
  std::int64_t number = 0;  // from 1
  PartState state = PartState::empty;
  std::int64_t generation = 0;
  std::optional<std::string> etag;
  std::optional<std::uint32_t> crc32;
  std::optional<std::string> boot_id;
};

struct Extent {
  std::int64_t offset = 0, length = 0;
};

// What may lie in a bucket, what does, and what open uploads will add.
struct Quota {
  std::int64_t limit = 0, used = 0, reserved = 0;  // bytes
};
Result<void> check_quota(const std::optional<Quota>& quota,
                         std::int64_t wanted);  // conflict "quota-exceeded" with numbers

// The smallest of 8 MiB doublings that needs at most 1,000 parts, never beyond the limits; or the wish, checked
// against 5 MiB to 5 GiB and 10,000 parts (a fault at /chunkSize). A single part may be as large as the file.
Result<std::int64_t> chunk_size_for(std::int64_t file_size, std::optional<std::int64_t> wish);
std::int64_t part_count(std::int64_t file_size, std::int64_t chunk_size);  // at least 1
Extent extent_of(const Upload& upload, std::int64_t number);

Uuid new_part_base();                                 // a UUIDv7 with the low 14 bits free
Uuid part_id(const Uuid& base, std::int64_t number);  // 1 to 10,000
std::pair<Uuid, std::int64_t> split_part_id(const Uuid& id);

// As clients send it: quoted or not. Weak ones are refused: nothing.
std::optional<std::string> plain_etag(std::string_view given);

// "crc32:9ae0daaf", "sha256:…", "md5:…" in hexadecimal (base64 is taken too): the kind and raw bytes.
struct Checksum {
  enum class Kind { crc32, sha256, md5 } kind;
  std::string bytes;
};
Result<Checksum> parse_checksum(std::string_view text);  // a fault at /checksum

}  // namespace reelvault::upload
