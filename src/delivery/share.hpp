// A share: a link by which whoever has it sees one asset and nothing else, without an account. It is as good as the
// right of whoever made it: when they may no longer read the asset, or it is in the bin, the link is dead.
#pragma once
#include "base/dto.hpp"

namespace reelvault::delivery {

inline constexpr std::size_t kShareRecipientsMost = 50;
inline constexpr std::int64_t kSharesOfAssetMost = 500;  // that are not over
inline constexpr std::int64_t kSharesListedMost = 500;   // the newest

struct Share {
  std::int64_t row = 0;
  Uuid id;
  std::string token_hash;  // raw SHA-256
  std::int64_t asset_row = 0;
  Uuid asset_id;
  Uuid created_by;
  std::optional<std::string> creator;  // their name now; nothing: gone
  Timestamp created_at;
  std::optional<Timestamp> expires_at;
  std::optional<std::string> password_hash;
  bool allow_download = false, allow_annotations = false;
  std::optional<std::string> message;
  std::vector<std::string> recipients;
  std::optional<Timestamp> revoked_at;
  std::int64_t opens = 0;
  std::optional<Timestamp> last_opened_at;

  bool over(Timestamp at) const { return revoked_at || (expires_at && at >= *expires_at); }
};

struct NewShare {
  std::vector<std::string> recipients;
  std::optional<Timestamp> expirationDate;
  std::optional<std::string> password;
  bool allowDownload = false, allowAnnotations = false;
  std::optional<std::string> message;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(NewShare, (), (recipients, expirationDate, password, allowDownload, allowAnnotations, message))

struct ShareMade {
  Uuid id;
  std::string url;
  std::optional<Timestamp> expirationDate;
  bool mailed = false;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ShareMade, (), (id, url, expirationDate, mailed))

struct ShareJson {
  Uuid id;
  std::string state;
  std::vector<std::string> recipients;
  std::optional<Timestamp> expirationDate;
  bool hasPassword = false, allowDownload = false, allowAnnotations = false;
  std::optional<std::string> message;
  Timestamp createdAt;
  Uuid createdBy;
  std::optional<std::string> createdByName;
  std::optional<Timestamp> revokedAt;
  std::int64_t opens = 0;
  std::optional<Timestamp> lastOpenedAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ShareJson, (),
                      (id, state, recipients, expirationDate, hasPassword, allowDownload, allowAnnotations, message,
                       createdAt, createdBy, createdByName, revokedAt, opens, lastOpenedAt))

struct ShareItems {
  std::vector<ShareJson> items;
};
BOOST_DESCRIBE_STRUCT(ShareItems, (), (items))

// What anybody who has the link may know of it.
struct ShareDoor {
  bool passwordRequired = false;
};
BOOST_DESCRIBE_STRUCT(ShareDoor, (), (passwordRequired))

struct OpenShare {
  std::optional<std::string> password, pass;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(OpenShare, (), (password, pass))

// What the link's page shows. Nothing of where the asset lies, who made the link and to whom it went.
struct SharedAsset {
  std::string displayName;
  std::optional<std::string> message, mediaType, contentType;
  std::int64_t size = 0;
  std::optional<std::int64_t> durationMs, width, height;
  std::optional<std::string> frameRate, startTimecode;
  std::optional<bool> hasAudio;
  std::optional<Timestamp> expirationDate;
  bool allowDownload = false, allowAnnotations = false;
  std::optional<std::string> thumbnailUrl, previewUrl, streamUrl, spriteUrl, waveformUrl, downloadUrl;
  Timestamp urlsExpireAt;
  std::string pass;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SharedAsset, (),
                      (displayName, message, mediaType, contentType, size, durationMs, width, height, frameRate,
                       startTimecode, hasAudio, expirationDate, allowDownload, allowAnnotations, thumbnailUrl,
                       previewUrl, streamUrl, spriteUrl, waveformUrl, downloadUrl, urlsExpireAt, pass))

}  // namespace reelvault::delivery
