// The loudness of sound over time: peaks for a player's time line, and a picture of them.
#pragma once
#include "media/media_info.hpp"
#include "media/work.hpp"

namespace reelvault::media {

// Lowest and highest sample of each stretch, -128 to 127, over all channels (sums of channels can cancel out).
struct Peaks {
  std::int64_t sample_rate = 0;
  std::int64_t samples_per_pixel = 0;
  std::vector<std::int8_t> low, high;
  bool operator==(const Peaks&) const = default;
};

// Takes samples as they come, of whatever length: neighbours are merged when there are too many.
class PeakMeter {
 public:
  PeakMeter(std::int64_t sample_rate, std::int64_t channels, std::size_t points_max = 20000);
  void add(std::string_view bytes);  // signed 16 bit, native order, interleaved; may be cut anywhere
  Peaks finish();
  std::int64_t frames() const { return frames_; }

 private:
  void add_frame(int low, int high);
  void close_point();

  std::int64_t channels_, per_point_, frames_ = 0, in_point_ = 0;
  std::size_t points_max_;
  int low_ = 0, high_ = 0;
  std::string rest_;
  Peaks peaks_;
};

// Decodes the main sound of the input.
Outcome<Peaks> measure_peaks(const Work& work, const MediaInfo& info, const std::function<void(double)>& progress);
std::string waveform_json(const Peaks& peaks);  // as the program audiowaveform writes it, version 2
std::string draw_waveform(const Peaks& peaks);  // SVG, 1600 by 900

Outcome<boost::json::object> waveform_step(const Work& work);

}  // namespace reelvault::media
