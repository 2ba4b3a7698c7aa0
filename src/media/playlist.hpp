// Writes what players read: HLS playlists over single files by byte range, and the index of the sprites. Pure.
#pragma once
#include "media/fragments.hpp"
#include "media/rendition_plan.hpp"

namespace reelvault::media {

inline constexpr std::string_view kPlaylistType = "application/vnd.apple.mpegurl";
// Beside master.m3u8, with the group of subtitles named in every stream.
inline constexpr std::string_view kSubtitledMaster = "master-subtitled.m3u8";

struct Segment {
  std::uint64_t offset = 0, size = 0;
  std::int64_t start = 0, duration = 0;  // in the file's time scale
};

// Times, in seconds, at which segments begin: where every file has a fragment that begins with a key frame, so that a
// player may switch, at least kSegmentMs after each other; a short rest belongs to the last.
std::vector<double> segment_starts(const std::vector<FragmentedFile>& files);
std::vector<Segment> join_segments(const FragmentedFile& file, const std::vector<double>& starts);

std::string media_playlist(const FragmentedFile& file, const std::vector<Segment>& segments, std::string_view uri);

struct StreamInfo {
  std::string playlist, codec;
  std::int64_t bits_per_second = 0, bits_per_second_average = 0;
  PictureSize size;  // of a picture
  double frame_rate = 0;
};
StreamInfo stream_info(const FragmentedFile& file, const std::vector<Segment>& segments, std::string playlist);

struct SoundInfo {
  StreamInfo stream;
  std::string name, language;
  std::int64_t channels = 2;
};
// `videos` largest first; empty: sound alone. `subtitled`: names the group that subtitle_renditions fills.
std::string master_playlist(const std::vector<StreamInfo>& videos, const std::vector<SoundInfo>& sounds,
                            bool subtitled = false);

struct SubtitleInfo {
  std::string playlist, name, language;
};
// Lines for a master playlist. What subtitles a film has changes, while its streams are made once: delivery puts these
// between the first line of the subtitled master playlist and the rest.
std::string subtitle_renditions(const std::vector<SubtitleInfo>& subtitles);

// WebVTT whose cues name places in the sheets: "sprites-1.jpg#xywh=160,0,160,90".
std::string sprite_index(const Sprites& sprites, std::int64_t duration_ms, std::int64_t sheets);

}  // namespace reelvault::media
