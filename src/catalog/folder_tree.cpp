#include "catalog/folder_tree.hpp"

namespace reelvault::catalog {

Result<void> FolderTree::load() {
  std::unordered_map<std::int64_t, Folder> folders;
  std::unordered_map<Uuid, std::int64_t> rows;
  RV_CHECK(database_.read([&](db::Transaction& tx) -> Result<void> {
    AssetRepository{}.each_folder(tx, [&](const AssetRepository::FolderRow& row) {
      rows[row.id] = row.row;
      folders[row.row] = {row.row, row.parent_row, row.id, row.type, row.name, row.trashed};
    });
    return {};
  }));
  std::unique_lock lock(mutex_);
  folders_ = std::move(folders);
  rows_ = std::move(rows);
  return {};
}

Result<void> FolderTree::reload(const Uuid& id) {
  RV_TRY(auto found, database_.read([&](db::Transaction& tx) -> Result<std::optional<Asset>> { return AssetRepository{}.find(tx, id); }));
  if (found && found->folder_like())
    put({found->row, found->parent_row, found->id, found->type, found->name, found->deleted_at.has_value()});
  if (!found) {
    std::unique_lock lock(mutex_);
    if (auto row = rows_.find(id); row != rows_.end()) {
      folders_.erase(row->second);
      rows_.erase(row);
    }
  }
  return {};
}

void FolderTree::put(Folder folder) {
  std::unique_lock lock(mutex_);
  rows_[folder.id] = folder.row;
  folders_[folder.row] = std::move(folder);
}

void FolderTree::remove(std::int64_t row) {
  std::unique_lock lock(mutex_);
  if (auto found = folders_.find(row); found != folders_.end()) {
    rows_.erase(found->second.id);
    folders_.erase(found);
  }
}

std::vector<FolderTree::Folder> FolderTree::line(std::int64_t row) const {
  std::vector<Folder> out;
  std::shared_lock lock(mutex_);
  // The bound guards against a cycle that only a fault in the database could hold.
  for (int depth = 0; row != 0 && depth < 1000; ++depth) {
    auto found = folders_.find(row);
    if (found == folders_.end() || found->second.trashed) return {};
    out.push_back(found->second);
    row = found->second.parent_row;
  }
  return out;
}

std::int64_t FolderTree::bucket_of(std::int64_t row) const {
  std::shared_lock lock(mutex_);
  for (int depth = 0; row != 0 && depth < 1000; ++depth) {
    auto found = folders_.find(row);
    if (found == folders_.end()) return 0;
    if (found->second.type == AssetType::bucket) return row;
    row = found->second.parent_row;
  }
  return 0;
}

std::vector<std::int64_t> FolderTree::chain_in_bin(const Asset& asset) const {
  std::vector<std::int64_t> rows{asset.row};
  std::shared_lock lock(mutex_);
  std::int64_t row = asset.parent_row;
  for (int depth = 0; row != 0 && depth < 1000; ++depth) {
    auto found = folders_.find(row);
    if (found == folders_.end()) break;
    rows.push_back(row);
    row = found->second.parent_row;
  }
  return rows;
}

std::optional<FolderTree::Folder> FolderTree::folder(std::int64_t row) const {
  std::shared_lock lock(mutex_);
  auto found = folders_.find(row);
  return found == folders_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FolderTree::Folder> FolderTree::folder(const Uuid& id) const {
  std::shared_lock lock(mutex_);
  auto row = rows_.find(id);
  return row == rows_.end() ? std::nullopt : std::optional(folders_.at(row->second));
}

std::optional<std::vector<std::int64_t>> FolderTree::rows_above(std::int64_t row, std::vector<std::int64_t> rows) const {
  std::shared_lock lock(mutex_);
  for (int depth = 0; row != 0 && depth < 1000; ++depth) {
    auto found = folders_.find(row);
    if (found == folders_.end() || found->second.trashed) return std::nullopt;
    rows.push_back(row);
    row = found->second.parent_row;
  }
  return rows;
}

std::optional<std::vector<std::int64_t>> FolderTree::chain(const Uuid& asset) {
  {
    std::shared_lock lock(mutex_);
    auto row = rows_.find(asset);
    if (row != rows_.end()) {
      std::int64_t start = row->second;
      lock.unlock();
      return rows_above(start, {});
    }
  }
  struct Place {
    std::int64_t row, parent;
  };
  auto place = database_.read([&](db::Transaction& tx) -> Result<std::optional<Place>> {
    return tx.one("select id, parent_id from asset where uid = :uid and asset_type = 2 and deleted_at is null", {{"uid", asset}},
                  [](const db::Row& row) { return Place{row.get<std::int64_t>(0), row.get<std::int64_t>(1)}; });
  });
  if (!place || !*place) return std::nullopt;
  return rows_above((*place)->parent, {(*place)->row});
}

std::optional<std::vector<std::int64_t>> FolderTree::chain_of(const Asset& asset) const {
  if (asset.deleted_at) return std::nullopt;
  if (asset.folder_like()) return rows_above(asset.row, {});
  return rows_above(asset.parent_row, {asset.row});
}

}  // namespace reelvault::catalog
