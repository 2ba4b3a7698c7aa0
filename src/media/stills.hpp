// Small pictures of anything: what lists, posters and previews show.
#pragma once
#include "media/media_info.hpp"
#include "media/work.hpp"

namespace reelvault::media {

// Writes scratch/preview.jpg (at most 1600 a side) and scratch/thumbnail.jpg (480) of a picture that libvips reads:
// upright, sRGB, 8 bit, transparency over white.
struct PictureTraits {
  bool any_format = false;   // of a kind whose library libvips's authors do not trust
  bool icc_profile = false;  // its colours are to be converted by it
};
struct StillsMade {
  bool cut_short = false;  // the file ends too early: what is missing is grey
};
Outcome<StillsMade> make_stills(const Work& work, const std::filesystem::path& picture, PictureTraits traits = {});

// A picture of a film that says something of it: about a tenth in, not black. `large`, a file in scratch of at most
// 1600 pixels a side, and where it is given `small` (480) become JPEG files of it. `film`: the input, or a rendition of
// ours.
Outcome<void> make_film_stills(const Work& work, const std::filesystem::path& film, const Stream& video,
                               std::int64_t duration_ms, const std::string& large, const std::string& small = {});

// The cover of a sound file, as it is embedded.
Outcome<std::filesystem::path> embedded_cover(const Work& work, const Stream& cover);
// The largest preview that a camera put into a raw photo; nothing: there is none.
Outcome<std::optional<std::filesystem::path>> raw_preview(const Work& work, const MediaInfo& info);
Outcome<std::filesystem::path> first_page(const Work& work);
// By ffmpeg, for pictures that libvips does not read.
Outcome<std::filesystem::path> converted_picture(const Work& work);

}  // namespace reelvault::media
