#include "media/shots_step.hpp"

#include "base/file.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/probe.hpp"
#include "media/shots.hpp"
#include "media/video_filters.hpp"

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Words = std::vector<std::string>;
using Clock = std::chrono::steady_clock;

constexpr std::string_view kScores = "scores.txt";
constexpr std::uint64_t kScoresBytesMax = 1 << 30;
// Enough to see what is in it; a film's worth of them is as large as a few seconds of its proxy.
constexpr std::int64_t kStillSide = 640;
// Where each still takes long (pictures that need many others, far apart), the rest of the shots go without.
constexpr auto kStillsTime = std::chrono::minutes(15);
constexpr double kDetectedPercent = 80;

class Shots {
 public:
  Shots(const Work& work, const MediaInfo& info, const Stream& film)
      : work_(work), info_(info), film_(film), clock_(info) {}

  Outcome<json::object> make() {
    RV_CHECK(detect());
    RV_CHECK(make_stills());
    json::array starts;
    for (std::int64_t start : starts_) starts.emplace_back(start);
    result_.properties() = {{"startsUs", std::move(starts)}, {"endUs", end_us_}, {"stills", std::move(stills_)}};
    work_.progress(100);
    return result_.finish(work_);
  }

 private:
  Outcome<void> detect() {
    // Scores are made of small pictures: grain averages out, and all that it costs is decoding. Only those that count
    // are printed, and into a file, since standard output tells the progress.
    const PictureSize size = fit_inside(*film_.video, 160);
    const std::string chain = fmt::format(
        "[0:{}]scale=w={}:h={}:flags=fast_bilinear,format=yuv420p,settb=1/1000000,scdet=t=100,"
        "metadata=mode=print:key=lavfi.scd.score:value={}:function=greater:file={}[scored]",
        film_.index, size.width, size.height, kCutScore, kScores);
    ProgressReader progress;
    const double whole = std::max<double>(static_cast<double>(info_.durationMs.value_or(0)) * 1000, 1);
    ChildRequest request = work_.request(words(
        ffmpeg_start(work_.settings().ffmpeg), Words{"-progress", "pipe:1", "-nostats"}, input_arguments(work_.input()),
        Words{"-filter_complex", chain, "-map", "[scored]", "-fps_mode", "passthrough", "-f", "null", "-"}));
    request.limits.stall = std::chrono::seconds(180);
    request.on_stdout = [&](std::string_view bytes) {
      const bool advanced = progress.read(bytes);
      work_.progress(kDetectedPercent * std::clamp(static_cast<double>(progress.out_time_us()) / whole, 0.0, 1.0));
      return advanced;
    };
    const ChildResult result = work_.run(request);
    if (!result.ok())
      return failure_of(result, "cannot-decode", "The pictures of this film cannot be decoded; it may be damaged.");
    if (progress.out_time_us() < 0)
      return failure("cannot-decode", "No picture of this film could be decoded; it may be damaged.",
                     result.error_tail);
    auto printed = read_whole_file(work_.scratch() / kScores, kScoresBytesMax);
    if (!printed) return failure_of(std::move(printed.error()));
    const std::int64_t first_us = film_.startUs;
    end_us_ = std::max({info_.durationMs.value_or(0) * 1000, progress.out_time_us(), first_us + 1});
    starts_ = shot_starts(read_scores(*printed), first_us, end_us_);
    return {};
  }

  std::int64_t end_of(std::size_t shot) const { return shot + 1 < starts_.size() ? starts_[shot + 1] : end_us_; }

  Outcome<void> make_stills() {
    if (colours_unknowable(*film_.video)) return {};
    const auto begun = Clock::now();
    const std::size_t wanted = std::min(starts_.size(), kStillsMax);
    for (std::size_t i = 0; i < wanted && Clock::now() - begun < kStillsTime; ++i) {
      const std::size_t shot = i * starts_.size() / wanted;
      RV_CHECK(make_still(shot));
      work_.progress(kDetectedPercent +
                     (100 - kDetectedPercent) * static_cast<double>(i + 1) / static_cast<double>(wanted));
    }
    return {};
  }

  // A shot of which no picture comes out goes without.
  Outcome<void> make_still(std::size_t shot) {
    const PictureSize size = fit_inside(*film_.video, kStillSide);
    const std::string name = fmt::format("{:05}.jpg", shot + 1);
    // Sound may go on after the last picture.
    const std::int64_t pictures_end_us =
        film_.durationMs ? std::min(end_of(shot), film_.startUs + *film_.durationMs * 1000) : end_of(shot);
    std::vector<std::int64_t> places{clock_.middle_us(starts_[shot], std::max(pictures_end_us, starts_[shot]))};
    if (places.front() != starts_[shot]) places.push_back(starts_[shot]);
    for (std::int64_t at_us : places) {
      // Half a picture before it, since what is asked for is the first that begins then or after.
      const std::int64_t seek_us =
          std::max<std::int64_t>(at_us - std::max<std::int64_t>(clock_.frame_us() / 2, 500), 0);
      const ChildResult result = work_.run_short(words(
          ffmpeg_start(work_.settings().ffmpeg),
          Words{"-ss", fmt::format("{}.{:06}", seek_us / 1'000'000, seek_us % 1'000'000)},
          input_arguments(work_.input()),
          Words{"-filter_complex",
                fmt::format("[0:{}]{},scale=in_color_matrix={}:out_color_matrix=bt601:out_range=pc:"
                            "flags=accurate_rnd+full_chroma_int,format=yuvj420p[still]",
                            film_.index, upright_filters(*film_.video, size, false), colours_after(*film_.video).space),
                "-map", "[still]", "-frames:v", "1", "-update", "1", "-c:v", "mjpeg", "-q:v", "4", "-map_metadata",
                "-1", "-f", "image2", (work_.scratch() / name).string()}));
      if (result.stop == ChildResult::Stop::cancelled) return failure_of(result, "", "");
      std::error_code error;
      if (!result.ok() || fs::file_size(work_.scratch() / name, error) == 0 || error) continue;
      result_.add_file(name, name, "image/jpeg", "screenshot");
      stills_.push_back(json::object{
          {"shot", shot}, {"name", name}, {"atUs", at_us}, {"width", size.width}, {"height", size.height}});
      return {};
    }
    return {};
  }

  const Work& work_;
  const MediaInfo& info_;
  const Stream& film_;
  PictureClock clock_;
  StepResult result_;
  std::vector<std::int64_t> starts_;
  std::int64_t end_us_ = 0;
  json::array stills_;
};

}  // namespace

Outcome<json::object> shots_step(const Work& work) {
  RV_TRY(MediaInfo info, known_or_probed(work));
  const Stream* film = info.main_video();
  if (film == nullptr) return failure("no-picture", "This file has no moving picture.");
  return Shots(work, info, *film).make();
}

}  // namespace reelvault::media
