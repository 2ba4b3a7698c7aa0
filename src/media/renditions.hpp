// Makes a film or sound playable everywhere: one decode into all renditions and sprites, then playlists, poster and the
// proxy file from what was made. See media/steps.hpp for what it gives.
#pragma once
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> renditions_step(const Work& work);

}  // namespace reelvault::media
