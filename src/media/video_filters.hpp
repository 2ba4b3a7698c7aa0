// How pictures of any film become what every screen shows: upright, whole pictures, square samples, 8 bit 4:2:0, the
// dynamic range of ordinary screens. Pure.
#pragma once
#include "media/media_info.hpp"

#include <string>
#include <vector>

namespace reelvault::media {

struct PictureSize {
  std::int64_t width = 0, height = 0;
  std::int64_t short_side() const { return std::min(width, height); }
  bool operator==(const PictureSize&) const = default;
};

// Even, in the shape that is displayed, and never larger than the source.
PictureSize fit_short_side(const VideoProperties& video, std::int64_t short_side_max);
PictureSize fit_inside(const VideoProperties& video, std::int64_t side_max);

// Pictures of a call or a broadcast may change their size on the way. ffmpeg then begins its filters anew, their clocks
// with them, so that pictures are doubled and lost. These options before the input keep it from that, if this filter
// (with a comma behind it) is the first of all: it leaves alone what has the film's size. Both are empty for films that
// ffmpeg turns, which it does before any filter.
std::vector<std::string> steady_input(const VideoProperties& video);
std::string steady_size(const VideoProperties& video);

// A chain of filters, "a,b,c". Pictures come to it upright: ffmpeg turns them by the file's matrix before any filter,
// and only then leaves the matrix out of what it makes. `field_rate`: an interlaced film gives a picture for each
// field.
std::string upright_filters(const VideoProperties& video, PictureSize size, bool field_rate);

// What the pictures then are, in ffmpeg's words.
struct Colours {
  std::string space, primaries, transfer;
};
Colours colours_after(const VideoProperties& video);

bool is_hdr(const VideoProperties& video);
bool is_interlaced(const VideoProperties& video);
// A film whose colours only a licensed decoder can tell: an explicit refusal is better than green faces.
bool colours_unknowable(const VideoProperties& video);

}  // namespace reelvault::media
