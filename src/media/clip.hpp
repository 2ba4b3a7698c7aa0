// The worker's side of a clip.
#pragma once
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> clip_step(const Work& work);

}  // namespace reelvault::media
