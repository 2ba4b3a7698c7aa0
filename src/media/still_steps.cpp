#include "media/still_steps.hpp"

#include "base/file.hpp"
#include "media/probe.hpp"
#include "media/sniff.hpp"
#include "media/still_probe.hpp"
#include "media/stills.hpp"
#include "media/waveform.hpp"

#include <fcntl.h>

namespace reelvault::media {
namespace {

Outcome<std::filesystem::path> picture_of_sound(const Work& work, const MediaInfo& info) {
  if (const Stream* cover = info.cover()) {
    auto file = embedded_cover(work, *cover);
    // A cover that does not decode is no reason to have no picture.
    if (file && make_stills(work, *file)) return *file;
    if (work.cancelled()) return failure("cancelled", "The work was cancelled.", {}, false);
  }
  RV_TRY(Peaks peaks, measure_peaks(work, info, [](double) {}));
  std::filesystem::path drawing = work.scratch() / "waveform.svg";
  if (auto written = replace_file(drawing, draw_waveform(peaks)); !written)
    return failure_of(std::move(written.error()));
  RV_CHECK(make_stills(work, drawing, {.any_format = true}));
  return drawing;
}

Outcome<StillsMade> stills_of_picture(const Work& work, const MediaInfo& info) {
  auto pixels =
      static_cast<std::uint64_t>(info.width.value_or(0)) * static_cast<std::uint64_t>(info.height.value_or(0));
  if (pixels > work.settings().pixels_max)
    return failure("too-large", fmt::format("This picture has {} megapixels, more than the limit of {}.",
                                            pixels / 1'000'000, work.settings().pixels_max / 1'000'000));
  if (!vips_reads(info.contentType)) {
    RV_TRY(auto converted, converted_picture(work));
    return make_stills(work, converted);
  }
  if (is_raw_photo(info.contentType)) {
    RV_TRY(auto preview, raw_preview(work, info));
    if (preview) return make_stills(work, *preview);
  }
  bool profiled = info.picture && info.picture->iccProfile;
  return make_stills(work, work.input(), {vips_needs_any_format(info.contentType), profiled});
}

constexpr std::string_view kCutShort =
    "The file ends too early: only a part of the picture can be shown. It may not have been copied whole.";

}  // namespace

Outcome<boost::json::object> probe_step(const Work& work) {
  RV_TRY(MediaInfo info, probe(work));
  StepResult result;
  result.properties() = to_json(info);
  if (info.reason) result.note(*info.reason);
  return result.finish(work);
}

Outcome<boost::json::object> checksum_step(const Work& work) {
  auto file = open_file(work.input(), O_RDONLY | O_CLOEXEC);
  if (!file) return failure_of(std::move(file.error()));
  posix_fadvise(file->get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  // MD5 takes three times as long as the rest together, so that it is left out where nobody waits for it.
  auto* wanted = work.given().if_contains("md5");
  const bool with_md5 = !wanted || *wanted != boost::json::value(false);
  Digest sha256(Digest::Kind::sha256), md5(Digest::Kind::md5);
  std::uint32_t crc = 0;
  std::uint64_t at = 0;
  std::vector<std::byte> buffer(1 << 20);
  while (true) {
    if (work.cancelled()) return failure("cancelled", "The work was cancelled.", {}, false);
    auto got = read_at(file->get(), buffer, at);
    if (!got) return failure_of(std::move(got.error()));
    if (*got == 0) break;
    ByteView bytes(buffer.data(), *got);
    sha256.update(bytes);
    if (with_md5) md5.update(bytes);
    crc = crc32(bytes, crc);
    at += *got;
    if (work.input_size()) work.progress(100.0 * static_cast<double>(at) / static_cast<double>(work.input_size()));
  }
  StepResult result;
  result.properties() = {{"sha256", hex(sha256.finish())}, {"crc32", fmt::format("{:08x}", crc)}, {"size", at}};
  if (with_md5) result.properties()["md5"] = hex(md5.finish());
  return result.finish(work);
}

Outcome<boost::json::object> thumbnail_step(const Work& work) {
  RV_TRY(MediaInfo info, known_or_probed(work));
  work.progress(20);
  StepResult result;
  if (info.mediaType == "image") {
    RV_TRY(const StillsMade made, stills_of_picture(work, info));
    if (made.cut_short) result.note(std::string(kCutShort));
  } else if (info.mediaType == "video") {
    // What an earlier step said of it may be of other content, or of a prober that was not to be trusted.
    const Stream* film = info.main_video();
    if (!film) return failure("no-picture", "This file is said to be a film, but has no picture.", {}, false);
    RV_CHECK(make_film_stills(work, work.input(), *film, info.durationMs.value_or(0), "preview.jpg", "thumbnail.jpg"));
  } else if (info.mediaType == "audio") {
    RV_CHECK(picture_of_sound(work, info));
  } else if (info.contentType == "application/pdf") {
    RV_TRY(auto page, first_page(work));
    RV_CHECK(make_stills(work, page));
  } else {
    return result.finish(work);
  }
  result.add_file("thumbnail.jpg", "thumbnail.jpg", "image/jpeg", "thumbnail");
  result.add_file("preview.jpg", "preview.jpg", "image/jpeg", "preview");
  if (info.width) result.properties() = {{"width", *info.width}, {"height", info.height.value_or(0)}};
  work.progress(100);
  return result.finish(work);
}

Outcome<boost::json::object> picture_step(const Work& work) {
  RV_TRY(MediaInfo info, probe(work));
  if (info.mediaType != "image") return failure("no-picture", info.reason.value_or("This file is not a picture."));
  work.progress(20);
  RV_TRY(const StillsMade made, stills_of_picture(work, info));
  const auto* wanted = work.given().if_contains("relationship");
  const std::string role = wanted && *wanted == "preview" ? "preview" : "thumbnail";
  StepResult result;
  if (made.cut_short) result.note(std::string(kCutShort));
  result.add_file(role + ".jpg", role + ".jpg", "image/jpeg", role);
  if (info.width) result.properties() = {{"width", *info.width}, {"height", info.height.value_or(0)}};
  work.progress(100);
  return result.finish(work);
}

}  // namespace reelvault::media
