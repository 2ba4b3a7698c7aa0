#include "media/video_filters.hpp"

namespace reelvault::media {
namespace {

std::int64_t even(std::int64_t value) { return std::max<std::int64_t>(value / 2 * 2, 2); }
std::int64_t nearest_even(std::int64_t numerator, std::int64_t denominator) {
  return std::max<std::int64_t>((numerator + denominator) / (2 * denominator) * 2, 2);
}

bool is_rgb(const VideoProperties& video) { return video.chroma == "rgb" || video.pixelFormat.starts_with("pal"); }
bool wide_gamut(const VideoProperties& video) {
  return video.colorPrimaries == "bt2020" || video.colorSpace.starts_with("bt2020");
}

// The brightest light against the 100 nits of an ordinary screen. Files without it, or with nonsense, are taken as
// mastered at 1000 nits.
double peak_of(const VideoProperties& video) {
  std::int64_t nits = video.peakNits.value_or(1000);
  if (nits < 100 || nits > 10000) nits = 1000;
  return static_cast<double>(nits) / 100.0;
}

std::string scaling(const VideoProperties& video, PictureSize size) {
  std::string_view transfer = video.hdr == "HLG" ? "arib-std-b67" : "smpte2084";
  std::string_view range = video.colorRange == "pc" ? "full" : "limited";
  if (is_hdr(video))
    return fmt::format(
        "zscale=w={}:h={}:filter=bicubic:pin=bt2020:min=bt2020nc:tin={}:rin={}:t=linear:npl=100,format=gbrpf32le,"
        "zscale=p=bt709,tonemap=tonemap=hable:desat=0:peak={:.2f},zscale=t=bt709:m=bt709:p=bt709:r=limited,"
        "format=yuv420p",
        size.width, size.height, transfer, range, peak_of(video));
  if (wide_gamut(video) && !is_rgb(video))
    return fmt::format(
        "zscale=w={}:h={}:filter=bicubic:pin=bt2020:min=bt2020nc:tin=bt709:rin={}:p=bt709:m=bt709:"
        "t=bt709:r=limited,format=yuv420p",
        size.width, size.height, range);
  // Asked for a range, the filter copies every picture, also where there is nothing to change.
  bool plain = video.pixelFormat == "yuv420p" && video.colorRange != "pc";
  // Transparency has nothing below it: shown over black, as players do.
  return fmt::format("scale=w={}:h={}:flags=bicubic{}{},format=yuv420p", size.width, size.height,
                     plain ? "" : ":out_range=tv", is_rgb(video) ? ":out_color_matrix=bt709" : "");
}

}  // namespace

bool is_hdr(const VideoProperties& video) { return !video.hdr.empty() && !colours_unknowable(video); }
bool is_interlaced(const VideoProperties& video) { return video.scan.ends_with("-first"); }
// Profile 5 has colours of its own; the others carry an ordinary HDR or SDR picture.
bool colours_unknowable(const VideoProperties& video) { return video.dolbyVisionProfile == 5; }

PictureSize fit_short_side(const VideoProperties& video, std::int64_t short_side_max) {
  std::int64_t width = video.displayWidth, height = video.displayHeight, shorter = std::min(width, height);
  if (shorter <= short_side_max) return {even(width), even(height)};
  std::int64_t side = even(short_side_max);
  if (width >= height) return {nearest_even(width * side, height), side};
  return {side, nearest_even(height * side, width)};
}

PictureSize fit_inside(const VideoProperties& video, std::int64_t side_max) {
  std::int64_t longer = std::max(video.displayWidth, video.displayHeight);
  if (longer <= side_max) return {even(video.displayWidth), even(video.displayHeight)};
  return {std::min(nearest_even(video.displayWidth * side_max, longer), even(side_max)),
          std::min(nearest_even(video.displayHeight * side_max, longer), even(side_max))};
}

std::vector<std::string> steady_input(const VideoProperties& video) {
  if (video.orientation != 1) return {};
  return {"-reinit_filter:v", "0"};
}

std::string steady_size(const VideoProperties& video) {
  if (video.orientation != 1) return {};
  return fmt::format("scale=w={}:h={},", video.codedWidth, video.codedHeight);
}

std::string upright_filters(const VideoProperties& video, PictureSize size, bool field_rate) {
  std::string chain;
  if (is_interlaced(video))
    chain += fmt::format("bwdif=mode={}:parity={}:deint=all,", field_rate ? "send_field" : "send_frame",
                         video.scan == "top-field-first" ? "tff" : "bff");
  return chain + scaling(video, size) + ",setsar=1";
}

Colours colours_after(const VideoProperties& video) {
  if (is_hdr(video) || wide_gamut(video) || is_rgb(video)) return {"bt709", "bt709", "bt709"};
  std::string space = video.colorSpace;
  if (space != "bt709" && space != "smpte170m" && space != "bt470bg") {
    bool small = video.codedHeight < 720 && video.codedWidth < 1280;
    space = !small ? "bt709" : video.codedHeight == 576 || video.codedHeight == 288 ? "bt470bg" : "smpte170m";
  }
  std::string primaries = video.colorPrimaries;
  if (primaries != "bt709" && primaries != "smpte170m" && primaries != "bt470bg") primaries = space;
  return {space, primaries, space == "bt709" ? "bt709" : "smpte170m"};
}

}  // namespace reelvault::media
