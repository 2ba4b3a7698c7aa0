#include "media/waveform.hpp"

#include "base/file.hpp"
#include "media/audio_tracks.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/probe.hpp"

#include <cstring>

namespace reelvault::media {
namespace {

constexpr std::int64_t kRate = 16000;  // enough for what an eye sees of loudness
constexpr std::int64_t kPointsPerSecond = 50;

std::int8_t to_8_bits(int sample) { return static_cast<std::int8_t>(std::clamp(sample / 256, -128, 127)); }

}  // namespace

PeakMeter::PeakMeter(std::int64_t sample_rate, std::int64_t channels, std::size_t points_max)
    : channels_(channels),
      per_point_(std::max<std::int64_t>(sample_rate / kPointsPerSecond, 1)),
      points_max_(points_max) {
  peaks_.sample_rate = sample_rate;
}

void PeakMeter::add(std::string_view bytes) {
  rest_.append(bytes);
  const std::size_t frame = static_cast<std::size_t>(channels_) * 2;
  std::size_t at = 0;
  for (; at + frame <= rest_.size(); at += frame) {
    int low = INT16_MAX, high = INT16_MIN;
    for (std::size_t channel = 0; channel < static_cast<std::size_t>(channels_); ++channel) {
      std::int16_t sample;
      std::memcpy(&sample, rest_.data() + at + 2 * channel, 2);
      low = std::min<int>(low, sample);
      high = std::max<int>(high, sample);
    }
    add_frame(low, high);
  }
  rest_.erase(0, at);
}

void PeakMeter::add_frame(int low, int high) {
  low_ = in_point_ == 0 ? low : std::min(low_, low);
  high_ = in_point_ == 0 ? high : std::max(high_, high);
  ++frames_;
  if (++in_point_ == per_point_) close_point();
}

void PeakMeter::close_point() {
  peaks_.low.push_back(to_8_bits(low_));
  peaks_.high.push_back(to_8_bits(high_));
  in_point_ = 0;
  if (peaks_.low.size() < points_max_ || points_max_ % 2 != 0) return;
  for (std::size_t i = 0; i < points_max_ / 2; ++i) {
    peaks_.low[i] = std::min(peaks_.low[2 * i], peaks_.low[2 * i + 1]);
    peaks_.high[i] = std::max(peaks_.high[2 * i], peaks_.high[2 * i + 1]);
  }
  peaks_.low.resize(points_max_ / 2);
  peaks_.high.resize(points_max_ / 2);
  per_point_ *= 2;
}

Peaks PeakMeter::finish() {
  if (in_point_ > 0) close_point();
  peaks_.samples_per_pixel = per_point_;
  return std::move(peaks_);
}

Outcome<Peaks> measure_peaks(const Work& work, const MediaInfo& info, const std::function<void(double)>& progress) {
  auto tracks = plan_audio(info);
  if (tracks.empty()) return failure("no-sound", "This file has no sound.");
  PeakMeter meter(kRate, 2);
  std::int64_t expected = std::max<std::int64_t>(info.durationMs.value_or(0) * kRate / 1000, 1);
  ChildRequest request = work.request(words(
      ffmpeg_start(work.settings().ffmpeg), std::vector<std::string>{"-vn"}, input_arguments(work.input()),
      std::vector<std::string>{"-filter_complex", fmt::format("{},aresample={}[sound]", tracks.front().filter, kRate),
                               "-map", "[sound]", "-ac", "2", "-c:a", "pcm_s16le", "-f", "s16le", "pipe:1"}));
  request.limits.stall = std::chrono::seconds(180);
  request.on_stdout = [&](std::string_view bytes) {
    meter.add(bytes);
    progress(std::min(100.0, 100.0 * static_cast<double>(meter.frames()) / static_cast<double>(expected)));
    return true;
  };
  ChildResult result = work.run(request);
  if (!result.ok())
    return failure_of(result, "cannot-decode", "The sound of this file cannot be decoded; it may be damaged.");
  if (meter.frames() == 0) return failure("no-sound", "The sound of this file holds no samples.", result.error_tail);
  return meter.finish();
}

std::string waveform_json(const Peaks& peaks) {
  std::string out = fmt::format(
      "{{\"version\":2,\"channels\":1,\"sample_rate\":{},\"samples_per_pixel\":{},\"bits\":8,\"length\":{},\"data\":[",
      peaks.sample_rate, peaks.samples_per_pixel, peaks.low.size());
  for (std::size_t i = 0; i < peaks.low.size(); ++i)
    fmt::format_to(std::back_inserter(out), "{}{},{}", i ? "," : "", int{peaks.low[i]}, int{peaks.high[i]});
  return out + "]}\n";
}

std::string draw_waveform(const Peaks& peaks) {
  constexpr int kWidth = 1600, kHeight = 900, kBar = 10, kBars = kWidth / kBar - 8;
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\"><rect width=\"{0}\" height=\"{1}\" "
      "fill=\"#16202c\"/><g fill=\"#5fb3f9\">",
      kWidth, kHeight);
  int loudest = 1;
  for (std::size_t i = 0; i < peaks.low.size(); ++i)
    loudest = std::max({loudest, -int{peaks.low[i]}, int{peaks.high[i]}});
  std::size_t count = std::max<std::size_t>(peaks.low.size(), 1);
  for (std::size_t bar = 0; bar < kBars; ++bar) {
    std::size_t from = bar * count / kBars, to = std::max((bar + 1) * count / kBars, from + 1);
    int level = 0;
    for (std::size_t i = from; i < std::min(to, peaks.low.size()); ++i)
      level = std::max({level, -int{peaks.low[i]}, int{peaks.high[i]}});
    int height = std::max(6, level * (kHeight - 260) / loudest);
    fmt::format_to(std::back_inserter(out), "<rect x=\"{}\" y=\"{}\" width=\"6\" height=\"{}\" rx=\"3\"/>",
                   40 + bar * kBar + 2, (kHeight - height) / 2, height);
  }
  return out + "</g></svg>\n";
}

Outcome<boost::json::object> waveform_step(const Work& work) {
  RV_TRY(MediaInfo info, known_or_probed(work));
  RV_TRY(Peaks peaks, measure_peaks(work, info, [&](double percent) { work.progress(percent); }));
  if (auto written = replace_file(work.scratch() / "waveform.json", waveform_json(peaks)); !written)
    return failure_of(std::move(written.error()));
  StepResult result;
  result.add_file("waveform.json", "waveform.json", "application/json", "waveform");
  result.properties() = {
      {"sampleRate", peaks.sample_rate}, {"samplesPerPixel", peaks.samples_per_pixel}, {"length", peaks.low.size()}};
  return result.finish(work);
}

}  // namespace reelvault::media
