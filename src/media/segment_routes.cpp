#include "media/segment_routes.hpp"

namespace reelvault::media {

using namespace http;

void add_segment_routes(RouteTable& table, SegmentService& segments) {
  Route segment = get<NoQuery, SegmentDetailJson>(
      "/admin/asset/{id}/{segmentId}/detail",
      {.summary = "Get a segment of an asset: one shot of a film",
       .tag = "Assets",
       .access = editor(Permission::read, "id"),
       .description = "Of the content that the asset serves; another content has segments of its own. The end is "
                      "exclusive. Lists are empty where nothing was recognised."},
      [&](const Call<NoQuery, NoBody>& call) { return segments.segment(call.id(), call.id("segmentId")); });
  table.add_alias(segment, "/asset/{id}/{segmentId}/detail", permitted(Permission::read, "id"));
  table.add(std::move(segment));

  Route screenshot = get<NoQuery, ScreenshotDetailJson>(
      "/admin/asset/{id}/{segmentId}/{screenshotId}/detail",
      {.summary = "Get a screenshot of a segment: one still of a shot",
       .tag = "Assets",
       .access = editor(Permission::read, "id")},
      [&](const Call<NoQuery, NoBody>& call) {
        return segments.screenshot(call.id(), call.id("segmentId"), call.id("screenshotId"));
      });
  table.add_alias(screenshot, "/asset/{id}/{segmentId}/{screenshotId}/detail", permitted(Permission::read, "id"));
  table.add(std::move(screenshot));
}

}  // namespace reelvault::media
