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
  inside_.clear();
  trashed_.clear();
  for (const auto& [row, folder] : folders_) {
    if (folder.parent_row != 0) inside_[folder.parent_row].push_back(row);
    if (folder.trashed) trashed_.insert(row);
  }
  return {};
}

Result<void> FolderTree::reload(const Uuid& id) {
  RV_TRY(auto found, database_.read([&](db::Transaction& tx) -> Result<std::optional<Asset>> {
    return AssetRepository{}.find(tx, id);
  }));
  if (found && found->folder_like())
    put({found->row, found->parent_row, found->id, found->type, found->name, found->deleted_at.has_value()});
  if (!found) {
    std::unique_lock lock(mutex_);
    if (auto row = rows_.find(id); row != rows_.end()) forget(row->second);
  }
  return {};
}

void FolderTree::put(Folder folder) {
  std::unique_lock lock(mutex_);
  auto before = folders_.find(folder.row);
  const bool stays = before != folders_.end() && before->second.parent_row == folder.parent_row;
  if (before != folders_.end() && !stays) unlink(before->second);
  if (!stays && folder.parent_row != 0) inside_[folder.parent_row].push_back(folder.row);
  if (folder.trashed)
    trashed_.insert(folder.row);
  else
    trashed_.erase(folder.row);
  rows_[folder.id] = folder.row;
  folders_[folder.row] = std::move(folder);
}

void FolderTree::remove(std::int64_t row) {
  std::unique_lock lock(mutex_);
  forget(row);
}

void FolderTree::forget(std::int64_t row) {
  auto found = folders_.find(row);
  if (found == folders_.end()) return;
  unlink(found->second);
  inside_.erase(row);
  trashed_.erase(row);
  rows_.erase(found->second.id);
  folders_.erase(found);
}

void FolderTree::unlink(const Folder& folder) {
  auto beside = inside_.find(folder.parent_row);
  if (beside == inside_.end()) return;
  std::erase(beside->second, folder.row);
  if (beside->second.empty()) inside_.erase(beside);
}

std::optional<std::vector<std::int64_t>> FolderTree::below(std::int64_t row, std::size_t limit) const {
  std::shared_lock lock(mutex_);
  std::vector<std::int64_t> out;
  auto top = folders_.find(row);
  if (top == folders_.end()) return out;
  out.push_back(row);
  for (std::size_t at = 0; at < out.size(); ++at) {
    auto inside = inside_.find(out[at]);
    if (inside == inside_.end()) continue;
    for (std::int64_t each : inside->second) {
      if (trashed_.contains(each)) continue;
      if (out.size() >= limit) return std::nullopt;
      out.push_back(each);
    }
  }
  return out;
}

std::optional<std::vector<std::int64_t>> FolderTree::in_bin(std::size_t limit) const {
  std::shared_lock lock(mutex_);
  std::vector<std::int64_t> out;
  std::unordered_set<std::int64_t> seen;
  for (std::int64_t row : trashed_)
    if (seen.insert(row).second) out.push_back(row);
  for (std::size_t at = 0; at < out.size(); ++at) {
    if (out.size() > limit) return std::nullopt;
    auto inside = inside_.find(out[at]);
    if (inside == inside_.end()) continue;
    for (std::int64_t each : inside->second)
      if (seen.insert(each).second) out.push_back(each);
  }
  return out;
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

std::optional<std::vector<std::int64_t>> FolderTree::rows_above(std::int64_t row,
                                                                std::vector<std::int64_t> rows) const {
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
  const auto epoch = database_.epoch();
  if (epoch)
    if (auto known = files_.find(asset, *epoch)) return rows_above(known->parent_row, {known->row});
  auto place = database_.read([&](db::Transaction& tx) -> Result<std::optional<FilePlace>> {
    return tx.one("select id, parent_id from asset where uid = :uid and asset_type = 2 and deleted_at is null",
                  {{"uid", asset}},
                  [](const db::Row& row) { return FilePlace{row.get<std::int64_t>(0), row.get<std::int64_t>(1)}; });
  });
  if (!place || !*place) return std::nullopt;
  if (epoch) files_.put(asset, *epoch, std::make_shared<const FilePlace>(**place));
  return rows_above((*place)->parent_row, {(*place)->row});
}

std::optional<std::vector<std::int64_t>> FolderTree::chain_of_folder(std::int64_t row) const {
  return rows_above(row, {});
}

std::optional<std::vector<std::int64_t>> FolderTree::chain_of(const Asset& asset) const {
  if (asset.deleted_at) return std::nullopt;
  if (asset.folder_like()) return rows_above(asset.row, {});
  return rows_above(asset.parent_row, {asset.row});
}

}  // namespace reelvault::catalog
