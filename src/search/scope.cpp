#include "search/scope.hpp"

namespace reelvault::search {

namespace {
// Beyond these, going through all matches and asking each for its place is cheaper.
constexpr std::size_t folders_max = 1000;
constexpr std::int64_t files_max = 50'000;
constexpr std::size_t group_size = 64;  // an OR of FTS5 looks at each of its terms for every row
}  // namespace

bool Scope::within(std::int64_t folder, const std::unordered_set<std::int64_t>& tops) const {
  auto chain = tree_->chain_of_folder(folder);
  if (!chain) return false;
  return tops.empty() || std::ranges::any_of(*chain, [&](std::int64_t row) { return tops.contains(row); });
}

Scope Scope::make(const catalog::FolderTree& tree, const auth::AccessControl& access, const Principal& by,
                  std::int64_t below, std::int64_t bucket) {
  Scope out(tree);
  const bool all = access.sees_everything(by);
  if (!all)
    for (std::int64_t row : access.granted(by))
      if (out.within(row, {})) out.tops_.insert(row);
  auto narrow = [&](std::int64_t to) {
    if (out.tops_.empty() || out.within(to, out.tops_)) {
      out.tops_ = {to};
      return;
    }
    std::erase_if(out.tops_, [&](std::int64_t top) { return !out.within(top, {to}); });
    out.nothing_ = out.nothing_ || out.tops_.empty();
  };
  out.nothing_ = !all && out.tops_.empty();
  if (bucket != 0 && !out.nothing_) narrow(bucket);
  if (below != 0 && !out.nothing_) {
    narrow(below);
    out.without_ = below;
  }
  out.everything_ = !out.nothing_ && out.tops_.empty() && tree.in_bin(0).has_value();
  return out;
}

bool Scope::holds(const Candidate& candidate) {
  if (nothing_ || candidate.row == without_) return false;
  if (everything_) return true;
  const std::int64_t at = candidate.type == catalog::AssetType::file ? candidate.parent_row : candidate.row;
  auto [known, unknown] = known_.try_emplace(at, false);
  if (unknown) known->second = within(at, tops_);
  return known->second;
}

bool Scope::few(db::Transaction& tx, SearchRepository& repository) {
  if (few_) return *few_;
  few_ = false;
  if (nothing_ || tops_.empty()) return false;
  std::unordered_set<std::int64_t> seen;
  for (std::int64_t top : tops_) {
    auto below = tree_->below(top, folders_max);
    if (!below) return false;
    seen.insert(below->begin(), below->end());
    if (seen.size() > folders_max) return false;
  }
  const std::vector<std::int64_t> folders(seen.begin(), seen.end());
  if (repository.files_in(tx, folders) > files_max) return false;
  few_ = true;
  auto add = [&](std::string term) {
    if (groups_.empty() || groups_.back().size() >= group_size) groups_.emplace_back();
    groups_.back().push_back(std::move(term));
  };
  for (std::int64_t row : folders) add(property::parent(row));
  for (std::int64_t row : tops_)
    if (row != without_) add(property::folder(row));
  return true;
}

}  // namespace reelvault::search
