#include "catalog/folder_tree.hpp"

#include "base/log.hpp"

namespace reelvault::catalog {

namespace {
constexpr int levels_max = 1000;  // guards against a cycle that only a fault in the database could hold
}  // namespace

Result<void> FolderTree::load() {
  std::unordered_map<std::int64_t, Folder> folders;
  std::unordered_map<Uuid, std::int64_t> rows;
  RV_CHECK(database_.read_unlimited([&](db::Transaction& tx) -> Result<void> {
    AssetRepository{}.each_folder(tx, [&](const AssetRepository::FolderRow& row) {
      rows[row.id] = row.row;
      folders[row.row] = {row.row, row.parent_row, row.id, row.type, row.name, row.trashed, row.archive_tier};
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
  bool archive_tier = false;
  RV_TRY(auto found, database_.read([&](db::Transaction& tx) -> Result<std::optional<Asset>> {
    auto asset = AssetRepository{}.find(tx, id);
    archive_tier = asset && AssetRepository{}.has_archive_tier(tx, *asset);
    return asset;
  }));
  if (found && found->folder_like())
    put({found->row, found->parent_row, found->id, found->type, found->name, found->deleted_at.has_value(),
         archive_tier});
  if (!found) {
    std::unique_lock lock(mutex_);
    if (auto row = rows_.find(id); row != rows_.end()) forget(row->second);
  }
  return {};
}

void FolderTree::learn(std::string_view where, db::Parameters parameters) const {
  std::vector<Folder> line;
  auto read = database_.read_beside([&](db::Transaction& tx) -> Result<void> {
    line.clear();
    AssetRepository{}.each_folder_above(tx, where, parameters, [&](const AssetRepository::FolderRow& row) {
      line.push_back({row.row, row.parent_row, row.id, row.type, row.name, row.trashed, row.archive_tier});
    });
    return {};
  });
  if (!read) return log::warning("could not read a folder", {{"detail", read.error().detail}});
  std::unique_lock lock(mutex_);
  // What is known meanwhile came after a commit, and may be newer than what was read.
  for (Folder& folder : line)
    if (!folders_.contains(folder.row)) set(std::move(folder));
}

void FolderTree::learn(std::int64_t row) const { learn("id = :row", {{"row", row}}); }

void FolderTree::put(Folder folder) {
  std::unique_lock lock(mutex_);
  set(std::move(folder));
}

void FolderTree::set(Folder folder) const {
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

void FolderTree::unlink(const Folder& folder) const {
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

std::size_t FolderTree::levels(std::int64_t row) const {
  std::shared_lock lock(mutex_);
  int levels = 0;
  for (std::vector<std::int64_t> level{row}, next; !level.empty() && levels < levels_max;
       level.swap(next), next.clear()) {
    ++levels;
    for (std::int64_t folder : level) {
      auto inside = inside_.find(folder);
      if (inside == inside_.end()) continue;
      for (std::int64_t each : inside->second)
        if (trashed_.empty() || !trashed_.contains(each)) next.push_back(each);
    }
  }
  return static_cast<std::size_t>(levels);
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

template <class F>
bool FolderTree::up(std::int64_t row, F&& fn) const {
  std::shared_lock lock(mutex_);
  for (int depth = 0; row != 0; ++depth) {
    auto found = folders_.find(row);
    if (found == folders_.end()) {
      lock.unlock();
      learn(row);
      lock.lock();
      found = folders_.find(row);
    }
    if (depth == levels_max || found == folders_.end() || !fn(found->second)) return false;
    row = found->second.parent_row;
  }
  return true;
}

std::vector<FolderTree::Folder> FolderTree::line(std::int64_t row) const {
  std::vector<Folder> out;
  const bool whole = up(row, [&](const Folder& folder) {
    if (!folder.trashed) out.push_back(folder);
    return !folder.trashed;
  });
  return whole ? out : std::vector<Folder>();
}

std::int64_t FolderTree::bucket_of(std::int64_t row) const {
  std::int64_t bucket = 0;
  up(row, [&](const Folder& folder) {
    if (folder.type == AssetType::bucket) bucket = folder.row;
    return bucket == 0;
  });
  return bucket;
}

std::vector<std::int64_t> FolderTree::chain_in_bin(const Asset& asset) const {
  std::vector<std::int64_t> rows{asset.row};
  up(asset.parent_row, [&](const Folder& folder) {
    rows.push_back(folder.row);
    return true;
  });
  return rows;
}

std::optional<std::vector<std::int64_t>> FolderTree::rows_above(std::int64_t row,
                                                                std::vector<std::int64_t> rows) const {
  const bool whole = up(row, [&](const Folder& folder) {
    if (!folder.trashed) rows.push_back(folder.row);
    return !folder.trashed;
  });
  return whole ? std::optional(std::move(rows)) : std::nullopt;
}

std::optional<FolderTree::Folder> FolderTree::folder(std::int64_t row) const {
  std::optional<Folder> out;
  up(row, [&](const Folder& folder) {
    out = folder;
    return false;
  });
  return out;
}

std::optional<FolderTree::Folder> FolderTree::folder(const Uuid& id) const {
  for (bool asked = false;; asked = true) {
    {
      std::shared_lock lock(mutex_);
      if (auto row = rows_.find(id); row != rows_.end()) return folders_.at(row->second);
    }
    if (asked) return std::nullopt;
    learn("uid = :uid and asset_type <> 2", {{"uid", id}});
  }
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
  bool container = false;
  auto place = database_.read([&](db::Transaction& tx) -> Result<std::optional<FilePlace>> {
    return tx.one("select id, parent_id, asset_type <> 2 from asset where uid = :uid and deleted_at is null",
                  {{"uid", asset}}, [&](const db::Row& row) {
                    container = row.get<bool>(2);
                    return FilePlace{row.get<std::int64_t>(0), row.get<std::optional<std::int64_t>>(1).value_or(0)};
                  });
  });
  if (!place || !*place) return std::nullopt;
  if (container) return rows_above((*place)->row, {});  // made by another node a moment ago
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
