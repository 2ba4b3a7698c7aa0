// Rows of archive_blob: the blobs that archiving keeps besides those of versions, each counted as one reference; and
// which blobs an asset's versions refer to. Everything takes the caller's transaction, which has locked the asset.
#pragma once
#include "db/database.hpp"

#include <optional>
#include <vector>

namespace reelvault::archive {

enum class KeptState : std::int64_t {
  copying = 0,  // its bytes may be there in part
  copied = 1,   // whole, and read back
  origin = 2,   // the registered object that archived content came from; `source` is the archived blob
};

struct Kept {
  std::int64_t row = 0;
  std::int64_t blob_row = 0;
  std::int64_t source_row = 0;
  KeptState state = KeptState::copying;
};

class ArchiveRepository {
 public:
  std::int64_t insert(db::Transaction& tx, std::int64_t asset_row, const Kept& kept);
  std::vector<Kept> of_asset(db::Transaction& tx, std::int64_t asset_row);  // oldest first
  bool set_copied(db::Transaction& tx, std::int64_t row);                   // false: it is gone
  bool remove(db::Transaction& tx, std::int64_t row);                       // likewise; the reference is the caller's

  // Of all versions, each blob once; without those of former versions whose bytes are gone.
  std::vector<std::int64_t> content(db::Transaction& tx, std::int64_t asset_row);
  // Every version that has `from` gets `to`; how many.
  std::int64_t swap(db::Transaction& tx, std::int64_t asset_row, std::int64_t from, std::int64_t to);

  // Assets, after this row, that are being archived or restored, or keep copies in work.
  std::vector<std::int64_t> in_work(db::Transaction& tx, std::int64_t after, int limit);
};

}  // namespace reelvault::archive
