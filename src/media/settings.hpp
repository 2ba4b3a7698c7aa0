// What steps need of the configuration, read once.
#pragma once
#include "base/config.hpp"
#include "media/sandbox.hpp"

namespace reelvault::media {

struct MediaSettings {
  std::string ffmpeg = "/usr/bin/ffmpeg";
  std::string ffprobe = "/usr/bin/ffprobe";
  std::string preset = "veryfast";
  std::vector<int> ladder = {1080, 720, 480, 240};  // short sides, largest first
  bool field_rate = false;                          // deinterlace to one picture for each field
  std::uint64_t pixels_max = 500'000'000;
  ChildLimits limits;

  static MediaSettings from(const Config& config);
};

}  // namespace reelvault::media
