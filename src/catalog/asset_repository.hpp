// The only SQL over assets, their versions and what is related to them. Everything takes the caller's transaction and
// decides nothing: rules stand in asset_service and content_service.
#pragma once
#include "catalog/asset.hpp"
#include "db/database.hpp"
#include "storage/blob_store.hpp"

#include <functional>
#include <unordered_map>

namespace reelvault::catalog {

struct ChildFilter {
  std::optional<AssetType> type;
  std::optional<std::string> media_type;
  std::optional<AssetStatus> status;
  std::optional<std::int64_t> tag;                       // its row; 0: nothing has it
  std::optional<std::vector<std::int64_t>> collections;  // in any of them
  std::optional<std::string> name_contains;              // case folded
  std::optional<Timestamp> created_from, created_until, modified_from, modified_until;
  int count() const {
    return int(type.has_value()) + int(media_type.has_value()) + int(status.has_value()) + int(tag.has_value()) +
           int(collections.has_value()) + int(name_contains.has_value()) + int(created_from || created_until) +
           int(modified_from || modified_until);
  }
  bool any() const { return count() > 0; }
};

enum class SortKey { name, created, modified, size };
struct Sort {
  SortKey key = SortKey::name;
  bool descending = false;
};

// Where the last page ended, in the order of `sort`.
struct PagePosition {
  std::int64_t type = 0;  // by name, folders stand before files
  std::string text;       // by name: the sort key
  std::int64_t number = 0;
  std::int64_t row = 0;
  std::optional<std::int64_t> total;  // of a list that nobody counts: what the first page took it to be
};

// What a folder holds directly, or what one asset adds to it.
struct Counter {
  std::int64_t folders = 0, files = 0, bytes = 0, duration_ms = 0, videos = 0, audios = 0, images = 0, documents = 0;
  static Counter of(const Asset& asset);  // nothing for one in the bin
  Counter operator-() const;
  Counter& operator+=(const Counter& other);
  bool operator==(const Counter&) const = default;
};

struct NewHistory {
  std::int64_t asset_row = 0;
  Uuid asset_id;
  std::optional<std::string_view> asset_name = {};  // nothing: it is looked up
  std::optional<Uuid> user_id;
  std::string username;
  std::string_view operation;
  std::optional<AssetStatus> from, to;
  std::string reason;
};

// The first line of an asset that was just inserted, by whoever its `created_by` says.
NewHistory first_history(const Asset& asset, std::string username, std::string_view operation, std::string reason = {});

struct HistoryEntry {
  Timestamp at;
  std::optional<Uuid> user_id;
  std::string username, operation;
  std::optional<AssetStatus> from, to;
  std::string reason;
};

class AssetRepository {
 public:
  std::optional<Asset> find(db::Transaction& tx, const Uuid& id);
  std::optional<Asset> find_row(db::Transaction& tx, std::int64_t row);
  // The same, held against other writers until the transaction ends (PostgreSQL FOR UPDATE).
  std::optional<Asset> lock(db::Transaction& tx, const Uuid& id);
  std::optional<Asset> lock_row(db::Transaction& tx, std::int64_t row);
  std::unordered_map<std::int64_t, Asset> lock_rows(db::Transaction& tx,
                                                    const std::vector<std::int64_t>& rows);  // in the order of rows
  void claim(db::Transaction& tx, std::vector<std::int64_t> rows);  // the same, without reading them
  std::optional<Asset> child(db::Transaction& tx, std::int64_t parent_row, std::string_view name);
  std::optional<Asset> bucket(db::Transaction& tx, std::string_view name);
  // The asset that was registered from that object, wherever it is in the tree now, the bin included.
  std::optional<Asset> registered(db::Transaction& tx, std::string_view store, std::string_view object_key);
  std::vector<Asset> buckets(db::Transaction& tx);
  std::vector<Asset> find_all(db::Transaction& tx, const std::vector<Uuid>& ids);  // in no order
  std::vector<Asset> rows(db::Transaction& tx, const std::vector<std::int64_t>& rows);
  // What is in the bin itself, newest first, before (`at`, `row`).
  std::vector<Asset> bin(db::Transaction& tx, std::int64_t before_at, std::int64_t before_row, int limit);
  std::int64_t count_bin(db::Transaction& tx, std::int64_t at_most);
  // Rows in the bin since before `when`, the oldest first.
  std::vector<Uuid> bin_before(db::Transaction& tx, Timestamp when, int limit);
  Counter counter(db::Transaction& tx, std::int64_t folder_row);
  Counter counters(db::Transaction& tx, const std::vector<std::int64_t>& folder_rows);  // their sum
  std::unordered_map<std::int64_t, std::int64_t> child_counts(db::Transaction& tx,
                                                              const std::vector<std::int64_t>& folder_rows);
  // Rows from `row` up to the bucket, read from the database and, on PostgreSQL, locked against moves.
  std::vector<std::int64_t> ancestors(db::Transaction& tx, std::int64_t row);

  std::int64_t insert(db::Transaction& tx, const Asset& asset);  // counters included
  // Writes every editable column and raises the revision and modified_at; `asset` gets the new values.
  void update(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by);
  void set_status(db::Transaction& tx, Asset& asset, AssetStatus status);
  void set_storage_class(db::Transaction& tx, Asset& asset, const std::optional<std::string>& storage_class);
  void set_source_key(db::Transaction& tx, Asset& asset, const std::string& source_key);  // raises the revision
  // To another folder, perhaps under another name; raises the revision.
  void reparent(db::Transaction& tx, Asset& asset, std::int64_t parent_row, const std::string& name,
                const std::optional<Uuid>& by);
  void trash(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by);
  void remove(db::Transaction& tx, const Asset& asset);  // the row; counters included; blobs are the caller's
  void untrash(db::Transaction& tx, Asset& asset, std::int64_t parent_row, const std::string& name,
               const std::optional<Uuid>& by);
  void adjust_counter(db::Transaction& tx, std::int64_t folder_row, const Counter& by);

  // Its tags (the rows of asset_tag are the caller's), or its collections, alone; they raise the revision.
  void write_tags(db::Transaction& tx, std::span<Asset* const> assets, const std::optional<Uuid>& by);
  void write_collections(db::Transaction& tx, Asset& asset, const std::optional<Uuid>& by);
  // Into the audit, whose lines of changes the history is; with the name that the asset has in this transaction.
  void add_history(db::Transaction& tx, const NewHistory& entry);
  std::vector<HistoryEntry> history(db::Transaction& tx, const Uuid& asset);

  // What a bucket is besides a root of the tree.
  struct BucketPlace {
    std::string store, key_prefix;  // where its content goes, and registered objects lie
    bool managed = false;           // registered objects are the library's own: moved and removed with their asset
    std::optional<std::string> archive_store;  // a configured store that archived content goes to
    std::optional<std::string> archive_class;  // or a storage class of its own store, on S3
    bool watched = false;
    std::optional<std::int64_t> quota_bytes;
  };
  void insert_bucket(db::Transaction& tx, std::int64_t asset_row, const BucketPlace& place);
  void update_bucket(db::Transaction& tx, std::int64_t asset_row,
                     const BucketPlace& place);  // all but store and prefix
  std::optional<BucketPlace> bucket_place(db::Transaction& tx, std::int64_t bucket_row);
  // The bucket that was made or found for this setting of upload.default_bucket, whatever it is named now.
  std::optional<Asset> default_bucket(db::Transaction& tx, std::string_view setting);
  void set_default_bucket(db::Transaction& tx, std::int64_t bucket_row, std::string_view setting);
  bool has_archive_tier(db::Transaction& tx, const Asset& bucket);  // false of what is none

  // Every folder and bucket, for the tree in memory.
  struct FolderRow {
    std::int64_t row, parent_row;
    Uuid id;
    AssetType type;
    std::string name;
    bool trashed;
    bool archive_tier;  // of a bucket
  };
  void each_folder(db::Transaction& tx, const std::function<void(const FolderRow&)>& fn);
  // The folder that `where` tells, a condition of SQL with its parameters, and those above it.
  void each_folder_above(db::Transaction& tx, std::string_view where, const db::Parameters& parameters,
                         const std::function<void(const FolderRow&)>& fn);
};

class VersionRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Version& version);
  std::optional<Version> find(db::Transaction& tx, std::int64_t asset_row, std::int64_t number);
  std::vector<Version> all(db::Transaction& tx, std::int64_t asset_row);
  std::int64_t latest(db::Transaction& tx, std::int64_t asset_row);  // 0: none
  // Numbers of those whose content is gone (BlobState::overwritten).
  std::set<std::int64_t> overwritten(db::Transaction& tx, std::int64_t asset_row);
  // A settled version as one of another asset, or of its own; the blob's reference is the caller's.
  void copy(db::Transaction& tx, const Version& version, std::int64_t to_asset_row, std::int64_t number,
            const std::optional<Uuid>& by);
  void set_properties(db::Transaction& tx, const Version& version, const Asset& measured);
  void set_duration(db::Transaction& tx, std::int64_t version_row, std::string_view properties_json,
                    std::int64_t duration_ms);
  // Brings what the probe measured, and the made thumbnail, preview and stream, from the version that `asset` now
  // serves into the asset's row.
  void apply_measures(db::Transaction& tx, const Asset& asset);
  void settle(db::Transaction& tx, std::int64_t version_row, const std::optional<std::string>& error);
  void unsettle(db::Transaction& tx, std::int64_t version_row);
};

class RelatedRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Related& related);  // with its files
  std::optional<Related> find(db::Transaction& tx, const Uuid& id);
  // A file made of the uploaded one, in a folder below it ("webvtt/track.vtt"); what had that name before goes, and its
  // blob is given.
  std::optional<std::int64_t> put_file(db::Transaction& tx, std::int64_t related_row, const RelatedFile& file);
  void set_outcome(db::Transaction& tx, const Related& related);  // properties and error
  std::vector<Related> of_asset(db::Transaction& tx, std::int64_t asset_row, std::int64_t version);  // with files
  // What the same recipe made before for that version and language is superseded, and its files' blobs are given.
  std::vector<std::int64_t> supersede(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                                      std::string_view recipe, const std::optional<std::string>& language_code);
  // Of uploads of one kind in one language the newest is shown that turned out to be good. For one that just did:
  // earlier ones are superseded, good or not; this one itself where a later one with a file `made` is there. Blobs as
  // above.
  std::vector<std::int64_t> supersede_uploads(db::Transaction& tx, const Related& good, std::string_view made);
  void remove_of_asset(db::Transaction& tx, std::int64_t asset_row);  // rows of versions, too; blobs are the caller's
  std::vector<std::int64_t> blobs_of_asset(db::Transaction& tx,
                                           std::int64_t asset_row);  // each reference, versions included
  struct FilePlace {
    RelatedFile file;
    std::int64_t asset_row = 0, version = 0;
    std::string relationship;
    std::string store, key;
    std::int64_t blob_size = 0, blob_mtime_ns = 0;
    Timestamp blob_created_at;
    Timestamp modified() const { return storage::modified_at(blob_mtime_ns, blob_created_at); }
  };
  std::optional<FilePlace> file(db::Transaction& tx, const Uuid& related, std::string_view name);
};

}  // namespace reelvault::catalog
