// Every folder and bucket in memory: who stands above whom, under which name. Paths and permission chains come from it
// without a query. Loaded at start, changed after each commit on the committing thread; on other nodes through the
// outbox. A folder that another node made a moment ago is read when it is first asked for, inside closures too. It is
// never the authority: rules about the tree (cycles, names) are checked in the transaction. Thread-safe.
#pragma once
#include "auth/access.hpp"
#include "catalog/asset_repository.hpp"
#include "db/database.hpp"
#include "db/epoch_cache.hpp"

#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

namespace reelvault::catalog {

class FolderTree : public auth::ResourceTree {
 public:
  struct Folder {
    std::int64_t row = 0, parent_row = 0;
    Uuid id;
    AssetType type = AssetType::folder;
    std::string name;
    bool trashed = false;
    bool archive_tier = false;  // of a bucket: whether it has one
  };

  explicit FolderTree(db::Database& database) : database_(database) {}
  Result<void> load();
  Result<void> reload(const Uuid& id);  // another node changed it

  // After commit.
  void put(Folder folder);
  void remove(std::int64_t row);

  // Nearest first, beginning with `row` itself (a folder); empty when unknown, or when it or one above is trashed.
  std::vector<Folder> line(std::int64_t row) const;
  // The bucket above (or that is) this folder, whether in the bin or not; 0 when unknown.
  std::int64_t bucket_of(std::int64_t row) const;
  // This folder and every one below it that is not in the bin (nor below one that is), what holds others first; nothing
  // where they are more than `limit`.
  std::optional<std::vector<std::int64_t>> below(std::int64_t row, std::size_t limit = SIZE_MAX) const;
  // How deep folders are nested from this one down, itself counted; without what is in the bin.
  std::size_t levels(std::int64_t row) const;
  // Every folder that is in the bin, or below one that is.
  std::optional<std::vector<std::int64_t>> in_bin(std::size_t limit) const;
  std::optional<Folder> folder(std::int64_t row) const;
  std::optional<Folder> folder(const Uuid& id) const;

  // auth::ResourceTree: folders from memory, files by one select; not inside a closure.
  std::optional<std::vector<std::int64_t>> chain(const Uuid& asset) override;
  bool is_container(const Uuid& asset) override { return folder(asset).has_value(); }
  std::string name(const Uuid& container) const override {
    auto found = folder(container);
    return found ? std::move(found->name) : std::string();
  }
  // For an asset already read.
  std::optional<std::vector<std::int64_t>> chain_of(const Asset& asset) const;
  std::optional<std::vector<std::int64_t>> chain_of_folder(std::int64_t row) const;
  // The same for one that may be in the bin, or below a folder that is: who may see it there.
  std::vector<std::int64_t> chain_in_bin(const Asset& asset) const;

 private:
  struct FilePlace {
    std::int64_t row = 0, parent_row = 0;
  };
  // Walks upwards from `row`, itself the first, until `fn` says false. Whether it came past the topmost.
  template <class F>
  bool up(std::int64_t row, F&& fn) const;
  // Reads the folder that `where` tells (a condition of SQL on the table asset) and those above it.
  void learn(std::string_view where, db::Parameters parameters) const;
  void learn(std::int64_t row) const;
  std::optional<std::vector<std::int64_t>> rows_above(std::int64_t row, std::vector<std::int64_t> rows) const;
  void set(Folder folder) const;
  void forget(std::int64_t row);
  void unlink(const Folder& folder) const;

  db::Database& database_;
  mutable std::shared_mutex mutex_;
  // What is remembered of the database; asking may add to it.
  mutable std::unordered_map<std::int64_t, Folder> folders_;
  mutable std::unordered_map<Uuid, std::int64_t> rows_;
  mutable std::unordered_map<std::int64_t, std::vector<std::int64_t>> inside_;  // folders in one, those in the bin too
  mutable std::unordered_set<std::int64_t> trashed_;
  db::EpochCache<Uuid, FilePlace> files_{1 << 15};
};

}  // namespace reelvault::catalog
