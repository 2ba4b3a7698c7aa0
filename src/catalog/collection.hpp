// A collection: a named selection of files and folders from anywhere in the tree. A folder stands for itself, and so
// for whatever it holds at the moment. It belongs to whoever made it, is seen by them, by administrators and by
// everybody who may read something in it, and shows to each only what they may read. What is in the bin is not in it
// until it is back.
#pragma once
#include "base/dto.hpp"
#include "catalog/asset.hpp"
#include "db/database.hpp"

#include <shared_mutex>
#include <unordered_map>

namespace reelvault::catalog {

struct Collection {
  std::int64_t row = 0;
  Uuid id;
  Uuid owner;  // nil: the program
  std::string name;
  std::optional<std::string> description;
  Timestamp created_at, modified_at;
  std::int64_t revision = 1;
  bool removed = false;
};

struct CollectionItem {
  std::int64_t row = 0;  // in the order of adding
  std::int64_t asset_row = 0, parent_row = 0;
  AssetType type = AssetType::file;
};

// The only SQL over collections.
class CollectionRepository {
 public:
  std::optional<Collection> find(db::Transaction& tx, const Uuid& id);
  std::optional<Collection> lock(db::Transaction& tx, const Uuid& id);
  std::vector<Collection> named(db::Transaction& tx, const std::string& folded);  // of every owner, the oldest first
  // By name, after (sort_name, row).
  std::vector<Collection> page(db::Transaction& tx, const std::string& after_name, std::int64_t after_row, int limit);
  bool insert(db::Transaction& tx, Collection& collection);  // false: the owner has one of that name; else sets the row
  bool update(db::Transaction& tx, Collection& collection);  // false: likewise; raises the revision
  void mark_removed(db::Transaction& tx, std::int64_t row);
  std::vector<std::int64_t> marked(db::Transaction& tx);
  std::int64_t remove_items(db::Transaction& tx, std::int64_t row, int limit);  // of one that is marked; gives how many
  void remove(db::Transaction& tx, std::int64_t row);                           // once it has none

  bool add(db::Transaction& tx, std::int64_t row, std::int64_t asset_row, Timestamp at,
           const std::optional<Uuid>& by);                                   // false: it was
  bool take(db::Transaction& tx, std::int64_t row, std::int64_t asset_row);  // false: it was not
  // Items that are not in the bin themselves, after an item's row (or before it: newest first).
  std::vector<CollectionItem> items(db::Transaction& tx, std::int64_t row, std::int64_t after, bool newest_first,
                                    int limit);
  // Of its first `at_most` items those that are not in the bin themselves, by the folder that decides who reads them.
  struct Held {
    std::int64_t folder_row = 0, items = 0;
  };
  std::vector<Held> held(db::Transaction& tx, std::int64_t row, std::int64_t at_most);
  bool has_more(db::Transaction& tx, std::int64_t row, std::int64_t than);
  // Rows of what is in any of these collections. `containers`: of the folders alone.
  std::vector<std::int64_t> members(db::Transaction& tx, const std::vector<std::int64_t>& rows, bool containers);
  void each(db::Transaction& tx,
            const std::function<void(std::int64_t row, const Uuid& id, const std::string& name)>& fn);
};

// Names of collections in memory, by which an asset's JSON names its own without a query. Loaded at start, changed
// after each commit; on other nodes through the outbox.
class CollectionNames {
 public:
  explicit CollectionNames(db::Database& database) : database_(database) {}
  Result<void> load();
  Result<void> reload(const Uuid& id);
  void put(std::int64_t row, const Uuid& id, std::string name);
  void remove(const Uuid& id);
  // Of an asset's `collections_json`: without those that were removed, each name once, by name.
  std::vector<std::string> of(const std::string& collections_json) const;

 private:
  db::Database& database_;
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::int64_t, std::string> names_;
  std::unordered_map<Uuid, std::int64_t> rows_;
};

std::string etag_of(const Collection& collection);
// As it is kept, or what is wrong with it.
Result<std::string> valid_collection_name(const std::string& given, const std::string& pointer);

}  // namespace reelvault::catalog
