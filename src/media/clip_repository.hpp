// Rows of clip_source and clip_subtitle: what a clip is cut from, while it is being made; each is one reference to a
// blob.
#pragma once
#include "catalog/asset.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::media {

class ClipRepository {
 public:
  void hold(db::Transaction& tx, std::int64_t asset_row, std::int64_t blob_row);  // the blob gains a reference
  std::optional<std::int64_t> held(db::Transaction& tx, std::int64_t asset_row);
  // The subtitles that players are given of the source's version.
  void hold_subtitles(db::Transaction& tx, std::int64_t asset_row, std::int64_t source_row, std::int64_t version);
  struct Subtitle {
    std::int64_t blob_row = 0;
    std::optional<std::string> language_code, label;
  };
  std::vector<Subtitle> subtitles(db::Transaction& tx, std::int64_t asset_row);
  void let_go(db::Transaction& tx, std::int64_t asset_row);  // of all
  // The blob's row; nothing when the sweep took it.
  std::optional<std::int64_t> find_blob(db::Transaction& tx, const Uuid& id);

 private:
  storage::BlobRepository blobs_;
};

}  // namespace reelvault::media
