// Finds out what a file is. Never fails for being something else than its name says: that is a verdict with a reason. A
// Failure means media that cannot be decoded, or trouble of the machine.
#pragma once
#include "media/media_info.hpp"
#include "media/work.hpp"

namespace reelvault::media {

Outcome<MediaInfo> probe(const Work& work);
// How long what there is of a film or sound lasts by its packets, of which all are read and none is decoded; nothing
// where they do not say.
Outcome<std::optional<std::int64_t>> length_of_packets(const Work& work, const MediaInfo& info);
// What the server passed on from the probe step, or a fresh probe.
Outcome<MediaInfo> known_or_probed(const Work& work);

}  // namespace reelvault::media
