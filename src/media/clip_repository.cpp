#include "media/clip_repository.hpp"

#include "catalog/asset_repository.hpp"
#include "media/subtitle_tracks.hpp"

namespace reelvault::media {

void ClipRepository::hold(db::Transaction& tx, std::int64_t asset_row, std::int64_t blob_row) {
  blobs_.refer(tx, blob_row);
  tx.execute("insert into clip_source (asset_id, blob_id) values (:asset, :blob)",
             {{"asset", asset_row}, {"blob", blob_row}});
}

std::optional<std::int64_t> ClipRepository::held(db::Transaction& tx, std::int64_t asset_row) {
  return tx.value<std::int64_t>("select blob_id from clip_source where asset_id = :asset", {{"asset", asset_row}});
}

void ClipRepository::hold_subtitles(db::Transaction& tx, std::int64_t asset_row, std::int64_t source_row,
                                    std::int64_t version) {
  std::int64_t position = 0;
  for (const catalog::Related& related : catalog::RelatedRepository{}.of_asset(tx, source_row, version)) {
    if (related.relationship != "subtitle") continue;
    const auto track = std::ranges::find(related.files, kSubtitleFile, &catalog::RelatedFile::name);
    if (track == related.files.end()) continue;
    blobs_.refer(tx, track->blob_row);
    tx.execute(
        "insert into clip_subtitle (asset_id, position, blob_id, language_code, label) values (:asset, :position, "
        ":blob, :language, :label)",
        {{"asset", asset_row},
         {"position", position++},
         {"blob", track->blob_row},
         {"language", related.language_code},
         {"label", related.label}});
  }
}

std::vector<ClipRepository::Subtitle> ClipRepository::subtitles(db::Transaction& tx, std::int64_t asset_row) {
  return tx.all("select blob_id, language_code, label from clip_subtitle where asset_id = :asset order by position",
                {{"asset", asset_row}}, [](const db::Row& row) {
                  return Subtitle{row.get<std::int64_t>(0), row.get<std::optional<std::string>>(1),
                                  row.get<std::optional<std::string>>(2)};
                });
}

void ClipRepository::let_go(db::Transaction& tx, std::int64_t asset_row) {
  const auto tracks = subtitles(tx, asset_row);
  tx.execute("delete from clip_subtitle where asset_id = :asset", {{"asset", asset_row}});
  for (const Subtitle& track : tracks) blobs_.release(tx, track.blob_row);
  const auto blob = held(tx, asset_row);
  if (!blob) return;
  tx.execute("delete from clip_source where asset_id = :asset", {{"asset", asset_row}});
  blobs_.release(tx, *blob);
}

std::optional<std::int64_t> ClipRepository::find_blob(db::Transaction& tx, const Uuid& id) {
  return tx.value<std::int64_t>("select id from blob where uid = :uid", {{"uid", id}});
}

}  // namespace reelvault::media
