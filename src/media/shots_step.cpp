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

constexpr std::uint64_t kScoresBytesMax = 1 << 30;
// Enough to see what is in it; a film's worth of them is as large as a few seconds of its proxy.
constexpr std::int64_t kStillSide = 640;
// Where each still takes long (pictures that need many others, far apart), the rest of the shots go without.
constexpr auto kStillsTime = std::chrono::minutes(15);
constexpr double kDetectedPercent = 80;

}  // namespace

// Scores are made of small pictures: grain averages out, and all that it costs is decoding. Only those that count are
// printed, and into a file, since standard output tells the progress.
std::string score_filters(const VideoProperties& video) {
  const PictureSize size = fit_inside(video, 160);
  return fmt::format(
      "scale=w={}:h={}:flags=fast_bilinear,format=yuv420p,settb=1/1000000,scdet=t=100,"
      "metadata=mode=print:key=lavfi.scd.score:value={}:function=greater:file={}",
      size.width, size.height, kCutScore, kScoresFile);
}

Result<FoundShots> found_shots(const fs::path& scratch, const MediaInfo& info, const Stream& film,
                               std::int64_t made_us) {
  RV_TRY(const std::string printed, read_whole_file(scratch / kScoresFile, kScoresBytesMax));
  FoundShots out;
  out.end_us = std::max({info.durationMs.value_or(0) * 1000, made_us, film.startUs + 1});
  out.starts_us = shot_starts(read_scores(printed), film.startUs, out.end_us);
  return out;
}

json::object shots_json(const FoundShots& shots) {
  return {{"cutScore", kCutScore}, {"startsUs", json::value_from(shots.starts_us)}, {"endUs", shots.end_us}};
}

std::optional<FoundShots> shots_of(const json::object& given) {
  try {
    if (given.at("cutScore").to_number<double>() != kCutScore) return std::nullopt;
    FoundShots out{json::value_to<std::vector<std::int64_t>>(given.at("startsUs")),
                   given.at("endUs").to_number<std::int64_t>()};
    if (out.starts_us.empty() || !std::ranges::is_sorted(out.starts_us) || out.end_us <= out.starts_us.back())
      return std::nullopt;
    return out;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

namespace {

class Shots {
 public:
  Shots(const Work& work, const MediaInfo& info, const Stream& film)
      : work_(work), info_(info), film_(film), clock_(info) {}

  Outcome<json::object> make() {
    RV_CHECK(detect());
    RV_CHECK(make_stills());
    json::array starts;
    for (std::int64_t start : found_.starts_us) starts.emplace_back(start);
    result_.properties() = {{"startsUs", std::move(starts)}, {"endUs", found_.end_us}, {"stills", std::move(stills_)}};
    work_.progress(100);
    return result_.finish(work_);
  }

 private:
  Outcome<void> detect() {
    if (const auto* given = work_.given().if_contains("shots"); given && given->is_object()) {
      if (auto found = shots_of(given->get_object())) {
        found_ = std::move(*found);
        return {};
      }
    }
    const std::string chain =
        fmt::format("[0:{}]{}{}[scored]", film_.index, steady_size(*film_.video), score_filters(*film_.video));
    ProgressReader progress;
    const double whole = std::max<double>(static_cast<double>(info_.durationMs.value_or(0)) * 1000, 1);
    ChildRequest request = work_.request(
        words(ffmpeg_start(work_.settings().ffmpeg), Words{"-progress", "pipe:1", "-nostats"},
              steady_input(*film_.video), input_arguments(work_.input()),
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
    auto found = found_shots(work_.scratch(), info_, film_, progress.out_time_us());
    if (!found) return failure_of(std::move(found.error()));
    found_ = std::move(*found);
    return {};
  }

  std::int64_t end_of(std::size_t shot) const {
    return shot + 1 < found_.starts_us.size() ? found_.starts_us[shot + 1] : found_.end_us;
  }

  Outcome<void> make_stills() {
    if (colours_unknowable(*film_.video)) return {};
    const auto begun = Clock::now();
    const std::size_t wanted = std::min(found_.starts_us.size(), kStillsMax);
    for (std::size_t i = 0; i < wanted && Clock::now() - begun < kStillsTime; ++i) {
      const std::size_t shot = i * found_.starts_us.size() / wanted;
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
    std::vector<std::int64_t> places{
        clock_.middle_us(found_.starts_us[shot], std::max(pictures_end_us, found_.starts_us[shot]))};
    if (places.front() != found_.starts_us[shot]) places.push_back(found_.starts_us[shot]);
    for (std::int64_t at_us : places) {
      // Half a picture before it, since what is asked for is the first that begins then or after.
      const std::int64_t seek_us =
          std::max<std::int64_t>(at_us - std::max<std::int64_t>(clock_.frame_us() / 2, 500), 0);
      const ChildResult result = work_.run_short(
          words(ffmpeg_start(work_.settings().ffmpeg),
                Words{"-ss", fmt::format("{}.{:06}", seek_us / 1'000'000, seek_us % 1'000'000)},
                steady_input(*film_.video), input_arguments(work_.input()),
                Words{"-filter_complex",
                      fmt::format("[0:{}]{}{},scale=in_color_matrix={}:out_color_matrix=bt601:out_range=pc:"
                                  "flags=accurate_rnd+full_chroma_int,format=yuvj420p[still]",
                                  film_.index, steady_size(*film_.video), upright_filters(*film_.video, size, false),
                                  colours_after(*film_.video).space),
                      "-map", "[still]", "-frames:v", "1", "-update", "1", "-c:v", "mjpeg", "-q:v", "4",
                      "-map_metadata", "-1", "-f", "image2", (work_.scratch() / name).string()}));
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
  FoundShots found_;
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
