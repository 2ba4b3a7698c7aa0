// The only SQL over tags. asset_tag holds what can be listed: the tags of assets that are not in the bin themselves,
// with the keys by which a folder's page goes; AssetRepository keeps it in step with the asset's row. A tag counts its
// uses, is spelled as whoever used it first spelled it, and goes with its last use. Tags are compared case folded.
#pragma once
#include "db/database.hpp"

#include <string>
#include <unordered_map>
#include <vector>

namespace reelvault::catalog {

struct Tag {
  std::int64_t row = 0;
  std::string name, folded;
  std::int64_t uses = 0;
};

// How often a tag is used is counted when the transaction is about to end: on PostgreSQL all who use the same tag at
// once wait for one another from then on, and no longer.
class TagRepository {
 public:
  // Of an asset that is not in the bin: exactly these. Writes what differs.
  void set(db::Transaction& tx, std::int64_t asset_row, const std::vector<std::string>& tags);
  void set_from_json(db::Transaction& tx, std::int64_t asset_row, const std::string& tags_json);
  void add(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows, const std::string& tag);     // none has it
  void remove(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows, const std::string& tag);  // who has it
  // The asset stands elsewhere, or has another name.
  void placed(db::Transaction& tx, std::int64_t asset_row, std::int64_t parent_row, const std::string& sort_name);

  // By folded name, after `after`; `prefix` folded.
  std::vector<Tag> page(db::Transaction& tx, const std::string& prefix, const std::string& after, int limit);
  std::optional<std::int64_t> find(db::Transaction& tx, const std::string& folded);
  std::vector<Tag> rows(db::Transaction& tx, const std::vector<std::int64_t>& rows);
  std::int64_t count(db::Transaction& tx, const std::string& prefix, std::int64_t at_most);

  // Adds to `counts`, by tag, how often tags are used directly in these folders, or by these assets.
  using Counts = std::unordered_map<std::int64_t, std::int64_t>;
  void count_in(db::Transaction& tx, const std::vector<std::int64_t>& folders, Counts& counts);
  void count_of(db::Transaction& tx, const std::vector<std::int64_t>& assets, Counts& counts);
  // Of these tags, in these folders.
  Counts uses_below(db::Transaction& tx, const std::vector<std::int64_t>& tags,
                    const std::vector<std::int64_t>& folders);
  struct Use {
    std::int64_t asset_row = 0, parent_row = 0;
    bool folder = false;
  };
  // Uses of one tag, at most `limit`.
  std::vector<Use> uses_of(db::Transaction& tx, std::int64_t tag_row, std::int64_t limit);

 private:
  std::int64_t find_or_create(db::Transaction& tx, const std::string& folded, const std::string& name);
  void used(db::Transaction& tx, const std::string& folded, std::int64_t tag_row, std::int64_t more);
  void remove_rows(db::Transaction& tx, const std::vector<std::int64_t>& asset_rows, const std::string& folded,
                   std::int64_t tag_row);
};

}  // namespace reelvault::catalog
