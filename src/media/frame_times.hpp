// When the pictures of a film are shown: asked of the file itself around an instant, since rates lie (variable ones,
// late beginnings, times rounded by a container).
#pragma once
#include "base/timecode.hpp"
#include "media/work.hpp"

namespace reelvault::media {

struct FrameTime {
  std::int64_t at = 0;        // in the stream's ticks, as the file counts them
  std::int64_t duration = 0;  // 0: not said
  bool key = false;
  bool operator==(const FrameTime&) const = default;
};
// Of `ffprobe -show_frames -show_entries frame=key_frame,best_effort_timestamp,pkt_duration -of json`, in order of
// presentation. Pure.
std::vector<FrameTime> read_frame_times(std::string_view json);

// Where a file begins, and how one of its streams counts.
struct StreamClock {
  std::int64_t file_start_us = 0;  // the earliest of its streams: elapsed time counts from here
  Rational tick;                   // of one stream
  std::int64_t first = 0;          // its first frame or sample, in ticks

  std::int64_t ns_of(std::int64_t ticks) const;  // elapsed
  std::int64_t ticks_of(std::int64_t ns) const;  // downwards
  std::int64_t ticks(std::int64_t duration_ns) const;
};
Outcome<StreamClock> clock_of(const Work& work, std::int64_t stream);

struct ShownAt {
  FrameTime frame;                // shown at the instant: the last that does not begin after it
  std::optional<FrameTime> next;  // nothing: the film has no further one soon
  std::optional<FrameTime> key;   // the last that a decoder can begin with, up to `frame`
};
// `until`: the instant in ticks, tolerance included. Before the first picture it is that one; a Failure where the file
// has none at all there.
Outcome<ShownAt> shown_at(const Work& work, std::int64_t stream, const StreamClock& clock, std::int64_t until);

}  // namespace reelvault::media
