// Which sounds a viewer gets, of however many a file has. Pure. Tracks are never summed: they are other languages,
// comments, music without voices, or the left and right of one sound in two tracks of one channel.
#pragma once
#include "media/media_info.hpp"

namespace reelvault::media {

struct AudioTrack {
  std::vector<std::int64_t> source_streams;  // one, or a left and a right
  std::string filter;                        // "[0:1]aresample=…": ends without a label, two channels at most
  std::int64_t channels = 2;
  std::string language, name;  // of the source, or "Track 2"
  bool copyable = false;       // AAC that players take as it is
};

// The first is what plays unasked; empty: no sound.
std::vector<AudioTrack> plan_audio(const MediaInfo& info);

}  // namespace reelvault::media
