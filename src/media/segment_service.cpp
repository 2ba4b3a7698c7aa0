#include "media/segment_service.hpp"

#include "base/text.hpp"
#include "media/shots.hpp"

namespace reelvault::media {

namespace json = boost::json;

namespace {

std::unexpected<Error> bad_output() {
  return fail(Code::internal, "bad-output", "Looking for shots gave nothing that can be used.");
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

std::int64_t ms_of(std::int64_t us) { return Elapsed{us * 1000}.milliseconds(); }

ScreenshotJson screenshot_json(const Screenshot& still, const Uuid& asset, const std::optional<Uuid>& stills) {
  return {.id = still.id,
          .timecode = still.timecode,
          .timeMs = ms_of(still.at_us),
          .contentType = "image/jpeg",
          .width = still.width,
          .height = still.height,
          .url = fmt::format("/media/{}/{}/{}", asset.text(), stills->text(), percent_encode(still.name, "/"))};
}

SegmentJson segment_json(const Shot& segment, const Uuid& asset, const std::optional<Uuid>& stills) {
  SegmentJson out{.id = segment.id,
                  .index = segment.position,
                  .startTimecode = segment.start_timecode,
                  .endTimecode = segment.end_timecode,
                  .startMs = ms_of(segment.start_us),
                  .endMs = ms_of(segment.end_us),
                  .screenshots = {}};
  if (stills)
    for (const Screenshot& still : segment.screenshots)
      out.screenshots.push_back(screenshot_json(still, asset, stills));
  return out;
}

}  // namespace

Result<void> SegmentService::found(db::Transaction& tx, const catalog::Version& version, const json::object& found) {
  const auto* starts = found.if_contains("startsUs");
  const auto* stills = found.if_contains("stills");
  const auto end = number_of(found, "endUs");
  const auto info = media_info_from(json::parse(version.media_properties_json));
  if (!info || !end || !starts || !starts->is_array() || !stills || !stills->is_array()) return bad_output();
  const PictureClock clock(*info);
  std::vector<Shot> segments;
  std::optional<std::int64_t> before;
  for (const json::value& start : starts->get_array()) {
    if (!start.is_int64() || start.get_int64() < 0 || (before && start.get_int64() <= *before)) return bad_output();
    before = start.get_int64();
    segments.push_back({.id = Uuid::v7(),
                        .position = static_cast<std::int64_t>(segments.size()),
                        .start_us = clock.ns(*before) / 1000,
                        .end_us = *end,
                        .start_timecode = clock.timecode(*before),
                        .end_timecode = clock.timecode(*end),
                        .screenshots = {}});
    if (segments.size() < 2) continue;
    Shot& last = segments[segments.size() - 2];
    last.end_us = segments.back().start_us;
    last.end_timecode = segments.back().start_timecode;
  }
  if (!before || *end <= *before || segments.size() > kShotsMax) return bad_output();
  for (const json::value& each : stills->get_array()) {
    const auto* still = each.if_object();
    const auto* name = still ? still->if_contains("name") : nullptr;
    const auto shot = still ? number_of(*still, "shot") : std::nullopt;
    const auto at = still ? number_of(*still, "atUs") : std::nullopt;
    if (!name || !name->is_string() || !shot || !at || *shot < 0 || *shot >= std::ssize(segments)) return bad_output();
    segments[static_cast<std::size_t>(*shot)].screenshots.push_back(
        {.id = Uuid::v7(),
         .name = std::string(name->get_string()),
         .at_us = clock.ns(*at) / 1000,
         .timecode = clock.timecode(*at),
         .width = number_of(*still, "width").value_or(0),
         .height = number_of(*still, "height").value_or(0)});
  }
  segments_.replace(tx, version.asset_row, version.number, segments);
  return {};
}

bool SegmentService::copy(db::Transaction& tx, const catalog::Version& from, std::int64_t to_asset_row,
                          std::int64_t number) {
  auto segments = segments_.of_version(tx, from.asset_row, from.number);
  if (segments.empty()) return false;
  for (Shot& segment : segments) {
    segment.id = Uuid::v7();
    for (Screenshot& still : segment.screenshots) still.id = Uuid::v7();
  }
  segments_.replace(tx, to_asset_row, number, segments);
  return true;
}

Result<SegmentService::Found> SegmentService::find(const Uuid& asset_id, const Uuid& segment_id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<Found> {
    auto asset = assets_.repository().find(tx, asset_id);
    if (!asset) return fail_not_found();
    auto segment = segments_.find(tx, asset->row, asset->version, segment_id);
    if (!segment) return fail_not_found("segment");
    return Found{asset->id, segments_.stills(tx, asset->row, asset->version), std::move(*segment)};
  });
}

Result<SegmentDetailJson> SegmentService::segment(const Uuid& asset, const Uuid& segment) {
  RV_TRY(const Found found, find(asset, segment));
  SegmentDetailJson out;
  static_cast<SegmentJson&>(out) = segment_json(found.segment, found.asset, found.stills);
  out.assetId = found.asset;
  return out;
}

Result<ScreenshotDetailJson> SegmentService::screenshot(const Uuid& asset, const Uuid& segment,
                                                        const Uuid& screenshot) {
  RV_TRY(const Found found, find(asset, segment));
  const auto still = std::ranges::find(found.segment.screenshots, screenshot, &Screenshot::id);
  if (still == found.segment.screenshots.end() || !found.stills) return fail_not_found("screenshot");
  ScreenshotDetailJson out;
  static_cast<ScreenshotJson&>(out) = screenshot_json(*still, found.asset, found.stills);
  out.assetId = found.asset;
  out.segmentId = found.segment.id;
  return out;
}

void SegmentService::describe(db::Transaction& tx, const catalog::Asset& asset, catalog::DetailJson& detail) {
  const auto segments = segments_.of_version(tx, asset.row, asset.version);
  if (segments.empty()) return;
  const auto stills = segments_.stills(tx, asset.row, asset.version);
  for (const Shot& segment : segments)
    detail.segments.push_back(json::parse(dto::write(segment_json(segment, asset.id, stills))));
}

}  // namespace reelvault::media
