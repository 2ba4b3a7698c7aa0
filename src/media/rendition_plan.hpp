// Decides what is made of a film or sound, from the probe's verdict alone: the ladder, what can be delivered without
// encoding, sounds, sprites. Pure, so that every odd file is a test of values.
#pragma once
#include "media/audio_tracks.hpp"
#include "media/settings.hpp"
#include "media/video_filters.hpp"

namespace reelvault::media {

inline constexpr std::int64_t kSegmentMs = 4000;   // of HLS, at least
inline constexpr std::int64_t kKeyFrameMs = 2000;  // between key frames that we make

struct Rung {
  PictureSize size;
  bool copied = false;  // the source's own stream
  std::int64_t kbps_max = 0;
  std::string file() const { return name + ".mp4"; }
  std::string name;  // "v0"
};

struct Sprites {
  std::int64_t interval_ms = 1000;
  PictureSize tile;
  std::int64_t columns = 5, rows = 5;
  std::int64_t count = 0;  // tiles, over all sheets
  // The first tile stands last on its sheet, so that the sheet is done with it.
  std::int64_t padding() const { return columns * rows - 1; }
};

struct RenditionPlan {
  const Stream* video = nullptr;  // of the MediaInfo that was planned for
  std::vector<Rung> rungs;        // largest first; empty: sound alone
  std::vector<AudioTrack> audio;  // files a0.mp4 and so on
  bool copy_audio = false;        // the first; the others are encoded unless they too are copyable
  Rational rate;                  // of encoded rungs; the average, where it varies
  bool variable_rate = false;
  bool last_stays = false;  // the last picture is shown for long
  bool field_rate = false;
  std::int64_t lead_us = 0;  // encoded rungs begin so long after the file, like the film's own pictures
  std::optional<Sprites> sprites;
  std::size_t proxy_rung = 0;          // of which the proxy file is made
  std::optional<std::string> refusal;  // why nothing can be made, for people

  bool encodes_video() const;
  bool copies_video() const { return !rungs.empty() && rungs.front().copied; }
  static std::string audio_name(std::size_t track) { return fmt::format("a{}", track); }
};

RenditionPlan plan_renditions(const MediaInfo& info, const MediaSettings& settings);

// What browsers play as it is: H.264, 8 bit 4:2:0, whole upright pictures with square samples.
bool video_copyable(const MediaInfo& info, const Stream& video);

struct Outputs {
  bool ladder = true;
  bool sprites = true;
  std::size_t sounds_from = 0, sounds_to = SIZE_MAX;  // of the plan's, without the last
};
// The one ffmpeg that makes what is asked for, into `scratch`.
std::vector<std::string> rendition_command(const RenditionPlan& plan, const MediaSettings& settings, Outputs outputs,
                                           const std::filesystem::path& input, const std::filesystem::path& scratch);

}  // namespace reelvault::media
