#pragma once
#include "http/route.hpp"
#include "media/segment_service.hpp"

namespace reelvault::media {

void add_segment_routes(http::RouteTable& table, SegmentService& segments);

}  // namespace reelvault::media
