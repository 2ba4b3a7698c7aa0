// What one caller may read, asked many times in one request: the answer for a folder is remembered.
#pragma once
#include "auth/access.hpp"
#include "catalog/folder_tree.hpp"

#include <unordered_map>

namespace reelvault::catalog {

class Readable {
 public:
  Readable(const FolderTree& tree, const auth::AccessControl& access, const Principal& by)
      : tree_(tree), access_(access), by_(by) {}

  // A folder or bucket that is not in the bin, nor below one that is.
  bool folder(std::int64_t row) {
    auto [known, fresh] = known_.try_emplace(row, false);
    if (fresh) {
      auto chain = tree_.chain_of_folder(row);
      known->second = chain && access_.highest(by_, *chain);
    }
    return known->second;
  }
  // Grants are put on folders alone: a file is read by whoever reads the folder it lies in.
  bool asset(std::int64_t row, std::int64_t parent_row, AssetType type) {
    return folder(type == AssetType::file ? parent_row : row);
  }

 private:
  const FolderTree& tree_;
  const auth::AccessControl& access_;
  const Principal& by_;
  std::unordered_map<std::int64_t, bool> known_;
};

}  // namespace reelvault::catalog
