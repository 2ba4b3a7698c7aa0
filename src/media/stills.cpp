#include "media/stills.hpp"

#include "base/text.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/video_filters.hpp"

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kPreviewSide = 1600, kThumbnailSide = 480;

std::unexpected<jobs::Failure> no_picture(const ChildResult& result) {
  return failure_of(result, "cannot-decode", "No picture could be made of this file; it may be damaged.");
}

Outcome<void> shrink(const Work& work, const fs::path& from, const fs::path& to, std::int64_t side, int quality,
                     PictureTraits traits) {
  std::vector<std::string> command = {"vipsthumbnail", from.string(), "--size", fmt::format("{0}x{0}>", side)};
  // Without a profile of its own a picture is sRGB, and the way through another space would only shift its colours.
  if (traits.icc_profile) command = words(command, std::vector<std::string>{"--export-profile", "srgb"});
  command = words(
      command, std::vector<std::string>{
                   "-o", fmt::format("{}[Q={},strip,optimize_coding,background=255 255 255]", to.string(), quality)});
  ChildResult result = work.run_vips(command, traits.any_format);
  std::error_code error;
  // It tells of trouble with a file by words alone.
  if (!result.ok() || !fs::exists(to, error)) return no_picture(result);
  return {};
}

// Mean brightness, 0 to 255, from what the signalstats filter printed.
double brightness_of(std::string_view printed) {
  auto at = printed.rfind("YAVG=");
  double value = 0;
  if (at != std::string_view::npos) std::from_chars(printed.data() + at + 5, printed.data() + printed.size(), value);
  return value;
}

}  // namespace

Outcome<void> make_stills(const Work& work, const fs::path& picture, PictureTraits traits) {
  fs::path preview = work.scratch() / "preview.jpg";
  RV_CHECK(shrink(work, picture, preview, kPreviewSide, 85, traits));
  return shrink(work, preview, work.scratch() / "thumbnail.jpg", kThumbnailSide, 80, {});
}

Outcome<fs::path> representative_frame(const Work& work, const fs::path& film, const Stream& stream,
                                       std::int64_t duration_ms) {
  constexpr double kDark = 28;  // black is 16
  const VideoProperties& video = *stream.video;
  if (colours_unknowable(video))
    return failure("dolby-vision-5",
                   "This film is in Dolby Vision profile 5, whose colours cannot be shown correctly here.");
  std::string filters = upright_filters(video, fit_inside(video, kPreviewSide), false);
  std::optional<fs::path> best;
  double brightest = -1;
  ChildResult last;
  int tries = 0;
  for (std::int64_t percent : {10, 33, 60, 0}) {
    std::int64_t at = duration_ms * percent / 100;
    // From the very start only when nothing else gave a picture.
    if (percent == 0 && best) break;
    fs::path frame = work.scratch() / fmt::format("frame{}.png", tries++);
    last = work.run_short(
        words(ffmpeg_start(work.settings().ffmpeg),
              std::vector<std::string>{"-ss", fmt::format("{}.{:03}", at / 1000, at % 1000)},
              film == work.input() ? input_arguments(film) : own_input_arguments(film),
              std::vector<std::string>{
                  "-map", fmt::format("0:{}", stream.index), "-an", "-sn", "-dn", "-vf",
                  filters + fmt::format(",thumbnail={},signalstats,metadata=print:file=-", is_hdr(video) ? 8 : 20),
                  "-frames:v", "1", "-update", "1", "-c:v", "png", "-f", "image2", frame.string()}));
    if (last.stop != ChildResult::Stop::none) return failure_of(last, "", "");
    std::error_code error;
    if (!last.ok() || !fs::exists(frame, error)) continue;
    double brightness = brightness_of(last.output);
    if (brightness > brightest) {
      brightest = brightness;
      best = frame;
    }
    if (brightness >= kDark) break;
  }
  if (!best) return no_picture(last);
  return *best;
}

Outcome<fs::path> embedded_cover(const Work& work, const Stream& cover) {
  fs::path file = work.scratch() / "cover";
  ChildResult result =
      work.run_short(words(ffmpeg_start(work.settings().ffmpeg), input_arguments(work.input()),
                           std::vector<std::string>{"-map", fmt::format("0:{}", cover.index), "-c", "copy", "-frames:v",
                                                    "1", "-update", "1", "-f", "image2", file.string()}));
  std::error_code error;
  if (!result.ok() || !fs::exists(file, error)) return no_picture(result);
  return file;
}

Outcome<std::optional<fs::path>> raw_preview(const Work& work, const MediaInfo& info) {
  std::optional<fs::path> none;
  ChildResult list = work.run_short({"exiv2", "-q", "-pp", work.input().string()});
  if (list.stop != ChildResult::Stop::none) return failure_of(list, "", "");
  // "Preview 2: image/jpeg, 1620x1080 pixels, 380193 bytes", smallest first
  std::string number, extension;
  for (std::string_view line : split(list.output, '\n')) {
    if (!line.starts_with("Preview ")) continue;
    number = line.substr(8, line.find(':') - 8);
    extension = line.contains("image/jpeg") ? ".jpg" : line.contains("image/tiff") ? ".tif" : "";
  }
  if (extension.empty()) return none;
  ChildResult result =
      work.run_short({"exiv2", "-q", "-f", "-ep" + number, "-l", work.scratch().string(), work.input().string()});
  fs::path preview = work.scratch() / fmt::format("input-preview{}{}", number, extension);
  std::error_code error;
  if (!result.ok() || !fs::exists(preview, error)) return none;

  // The raw file knows how the camera was held; the preview often does not.
  std::int64_t orientation = info.picture ? info.picture->orientation : 1;
  ChildResult header = work.run_vips({"vipsheader", "-f", "orientation", preview.string()});
  if (orientation == 1 || !header.ok() || trim(header.output) > "1") return preview;
  constexpr std::string_view kTurns[] = {"",        "", "flip=horizontal", "rot=d180", "flip=vertical", "",
                                         "rot=d90", "", "rot=d270"};
  std::string_view turn = kTurns[std::clamp<std::int64_t>(orientation, 0, 8)];
  auto equals = turn.find('=');
  if (equals == std::string_view::npos) return preview;
  fs::path turned = work.scratch() / "turned.jpg";
  ChildResult done = work.run_vips({"vips", std::string(turn.substr(0, equals)), preview.string(),
                                    turned.string() + "[Q=95]", std::string(turn.substr(equals + 1))});
  return done.ok() ? turned : preview;
}

Outcome<fs::path> first_page(const Work& work) {
  fs::path page = work.scratch() / "page";
  ChildResult result = work.run_short({"pdftoppm", "-f", "1", "-l", "1", "-singlefile", "-scale-to",
                                       std::to_string(kPreviewSide), "-png", work.input().string(), page.string()});
  page += ".png";
  std::error_code error;
  if (result.error_tail.contains("ncorrect password"))
    return failure("protected", "The document is protected by a password, so that its first page cannot be shown.");
  if (!result.ok() || !fs::exists(page, error))
    return failure_of(result, "cannot-decode", "The first page of this document cannot be shown; it may be damaged.");
  return page;
}

Outcome<fs::path> converted_picture(const Work& work) {
  fs::path file = work.scratch() / "converted.png";
  ChildResult result = work.run_short(
      words(ffmpeg_start(work.settings().ffmpeg),
            std::vector<std::string>{"-max_pixels",
                                     std::to_string(std::min<std::uint64_t>(work.settings().pixels_max, INT32_MAX))},
            input_arguments(work.input()),
            std::vector<std::string>{
                "-map", "0:v:0", "-frames:v", "1", "-update", "1", "-vf",
                fmt::format("scale='min(iw,{0})':'min(ih,{0})':force_original_aspect_ratio=decrease", kPreviewSide),
                "-c:v", "png", "-f", "image2", file.string()}));
  std::error_code error;
  if (!result.ok() || !fs::exists(file, error)) return no_picture(result);
  return file;
}

}  // namespace reelvault::media
