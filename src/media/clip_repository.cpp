#include "media/clip_repository.hpp"

namespace reelvault::media {

void ClipRepository::hold(db::Transaction& tx, std::int64_t asset_row, std::int64_t blob_row) {
  blobs_.refer(tx, blob_row);
  tx.execute("insert into clip_source (asset_id, blob_id) values (:asset, :blob)",
             {{"asset", asset_row}, {"blob", blob_row}});
}

std::optional<std::int64_t> ClipRepository::held(db::Transaction& tx, std::int64_t asset_row) {
  return tx.value<std::int64_t>("select blob_id from clip_source where asset_id = :asset", {{"asset", asset_row}});
}

void ClipRepository::let_go(db::Transaction& tx, std::int64_t asset_row) {
  const auto blob = held(tx, asset_row);
  if (!blob) return;
  tx.execute("delete from clip_source where asset_id = :asset", {{"asset", asset_row}});
  blobs_.release(tx, *blob);
}

std::optional<std::int64_t> ClipRepository::find_blob(db::Transaction& tx, const Uuid& id) {
  return tx.value<std::int64_t>("select id from blob where uid = :uid", {{"uid", id}});
}

}  // namespace reelvault::media
