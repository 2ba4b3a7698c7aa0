// Reads uploaded subtitles. See media/steps.hpp for what it gives.
#pragma once
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> subtitle_step(const Work& work);

}  // namespace reelvault::media
