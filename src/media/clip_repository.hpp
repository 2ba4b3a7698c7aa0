// Rows of clip_source: what a clip is cut from, while it is being made; each is one reference to a blob.
#pragma once
#include "storage/blob_repository.hpp"

namespace reelvault::media {

class ClipRepository {
 public:
  void hold(db::Transaction& tx, std::int64_t asset_row, std::int64_t blob_row);  // the blob gains a reference
  std::optional<std::int64_t> held(db::Transaction& tx, std::int64_t asset_row);
  void let_go(db::Transaction& tx, std::int64_t asset_row);
  // The blob's row; nothing when the sweep took it.
  std::optional<std::int64_t> find_blob(db::Transaction& tx, const Uuid& id);

 private:
  storage::BlobRepository blobs_;
};

}  // namespace reelvault::media
