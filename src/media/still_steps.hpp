// The quick steps: probe, checksum, thumbnail, picture. See media/steps.hpp for what each gives.
#pragma once
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> probe_step(const Work& work);
Outcome<boost::json::object> checksum_step(const Work& work);
Outcome<boost::json::object> thumbnail_step(const Work& work);
Outcome<boost::json::object> picture_step(const Work& work);

}  // namespace reelvault::media
