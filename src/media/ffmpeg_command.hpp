// Arguments that every call of ffmpeg and ffprobe here has in common. Pure.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::media {

// Containers of real media. Playlists, scripts and lists of files (hls, dash, concat, image2, lavfi) are not among
// them: these name other files.
std::string_view demuxers();

// "-protocol_whitelist file -format_whitelist … -i file:PATH": before it options of the input, after it of the output.
std::vector<std::string> input_arguments(const std::filesystem::path& input);
// A file that we made ourselves.
std::vector<std::string> own_input_arguments(const std::filesystem::path& input);
// However much of the input cannot be decoded is no failure of the program by itself: what it made is looked at.
std::vector<std::string> ffmpeg_start(std::string_view program, std::string_view log_level = "error");
std::vector<std::string> ffprobe_start(std::string_view program);

// What `-progress pipe:1` prints, as it comes in pieces.
class ProgressReader {
 public:
  // Whether the work has advanced since the last call.
  bool read(std::string_view bytes);
  std::int64_t out_time_us() const { return out_time_us_; }

 private:
  std::string line_;
  std::int64_t out_time_us_ = -1, frame_ = -1, size_ = -1;
};

// What ffmpeg complains of on standard error, started with the level "repeat+error", as it comes in pieces.
class DecodeLog {
 public:
  void read(std::string_view bytes);
  std::int64_t failures(std::int64_t stream) const;  // packets of the first input's stream that could not be decoded
  std::int64_t smears() const { return smears_; }    // pictures of H.264 that are partly made up

 private:
  std::string line_;
  std::map<std::int64_t, std::int64_t> failures_;
  std::int64_t smears_ = 0;
};

// Vectors of words, one after the other.
template <class... Parts>
std::vector<std::string> words(std::vector<std::string> first, const Parts&... rest) {
  (first.insert(first.end(), rest.begin(), rest.end()), ...);
  return first;
}

}  // namespace reelvault::media
