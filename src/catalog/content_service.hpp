// How content comes to an asset: reserving its place when an upload starts, giving it a version when the bytes are
// there, publishing what processing made, and settling. Uploads, registering, clips and image generation all go
// through here. Every function works in the caller's transaction, which ends with the change and its event together.
#pragma once
#include "base/principal.hpp"
#include "catalog/asset_service.hpp"
#include "catalog/lifecycle.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::catalog {

// What a new content sets going; implemented by media, called in the transaction that made the version.
class ContentHook {
 public:
  virtual ~ContentHook() = default;
  virtual Result<void> content_arrived(db::Transaction& tx, const Asset& asset, const Version& version,
                                       std::string_view reason) = 0;
  virtual Result<void> related_arrived(db::Transaction& tx, const Asset& asset, const Related& related) = 0;
  // What other rooms keep of a version is brought along; what it is made of and related assets are already.
  virtual void version_cloned(db::Transaction& tx, const Version& from, std::int64_t to_asset_row,
                              std::int64_t number) = 0;
};

class ContentService {
 public:
  ContentService(AssetService& assets, storage::BlobRepository blobs) : assets_(assets), blobs_(blobs) {}
  void set_hook(ContentHook* hook) { hook_ = hook; }
  // Called in the transaction in which an asset settles, with what it has become; once, at start.
  void on_settled(std::function<Result<void>(db::Transaction&, Asset&)> fn) { settled_ = std::move(fn); }

  struct NewUpload {
    std::optional<Uuid> parent;  // none: the default bucket's Uploads folder
    std::string display_name, file_name, content_type;
    std::int64_t size = 0;
    std::optional<std::string> language_code;
    std::vector<std::string> tags;
    boost::json::object custom_fields;
    std::optional<Uuid> replaces;  // a placeholder to fill or a file to replace
    std::string on_conflict;       // "", "rename", "replace"
  };
  struct Reservation {
    Asset asset;
    bool created = false;                      // cancelling takes the asset away again
    std::optional<AssetStatus> status_before;  // of a placeholder or replaced file
  };
  // The place in the tree (status Uploading), or the asset that is to be filled or replaced. Checks write permission.
  Result<Reservation> reserve(db::Transaction& tx, const Principal& principal, const NewUpload& upload);
  // Whether an upload may replace its content, or fill it.
  static bool replaceable(const Asset& asset);
  // The upload was cancelled or lapsed: everything as it was before. The asset may have gone meanwhile.
  Result<void> give_up(db::Transaction& tx, const Principal& principal, std::int64_t asset_row, bool created,
                       std::optional<AssetStatus> status_before);

  // The store failed under an upload: a new asset goes to Error, a placeholder or replaced file is as it was before.
  Result<void> upload_failed(db::Transaction& tx, std::int64_t asset_row, bool created,
                             std::optional<AssetStatus> status_before);

  struct NewContent {
    std::int64_t blob_row = 0;            // gains a reference
    std::string file_name, content_type;  // as declared; the probe looks for itself
    std::int64_t size = 0;
    std::optional<std::string> expected_checksum;  // "sha256:…", "md5:…": compared by a job while Assembling
    std::string reason;                            // for the history: "upload"
    bool process = true;                           // false: checksum and probe alone, nothing is made of it
    std::optional<std::string> start_timecode;     // known of it where the file itself cannot say
  };
  // A new version: the first is served at once, a replacement when it is ready. Queues the work through the hook.
  // Checks again that the asset is there and writable (it may have been moved or locked during the upload).
  Result<Asset> add_version(db::Transaction& tx, const Principal& principal, std::int64_t asset_row,
                            const NewContent& content);
  // The same for an asset that the caller has locked and found to be the principal's to write.
  Result<Asset> attach(db::Transaction& tx, const Principal& principal, Asset asset, const NewContent& content);
  // The probe has looked at what arrived: what was Registering or SlugReplaced until then is Creating.
  Result<void> looked_at(db::Transaction& tx, Asset& asset);
  // Assembling -> Creating once a declared checksum was found right. Otherwise a first content ends in Error, and a
  // replacement leaves what it was to replace.
  Result<void> checksum_compared(db::Transaction& tx, std::int64_t asset_row, std::int64_t version, bool equal,
                                 std::string_view why = {});

  // A settled version, with all that was made of it, as a further one of `to` (the same asset, or a copy): blobs are
  // shared. Gives its number; what `to` serves is the caller's to say.
  std::int64_t clone_version(db::Transaction& tx, const Version& version, std::int64_t to_asset_row,
                             const Principal& by);
  // A former content, brought back as the newest version. Conflict "version-gone" where it was a registered object that
  // is not what it was.
  Result<Asset> revert(const Principal& principal, const Uuid& id, std::int64_t number);

 private:
  Result<Asset> revert(db::Transaction& tx, const Principal& principal, const Uuid& id, std::int64_t number);

 public:
  // Replaces what `related.recipe` made before for that version. Blobs gain references here.
  Result<Related> put_related(db::Transaction& tx, const Asset& asset, Related related);
  // The same of what somebody uploaded beside an asset, which sets going what is to be made of it.
  Result<Related> add_uploaded(db::Transaction& tx, const Asset& asset, Related related);
  // A file made of an uploaded one. The blob gains a reference.
  void put_related_file(db::Transaction& tx, const Related& related, const RelatedFile& file);
  // Every step for this version has ended. Once nothing newer is worked on, the newest content without an error is the
  // one served. `lack`: the content is good, but what belongs to it could not be made this time.
  Result<void> settle(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                      std::optional<std::string> error, std::optional<std::string> lack = {});

 private:
  Result<std::string> free_name(db::Transaction& tx, std::int64_t parent_row, const std::string& name);

  AssetService& assets_;
  storage::BlobRepository blobs_;
  ContentHook* hook_ = nullptr;
  std::function<Result<void>(db::Transaction&, Asset&)> settled_;
};

}  // namespace reelvault::catalog
