// What of the tree one search may look at: what its caller may read, within the folder or bucket that was asked for.
// Made for one request; grants and folders are in memory, so asking costs no query.
#pragma once
#include "auth/access.hpp"
#include "catalog/folder_tree.hpp"
#include "search/search_repository.hpp"

#include <unordered_set>

namespace reelvault::search {

class Scope {
 public:
  // `below`: a folder that the caller may read; 0: anywhere. `bucket`: 0: any.
  static Scope make(const catalog::FolderTree& tree, const auth::AccessControl& access, const Principal& by,
                    std::int64_t below, std::int64_t bucket);

  bool nothing() const { return nothing_; }
  bool everything() const { return everything_; }  // and nothing of it is in the bin
  bool holds(const Candidate& candidate);

  // Where so few folders are in it that starting from them is cheaper: terms of which each asset in it has one, in
  // groups.
  bool few(db::Transaction& tx, SearchRepository& repository);
  const std::vector<std::vector<std::string>>& groups() const { return groups_; }

 private:
  explicit Scope(const catalog::FolderTree& tree) : tree_(&tree) {}
  // Whether a folder is at or below one of `tops` (none: known), and nothing from it upwards is in the bin.
  bool within(std::int64_t folder, const std::unordered_set<std::int64_t>& tops) const;

  const catalog::FolderTree* tree_;
  bool nothing_ = false, everything_ = false;
  std::int64_t without_ = 0;  // the folder asked for is not below itself
  std::unordered_set<std::int64_t> tops_;
  std::unordered_map<std::int64_t, bool> known_;
  std::optional<bool> few_;
  std::vector<std::vector<std::string>> groups_;
};

}  // namespace reelvault::search
