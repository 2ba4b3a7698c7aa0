// The step "shots", see media/steps.hpp: where each begins, and a still of each. Whatever decodes a film whole finds
// the beginnings on its way, so that the step decodes it again only where nothing else had to.
#pragma once
#include "media/shots.hpp"
#include "media/work.hpp"

namespace reelvault::media {

Outcome<boost::json::object> shots_step(const Work& work);

inline constexpr std::string_view kScoresFile = "scores.txt";
// From pictures as they are decoded, at the film's own times: kScoresFile in the folder that ffmpeg runs in.
std::string score_filters(const VideoProperties& video);

struct FoundShots {
  std::vector<std::int64_t> starts_us;
  std::int64_t end_us = 0;
};
// After such a run; `made_us`: how far it came.
Result<FoundShots> found_shots(const std::filesystem::path& scratch, const MediaInfo& info, const Stream& film,
                               std::int64_t made_us);
// As the step is given what another found; nothing where that was found by other rules, or is not there.
boost::json::object shots_json(const FoundShots& shots);
std::optional<FoundShots> shots_of(const boost::json::object& given);

}  // namespace reelvault::media
