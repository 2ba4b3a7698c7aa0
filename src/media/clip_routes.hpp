#pragma once
#include "http/route.hpp"
#include "media/clip_service.hpp"

namespace reelvault::media {

void add_clip_routes(http::RouteTable& table, catalog::AssetService& assets, ClipService& clips);

}  // namespace reelvault::media
