// Subtitles as people have them, SRT and WebVTT in whatever encoding, read into cues and written as clean WebVTT. Pure:
// bytes in, text out. What players never understand (fonts, positions of other programs) goes; what people wrote stays.
//
// Leniently read: byte order marks, UTF-16, legacy code pages; CR, LF, CRLF; missing and repeated indexes; blank lines
// inside a cue of SRT; hours left out; one to three digits of fractions after "," or "."; cues out of order. A cue that
// ends before it begins is given two seconds, or until the next begins.
#pragma once
#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::media {

inline constexpr std::size_t kSubtitleBytesMax = 16 << 20;
inline constexpr std::size_t kSubtitleCuesMax = 100'000;
inline constexpr std::int64_t kSubtitleMsMax = 1000LL * 3600 * 1000;  // 1,000 hours

struct Cue {
  std::int64_t start_ms = 0, end_ms = 0;
  std::string text;      // WebVTT cue text: escaped, its tags in order, no blank line
  std::string settings;  // "line:0 align:start", or empty
  std::string id;        // of WebVTT, or empty
  std::string comment;   // the NOTE before it, without the word, or empty
  bool operator==(const Cue&) const = default;
};

struct Subtitles {
  std::string format;               // "srt" or "vtt", as read
  std::string encoding;             // "UTF-8", "windows-1251", …: as read
  std::vector<std::string> blocks;  // STYLE and REGION of WebVTT, as they are
  std::vector<Cue> cues;            // by start
  std::int64_t end_ms() const;
};

// Where the bytes are UTF-8 or UTF-16, or have a mark that says so, they are read as that. Else as the code page whose
// letters fit best; `language` (BCP 47, may be empty) decides where it names one.
struct DecodedText {
  std::string text;  // UTF-8 without a mark
  std::string encoding;
};
DecodedText decode_text(std::string_view bytes, std::string_view language);

// An error of code `invalid` with a sentence for people where there is nothing to show.
Result<Subtitles> read_subtitles(std::string_view bytes, std::string_view language);

// What is shown in a stretch of the film, as times of that stretch. Cues that go on beyond its edges are cut there.
Subtitles part_of(const Subtitles& whole, std::int64_t from_ms, std::int64_t to_ms);

std::string write_webvtt(const Subtitles& subtitles);

// A playlist of HLS whose one segment is the whole WebVTT file `uri`, for a film of that length.
std::string subtitle_playlist(std::string_view uri, std::int64_t duration_ms);

}  // namespace reelvault::media
