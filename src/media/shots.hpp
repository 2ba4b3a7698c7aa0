// Where a film's shots begin, from how much each picture differs from the one before. Pure.
//
// ffmpeg's scdet scores a picture by how much its difference from the one before exceeds the difference before that, so
// that steady motion and fades score low and hard cuts high.
#pragma once
#include "base/timecode.hpp"
#include "media/media_info.hpp"

namespace reelvault::media {

// Of 100. Cuts between dark scenes reach little more, wipes and whirling pictures a third of it.
inline constexpr double kCutScore = 8;
inline constexpr std::int64_t kShotUsMin = 250'000;                   // shorter ones go to their neighbours
inline constexpr std::size_t kShotsMax = 10'000;                      // of one film; the clearest cuts stay
inline constexpr std::size_t kStillsMax = 200;                        // of one film, evenly spread over its shots
inline constexpr std::string_view kShotsRecipe = "shots/screenshot";  // of the related asset that holds the stills

struct PictureScore {
  std::int64_t at_us = 0;
  double score = 0;
};
// Of `metadata=mode=print:key=lavfi.scd.score`, in a time base of microseconds. Lines that are something else are left
// out.
std::vector<PictureScore> read_scores(std::string_view printed);

// The beginning of each shot. The first is `first_us`; `end_us`: where the last one ends.
std::vector<std::int64_t> shot_starts(std::vector<PictureScore> scores, std::int64_t first_us, std::int64_t end_us,
                                      std::size_t shots_max = kShotsMax);

// How the pictures of a film are counted and named. At a constant rate an instant is taken for the frame nearest to it,
// since containers round their times.
class PictureClock {
 public:
  explicit PictureClock(const MediaInfo& info);
  std::int64_t ns(std::int64_t us) const;  // exactly, after the file's beginning
  std::int64_t ms(std::int64_t us) const;  // upwards: the picture is shown then
  std::string timecode(std::int64_t us) const;
  // A picture in the middle of a shot, where such can be told; else the first.
  std::int64_t middle_us(std::int64_t start_us, std::int64_t end_us) const;
  std::int64_t frame_us() const { return frame_us_; }

 private:
  std::int64_t frame(std::int64_t us) const;
  FrameLabels labels_;
  std::int64_t first_ns_ = 0;  // the first picture
  std::int64_t frame_us_ = 0;  // how long a picture stands, about
  bool constant_ = false;
};

}  // namespace reelvault::media
