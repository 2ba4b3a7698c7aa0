// The step "shots", see media/steps.hpp: one decode of the film to small pictures, and a still of each shot.
#pragma once
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> shots_step(const Work& work);

}  // namespace reelvault::media
