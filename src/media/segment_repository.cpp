#include "media/segment_repository.hpp"

#include "media/shots.hpp"

namespace reelvault::media {
namespace {

constexpr std::string_view kColumns = "position, uid, start_us, end_us, start_timecode, end_timecode";

Shot read_segment(const db::Row& row) {
  return {.id = row.get<Uuid>(1),
          .position = row.get<std::int64_t>(0),
          .start_us = row.get<std::int64_t>(2),
          .end_us = row.get<std::int64_t>(3),
          .start_timecode = row.get<std::string>(4),
          .end_timecode = row.get<std::string>(5),
          .screenshots = {}};
}

}  // namespace

void SegmentRepository::replace(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                                const std::vector<Shot>& segments) {
  const db::Parameters which{{"asset", asset_row}, {"version", version}};
  tx.execute("delete from segment_screenshot where asset_id = :asset and version = :version", which);
  tx.execute("delete from segment where asset_id = :asset and version = :version", which);
  for (const Shot& segment : segments) {
    tx.execute(
        "insert into segment (asset_id, version, position, uid, start_us, end_us, start_timecode, end_timecode) "
        "values (:asset, :version, :position, :uid, :start, :end, :start_timecode, :end_timecode)",
        {{"asset", asset_row},
         {"version", version},
         {"position", segment.position},
         {"uid", segment.id},
         {"start", segment.start_us},
         {"end", segment.end_us},
         {"start_timecode", segment.start_timecode},
         {"end_timecode", segment.end_timecode}});
    for (const Screenshot& still : segment.screenshots)
      tx.execute(
          "insert into segment_screenshot (asset_id, version, position, uid, name, at_us, timecode, width, height) "
          "values (:asset, :version, :position, :uid, :name, :at, :timecode, :width, :height)",
          {{"asset", asset_row},
           {"version", version},
           {"position", segment.position},
           {"uid", still.id},
           {"name", still.name},
           {"at", still.at_us},
           {"timecode", still.timecode},
           {"width", still.width},
           {"height", still.height}});
  }
}

std::vector<Shot> SegmentRepository::of_version(db::Transaction& tx, std::int64_t asset_row, std::int64_t version) {
  static const std::string sql =
      fmt::format("select {} from segment where asset_id = :asset and version = :version order by position", kColumns);
  auto segments = tx.all(sql, {{"asset", asset_row}, {"version", version}}, read_segment);
  if (!segments.empty()) add_screenshots(tx, asset_row, version, std::nullopt, segments);
  return segments;
}

bool SegmentRepository::any(db::Transaction& tx, std::int64_t asset_row, std::int64_t version) {
  return tx
      .value<std::int64_t>("select position from segment where asset_id = :asset and version = :version limit 1",
                           {{"asset", asset_row}, {"version", version}})
      .has_value();
}

std::optional<Shot> SegmentRepository::find(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                                            const Uuid& id) {
  static const std::string sql =
      fmt::format("select {} from segment where uid = :uid and asset_id = :asset and version = :version", kColumns);
  auto found = tx.one(sql, {{"uid", id}, {"asset", asset_row}, {"version", version}}, read_segment);
  if (!found) return std::nullopt;
  std::vector<Shot> one{std::move(*found)};
  add_screenshots(tx, asset_row, version, one.front().position, one);
  return std::move(one.front());
}

std::optional<Uuid> SegmentRepository::stills(db::Transaction& tx, std::int64_t asset_row, std::int64_t version) {
  return tx.value<Uuid>(
      "select uid from related_asset where asset_id = :asset and version = :version and recipe = :recipe and not "
      "superseded order by id desc limit 1",
      {{"asset", asset_row}, {"version", version}, {"recipe", kShotsRecipe}});
}

void SegmentRepository::add_screenshots(db::Transaction& tx, std::int64_t asset_row, std::int64_t version,
                                        const std::optional<std::int64_t>& position, std::vector<Shot>& segments) {
  db::Parameters which{{"asset", asset_row}, {"version", version}};
  if (position) which.push_back({"position", *position});
  tx.each(fmt::format("select position, uid, name, at_us, timecode, width, height from segment_screenshot "
                      "where asset_id = :asset and version = :version {}order by position, name",
                      position ? "and position = :position " : ""),
          which, [&](const db::Row& row) {
            auto segment = std::ranges::lower_bound(segments, row.get<std::int64_t>(0), {}, &Shot::position);
            if (segment == segments.end() || segment->position != row.get<std::int64_t>(0)) return;
            segment->screenshots.push_back({.id = row.get<Uuid>(1),
                                            .name = row.get<std::string>(2),
                                            .at_us = row.get<std::int64_t>(3),
                                            .timecode = row.get<std::string>(4),
                                            .width = row.get<std::int64_t>(5),
                                            .height = row.get<std::int64_t>(6)});
          });
}

}  // namespace reelvault::media
