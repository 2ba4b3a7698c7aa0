// Subtitle files come from anywhere: any bytes give cues or a reason, and what is written reads back as the same cues.
#include "base/text.hpp"
#include "media/subtitle_text.hpp"

#include <cstdlib>

using namespace reelvault;
using namespace reelvault::media;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto subtitles = read_subtitles(bytes, size % 2 ? "ja" : "");
  if (!subtitles) {
    expect(!subtitles.error().message.empty());
    return 0;
  }
  std::int64_t before = 0;
  for (const Cue& cue : subtitles->cues) {
    expect(cue.start_ms >= before && cue.end_ms > cue.start_ms && !cue.text.empty() && !cue.text.contains("-->"));
    before = cue.start_ms;
  }
  std::string written = write_webvtt(*subtitles);
  expect(valid_utf8(written));
  auto again = read_subtitles(written, "");
  expect(again && again->cues == subtitles->cues && again->blocks == subtitles->blocks);
  return 0;
}
