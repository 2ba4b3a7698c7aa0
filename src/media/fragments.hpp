// Reads where the fragments of an MP4 file lie and when they play, so that playlists can name them by byte range. Reads
// boxes alone, never the media in them. The file was made in a sandbox, so nothing in it is believed unchecked.
#pragma once
#include "base/error.hpp"

#include <filesystem>
#include <vector>

namespace reelvault::media {

struct Fragment {
  std::uint64_t offset = 0, size = 0;  // moof and what follows it
  std::int64_t start = 0;              // when its first sample is shown, in the time scale
  std::int64_t end = 0;                // when its last sample has been shown
  bool key = false;                    // begins with a key frame
};

struct FragmentedFile {
  std::uint64_t init_size = 0;  // ftyp and moov, before the first fragment
  std::int64_t time_scale = 1;
  std::string codec;  // RFC 6381: "avc1.64001f", "mp4a.40.2"
  std::vector<Fragment> fragments;

  std::int64_t end() const;  // of its one track
  double seconds(std::int64_t time) const { return static_cast<double>(time) / static_cast<double>(time_scale); }
};

Result<FragmentedFile> read_fragments(const std::filesystem::path& file);

}  // namespace reelvault::media
