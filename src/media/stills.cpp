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

// libvips makes what it can of a file that ends too early, and says so in the words of each format's library.
bool ends_too_early(std::string_view said) {
  const std::string folded = lower_ascii(said);
  return std::ranges::any_of(std::array<std::string_view, 5>{"premature end of", "not enough data", "unexpected end of",
                                                             "truncated", "out of data"},
                             [&](std::string_view words) { return folded.contains(words); });
}

Outcome<StillsMade> shrink(const Work& work, const fs::path& from, const fs::path& to, std::int64_t side, int quality,
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
  return StillsMade{.cut_short = ends_too_early(result.error_tail)};
}

// Mean brightness, 0 to 255, from what the signalstats filter printed.
double brightness_of(std::string_view printed) {
  auto at = printed.rfind("YAVG=");
  double value = 0;
  if (at != std::string_view::npos) std::from_chars(printed.data() + at + 5, printed.data() + printed.size(), value);
  return value;
}

// Whether key frames alone give pictures at a third of this film as well, several within a few seconds. Where all are
// key frames, near ones would be compared, as without.
bool key_frames_serve(const VideoProperties& video, std::int64_t duration_ms) {
  std::int64_t interval = video.keyFrameIntervalMs.value_or(0);
  return interval >= 250 && interval <= 2500 && duration_ms >= 8 * interval && !is_interlaced(video);
}

struct FilmStill {
  const fs::path& film;
  const Stream& stream;
  std::int64_t at_ms;
  bool keys_only;
  std::string large, small;  // files in scratch; `small` may be empty
};

// The most typical of some pictures from a place on, and on standard output its brightness. JPEG has colours of its
// own, whatever those of the film are.
std::vector<std::string> still_command(const Work& work, const FilmStill& still) {
  const VideoProperties& video = *still.stream.video;
  std::string space = colours_after(video).space;
  std::string graph = fmt::format(
      "[0:{}]{}{},scale=in_color_matrix={},format=rgb24,thumbnail={},split={}[measured][large]", still.stream.index,
      steady_size(video), upright_filters(video, fit_inside(video, kPreviewSide), false), space,
      still.keys_only ? 5
      : is_hdr(video) ? 8
                      : 20,
      still.small.empty() ? 2 : 3);
  constexpr std::string_view kJpeg = "out_color_matrix=bt601:out_range=pc,format=yuvj420p";
  if (!still.small.empty()) {
    PictureSize size = fit_inside(video, kThumbnailSide);
    graph += fmt::format("[small];[small]scale={}:{}:flags=lanczos+accurate_rnd+full_chroma_int:{}[smalljpeg]",
                         size.width, size.height, kJpeg);
  }
  graph += fmt::format(
      ";[measured]scale=64:64:flags=area,format=yuv444p,signalstats,metadata=print:file=-,nullsink"
      ";[large]scale=flags=accurate_rnd+full_chroma_int:{}[largejpeg]",
      kJpeg);
  std::vector<std::string> command = ffmpeg_start(work.settings().ffmpeg);
  // A key frame needs no other, so that more threads would only decode what nobody wants.
  if (still.keys_only) command = words(command, std::vector<std::string>{"-threads", "1", "-skip_frame", "nokey"});
  // Asked for any time, even 0, ffmpeg gives nothing of an elementary stream, whose pictures have none.
  if (still.at_ms > 0)
    command = words(command,
                    std::vector<std::string>{"-ss", fmt::format("{}.{:03}", still.at_ms / 1000, still.at_ms % 1000)});
  command = words(command, steady_input(video),
                  still.film == work.input() ? input_arguments(still.film) : own_input_arguments(still.film),
                  std::vector<std::string>{"-filter_complex", graph});
  auto add = [&](std::string_view pad, int quality, const std::string& file) {
    command =
        words(command, std::vector<std::string>{"-map", fmt::format("[{}]", pad), "-frames:v", "1", "-update", "1",
                                                "-c:v", "mjpeg", "-q:v", std::to_string(quality), "-map_metadata", "-1",
                                                "-f", "image2", (work.scratch() / file).string()});
  };
  add("largejpeg", 3, still.large);
  if (!still.small.empty()) add("smalljpeg", 4, still.small);
  return command;
}

}  // namespace

Outcome<StillsMade> make_stills(const Work& work, const fs::path& picture, PictureTraits traits) {
  fs::path preview = work.scratch() / "preview.jpg";
  RV_TRY(const StillsMade made, shrink(work, picture, preview, kPreviewSide, 85, traits));
  RV_CHECK(shrink(work, preview, work.scratch() / "thumbnail.jpg", kThumbnailSide, 80, {}));
  return made;
}

Outcome<void> make_film_stills(const Work& work, const fs::path& film, const Stream& stream, std::int64_t duration_ms,
                               const std::string& large, const std::string& small) {
  constexpr double kDark = 28;  // black is 16
  const VideoProperties& video = *stream.video;
  if (colours_unknowable(video))
    return failure("dolby-vision-5",
                   "This film is in Dolby Vision profile 5, whose colours cannot be shown correctly here.");
  int best = -1;
  double brightest = -1;
  ChildResult last;
  int tries = 0;
  // Pictures that others are made from are the cheapest to get, and stand further apart.
  for (bool keys_only : {true, false}) {
    if (keys_only && !key_frames_serve(video, duration_ms)) continue;
    for (std::int64_t percent : {10, 33, 60, 0}) {
      // From the very start only when nothing else gave a picture.
      if (percent == 0 && (best >= 0 || keys_only)) break;
      FilmStill still{film,
                      stream,
                      duration_ms * percent / 100,
                      keys_only,
                      fmt::format("{}-{}", tries, large),
                      small.empty() ? "" : fmt::format("{}-{}", tries, small)};
      last = work.run_short(still_command(work, still));
      if (last.stop != ChildResult::Stop::none) return failure_of(last, "", "");
      std::error_code error;
      bool made = last.ok() && fs::exists(work.scratch() / still.large, error) &&
                  (small.empty() || fs::exists(work.scratch() / still.small, error));
      double brightness = brightness_of(last.output);
      if (made && brightness > brightest) {
        brightest = brightness;
        best = tries;
      }
      ++tries;
      if (made && brightness >= kDark) break;
    }
    if (best >= 0) break;
  }
  if (best < 0) return no_picture(last);
  for (const std::string& name : {large, small}) {
    if (name.empty()) continue;
    std::error_code error;
    fs::rename(work.scratch() / fmt::format("{}-{}", best, name), work.scratch() / name, error);
    if (error) return failure_of(std::move(fail_errno(error.value(), name).error()));
  }
  return {};
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
