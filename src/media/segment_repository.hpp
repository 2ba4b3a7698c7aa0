// Rows of segment and segment_screenshot: the shots of one content version.
#pragma once
#include "db/database.hpp"
#include "media/segment.hpp"

namespace reelvault::media {

class SegmentRepository {
 public:
  // Instead of those that the version had.
  void replace(db::Transaction& tx, std::int64_t asset_row, std::int64_t version, const std::vector<Shot>& segments);
  std::vector<Shot> of_version(db::Transaction& tx, std::int64_t asset_row, std::int64_t version);  // in order
  bool any(db::Transaction& tx, std::int64_t asset_row, std::int64_t version);
  // One of that version's, with its stills.
  std::optional<Shot> find(db::Transaction& tx, std::int64_t asset_row, std::int64_t version, const Uuid& id);
  // The related asset that holds the stills' files.
  std::optional<Uuid> stills(db::Transaction& tx, std::int64_t asset_row, std::int64_t version);

 private:
  void add_screenshots(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                       const std::optional<std::int64_t>& position, std::vector<Shot>& segments);
};

}  // namespace reelvault::media
