// How a stretch of a film or sound becomes a file of its own: the container, and the one ffmpeg that makes it. Pure.
#pragma once
#include "base/timecode.hpp"
#include "media/media_info.hpp"
#include "media/settings.hpp"

namespace reelvault::media {

struct ClipFormat {
  std::string extension;  // ".mp4"
  std::string content_type;
  std::string muxer;  // ffmpeg's word
  bool operator==(const ClipFormat&) const = default;
};
// Exact clips are MP4; those that copy streams a container that holds them, the source's kind where that can be.
ClipFormat clip_format(const MediaInfo& info, bool exact);

// A point of a file as a request named it: a frame by its number, or elapsed time.
struct ClipPoint {
  bool is_frame = false;
  std::int64_t value = 0;  // the frame's index, or nanoseconds
};
boost::json::object to_json(const ClipPoint& point);
std::optional<ClipPoint> clip_point_from(const boost::json::value& value);

// What is cut, in the times that the file itself counts.
struct Cut {
  std::optional<std::int64_t> first, end;  // of the picture, in its ticks; end exclusive
  std::int64_t frames = 0;                 // how many these are, at a constant rate
  std::int64_t from_us = 0, to_us = 0;     // of the sound
  std::int64_t seek_us = 0;                // where reading begins; not above 0: at the start
  std::optional<Label> label;              // of the first frame, where the source has labels
};

// The label as ffmpeg can write it into a file, or nothing: a track of time code counts whole frames at a steady rate.
std::optional<std::string> writable_label(const std::optional<Label>& label, const MediaInfo& info);

// Picture and sound encoded anew, into `to`.
std::vector<std::string> exact_clip_command(const MediaInfo& info, const MediaSettings& settings, const Cut& cut,
                                            const std::filesystem::path& input, const std::filesystem::path& to);
// Streams copied: from `from_us` after the file's beginning, for `length_us`.
std::vector<std::string> fast_clip_command(const MediaInfo& info, const MediaSettings& settings,
                                           const ClipFormat& format, std::int64_t from_us, std::int64_t length_us,
                                           const std::optional<std::string>& label, const std::filesystem::path& input,
                                           const std::filesystem::path& to);

}  // namespace reelvault::media
