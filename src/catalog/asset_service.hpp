// Rules of the tree: buckets, folders, names, properties, listing, the bin; and the one place that records a change
// (history, event, folder tree). Methods that take a Transaction leave committing to the caller.
#pragma once
#include "auth/access.hpp"
#include "base/config.hpp"
#include "base/dto.hpp"
#include "catalog/asset_json.hpp"
#include "catalog/asset_repository.hpp"
#include "catalog/bucket.hpp"
#include "catalog/collection.hpp"
#include "catalog/folder_tree.hpp"
#include "catalog/lifecycle.hpp"
#include "db/outbox.hpp"
#include "storage/blob_repository.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::catalog {

// Rows of assets change here and nowhere else without a word to the outbox.
class SearchHook {
 public:
  virtual ~SearchHook() = default;
  virtual void changed(db::Transaction& tx, const Asset& asset) = 0;
  virtual void again(db::Transaction& tx, const Asset& asset) = 0;  // all of it, whatever is believed to be there
  virtual void removed(db::Transaction& tx, const Asset& asset) = 0;
};

// For who keeps registered objects where their assets are in the tree (managed buckets).
class PlaceHook {
 public:
  virtual ~PlaceHook() = default;
  // The asset, a folder perhaps, has another name or another parent by this very transaction; `operation` is rename or
  // move. May change its status. Gives the row of the job that it goes on in, if any.
  virtual Result<std::optional<std::int64_t>> placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                                     Operation operation) = 0;
};

struct NewFolder {
  std::string displayName;
  std::string onConflict;
  std::vector<std::string> tags;
  boost::json::object customFields;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(NewFolder, (), (displayName, onConflict, tags, customFields))

struct AssetPatch {
  dto::Patch<std::string> displayName, description;
  dto::Patch<Timestamp> availableFrom, availableUntil;
  dto::Patch<std::vector<std::string>> tags;
  dto::Patch<boost::json::object> customFields;
  dto::Patch<std::string> languageCode;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AssetPatch, (),
                      (displayName, description, availableFrom, availableUntil, tags, customFields, languageCode))

struct ChildQuery {
  std::optional<std::int64_t> pageSize;
  std::optional<std::string> pageToken, sort, mediaType, tag, collection, name;
  std::optional<std::int64_t> assetType, assetStatus, status;
  std::optional<Timestamp> createdFrom, createdUntil, modifiedFrom, modifiedUntil;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ChildQuery, (),
                      (pageSize, pageToken, sort, assetType, mediaType, assetStatus, status, tag, collection, name,
                       createdFrom, createdUntil, modifiedFrom, modifiedUntil))

class AssetService {
 public:
  AssetService(db::Database& database, FolderTree& tree, const auth::AccessControl& access, db::Outbox& outbox,
               storage::Stores& stores, std::string default_bucket)
      : database_(database),
        tree_(tree),
        access_(access),
        outbox_(outbox),
        stores_(stores),
        default_bucket_(std::move(default_bucket)) {}
  void set_search(SearchHook* search) { search_ = search; }
  void set_place_hook(PlaceHook* hook) { place_hook_ = hook; }
  Result<std::optional<std::int64_t>> tell_placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                                  Operation operation) {
    if (!place_hook_) return std::nullopt;
    return place_hook_->placed(tx, asset, by, operation);
  }

  db::Database& database() { return database_; }
  FolderTree& tree() { return tree_; }
  const auth::AccessControl& access() const { return access_; }

  // Buckets (bucket.cpp). The default one and its Uploads folder are made when missing, at the start; it stays the
  // default under another name, until the configuration names another.
  Result<void> ensure_default_bucket();
  std::optional<AssetRepository::BucketPlace> default_place(db::Transaction& tx);
  Result<std::int64_t> default_parent(db::Transaction& tx);  // the Uploads folder's row
  Result<std::vector<AssetJson>> buckets(const Principal& by);
  Result<Asset> create_bucket(db::Transaction& tx, const Principal& by, const NewBucket& bucket);
  Result<BucketJson> bucket(const Uuid& id);
  // What is wrong with a new bucket, or with a change of this one, if it is there.
  Result<void> check(const NewBucket& bucket);
  Result<void> check(const Uuid& id, const BucketPatch& patch);
  Result<BucketJson> patch_bucket(db::Transaction& tx, const Principal& by, const Uuid& id, const BucketPatch& patch);

  Result<Asset> create_folder(db::Transaction& tx, const Principal& by, const Uuid& parent, const NewFolder& folder,
                              AssetType type, AssetStatus status);
  Result<Asset> patch(db::Transaction& tx, const Principal& by, const Uuid& id, const AssetPatch& patch,
                      std::string_view if_match);
  Result<void> trash(db::Transaction& tx, const Principal& by, const Uuid& id);
  Result<void> trash(db::Transaction& tx, const Principal& by, Asset& asset);  // locked and permitted

  // What GET of one asset answers, written out; kept while nothing at all was committed since.
  struct Written {
    std::shared_ptr<const std::string> json;
    std::string etag;
  };
  Result<std::shared_ptr<const Written>> written(const Uuid& id);
  Result<Asset> get(const Uuid& id);
  Result<Asset> get_by_key(const Principal& by, const std::string& bucket, const std::string& key);
  Result<AssetPage> children(const Uuid& id, const ChildQuery& query);
  Result<std::vector<AssetJson>> parent_folders(const Principal& by, const Uuid& id);
  Result<std::vector<AssetJson>> roots(const Principal& by);

  // Visible to this caller (not_found else); the row locked for change.
  Result<Asset> lock_permitted(db::Transaction& tx, const Principal& by, const Uuid& id, Permission permission);
  // The content of an asset that they may read, as a whole, in part or copied: within its window, or whenever they may
  // write it.
  Result<void> content_open_to(const Principal& by, const Asset& asset) const;
  // A name for a child: as given, or numbered when `on_conflict` is "rename"; conflict else, that names the
  // taken one to whoever may read it.
  Result<std::string> claim_name(db::Transaction& tx, const Principal& by, std::int64_t parent_row,
                                 const std::string& name, std::string_view on_conflict);
  // Status by the lifecycle's table, with history and event.
  Result<void> transit(db::Transaction& tx, Asset& asset, Operation operation, const Principal& by,
                       std::string reason = {});
  // Event, search and folder tree for an asset whose row was inserted or updated in this transaction.
  void changed(db::Transaction& tx, const Asset& asset, std::string_view what);
  void index(db::Transaction& tx, const Asset& asset);  // search alone: nothing about the asset changed
  // The asset is about to go for good: those who keep something of it hear of it in the same transaction.
  void on_removed(std::function<void(db::Transaction&, const Asset&)> fn) { removed_.push_back(std::move(fn)); }
  void tell_removed(db::Transaction& tx, const Asset& asset);
  // For whoever may read the folder that it was in, and perhaps not where it is now.
  void tell_left(db::Transaction& tx, const Asset& asset, const Asset& folder);
  Result<void> can_hold(const Asset& parent) const;    // a folder or bucket that is not being deleted
  Result<void> check_depth(std::size_t levels) const;  // of the folder that something is to go into, the bucket counted
  struct BinQuery {
    std::optional<std::int64_t> pageSize;
    std::optional<std::string> pageToken;
    static std::span<const dto::Rule> rules();
  };
  Result<AssetPage> bin(const Principal& by, const BinQuery& query);
  // Of the bucket that the asset is in, the bin included; nothing only when its row is not known to the tree yet.
  std::optional<AssetRepository::BucketPlace> place_of(db::Transaction& tx, const Asset& asset);
  AssetRepository& repository() { return repository_; }
  AssetJson json(const Asset& asset) const {
    AssetJson out = asset_json(asset, tree_);
    out.collections = collections_.of(asset.collections_json);
    return out;
  }
  // As it is shown: with what a folder holds counted.
  AssetJson json(db::Transaction& tx, const Asset& asset);
  // Of these rows, in this order, likewise.
  std::vector<AssetJson> list_json(db::Transaction& tx, const std::vector<std::int64_t>& rows);
  CollectionNames& collections() { return collections_; }
  storage::Stores& stores() { return stores_; }

 private:
  Error name_taken(const Principal& by, const Asset& holder) const;
  std::vector<std::int64_t> collections_named(db::Transaction& tx, const std::string& id_or_name);
  struct CheckedBucket {
    std::string name;
    AssetRepository::BucketPlace place;
  };
  Result<CheckedBucket> checked(const NewBucket& bucket);
  void check_place(const AssetRepository::BucketPlace& place, Faults& faults);

  db::Database& database_;
  FolderTree& tree_;
  db::EpochCache<Uuid, Written> written_{2048};
  const auth::AccessControl& access_;
  db::Outbox& outbox_;
  storage::Stores& stores_;
  std::string default_bucket_;
  SearchHook* search_ = nullptr;
  PlaceHook* place_hook_ = nullptr;
  std::vector<std::function<void(db::Transaction&, const Asset&)>> removed_;
  AssetRepository repository_;
  CollectionNames collections_{database_};
};
BOOST_DESCRIBE_STRUCT(AssetService::BinQuery, (), (pageSize, pageToken))

// Tags as they are kept: trimmed, NFC, distinct by case folding, at most 100 of 200 bytes.
Result<std::vector<std::string>> normal_tags(const std::vector<std::string>& tags);
// A BCP 47 tag in its usual case.
Result<std::string> valid_language(const std::string& given, const std::string& pointer);
std::string tags_json(const std::vector<std::string>& tags);

}  // namespace reelvault::catalog
