#include "media/subtitle_step.hpp"

#include "base/file.hpp"
#include "media/subtitle_text.hpp"

#include <fcntl.h>

namespace reelvault::media {

Outcome<boost::json::object> subtitle_step(const Work& work) {
  auto file = open_file(work.input(), O_RDONLY | O_CLOEXEC);
  if (!file) return failure_of(std::move(file.error()));
  // One byte more than is allowed tells that there is more.
  std::string bytes(std::min<std::uint64_t>(work.input_size(), kSubtitleBytesMax + 1), '\0');
  auto got = read_at(file->get(), std::as_writable_bytes(std::span(bytes)), 0);
  if (!got) return failure_of(std::move(got.error()));
  bytes.resize(*got);
  auto* language = work.given().if_contains("languageCode");
  auto subtitles =
      read_subtitles(bytes, language && language->is_string() ? std::string_view(language->get_string()) : "");
  if (!subtitles) return failure(subtitles.error().type, subtitles.error().message);
  if (auto written = replace_file(work.scratch() / "track.vtt", write_webvtt(*subtitles)); !written)
    return failure_of(std::move(written.error()));
  StepResult result;
  result.add_file("track.vtt", "track.vtt", "text/vtt", "subtitle");
  result.properties() = {{"format", subtitles->format},
                         {"encoding", subtitles->encoding},
                         {"cueCount", subtitles->cues.size()},
                         {"endMs", subtitles->end_ms()}};
  return result.finish(work);
}

}  // namespace reelvault::media
