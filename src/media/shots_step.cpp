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
constexpr double kStillsTogetherMax = 16;
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

  struct Still {
    std::size_t shot = 0;
    std::int64_t at_us = 0;
    std::string name() const { return fmt::format("{:05}.jpg", shot + 1); }
  };

  Outcome<void> make_stills() {
    if (colours_unknowable(*film_.video)) return {};
    const auto begun = Clock::now();
    const std::size_t wanted = std::min(found_.starts_us.size(), kStillsMax), together = stills_together();
    for (std::size_t done = 0; done < wanted && Clock::now() - begun < kStillsTime;) {
      std::vector<Still> stills;
      for (; stills.size() < together && done < wanted; ++done) {
        const std::size_t shot = done * found_.starts_us.size() / wanted;
        stills.push_back({shot, middle_of(shot)});
      }
      RV_CHECK(make_stills(stills));
      work_.progress(kDetectedPercent +
                     (100 - kDetectedPercent) * static_cast<double>(done) / static_cast<double>(wanted));
    }
    return {};
  }

  // Each has a decoder with pictures of its own: no more of them than one film of 1080p holds with all its threads.
  std::size_t stills_together() const {
    const double pixels = static_cast<double>(film_.video->codedWidth) * static_cast<double>(film_.video->codedHeight);
    return static_cast<std::size_t>(std::clamp(1920.0 * 1080 / std::max(pixels, 1.0), 1.0, kStillsTogetherMax));
  }

  std::int64_t middle_of(std::size_t shot) const {
    // Sound may go on after the last picture.
    const std::int64_t pictures_end_us =
        film_.durationMs ? std::min(end_of(shot), film_.startUs + *film_.durationMs * 1000) : end_of(shot);
    return clock_.middle_us(found_.starts_us[shot], std::max(pictures_end_us, found_.starts_us[shot]));
  }

  // What does not come out with others is tried alone, then where its shot begins. A shot of which no picture comes out
  // goes without.
  Outcome<void> make_stills(const std::vector<Still>& stills) {
    RV_CHECK(run(stills));
    for (const Still& still : stills) {
      if (made(still)) continue;
      if (stills.size() > 1) RV_CHECK(run({still}));
      if (made(still)) continue;
      const Still first{still.shot, found_.starts_us[still.shot]};
      if (first.at_us == still.at_us) continue;
      RV_CHECK(run({first}));
      made(first);
    }
    return {};
  }

  bool made(const Still& still) {
    std::error_code error;
    if (fs::file_size(work_.scratch() / still.name(), error) == 0 || error) return false;
    const PictureSize size = fit_inside(*film_.video, kStillSide);
    result_.add_file(still.name(), still.name(), "image/jpeg", "screenshot");
    stills_.push_back(json::object{{"shot", still.shot},
                                   {"name", still.name()},
                                   {"atUs", still.at_us},
                                   {"width", size.width},
                                   {"height", size.height}});
    return true;
  }

  // One process for all of them: to start one takes longer than many a picture.
  Outcome<void> run(const std::vector<Still>& stills) {
    const PictureSize size = fit_inside(*film_.video, kStillSide);
    Words command = ffmpeg_start(work_.settings().ffmpeg), outputs;
    // Several decoders with threads each would be more of them than a child may have.
    const Words threads = stills.size() > 1 ? Words{"-threads", "1"} : Words{};
    std::string graph;
    for (std::size_t i = 0; i < stills.size(); ++i) {
      // Half a picture before it, since what is asked for is the first that begins then or after.
      const std::int64_t seek_us =
          std::max<std::int64_t>(stills[i].at_us - std::max<std::int64_t>(clock_.frame_us() / 2, 500), 0);
      command = words(std::move(command), threads,
                      Words{"-ss", fmt::format("{}.{:06}", seek_us / 1'000'000, seek_us % 1'000'000)},
                      steady_input(*film_.video), input_arguments(work_.input()));
      graph += fmt::format(
          "{}[{}:{}]{}{},scale=in_color_matrix={}:out_color_matrix=bt601:out_range=pc:"
          "flags=accurate_rnd+full_chroma_int,format=yuvj420p[still{}]",
          i == 0 ? "" : ";", i, film_.index, steady_size(*film_.video), upright_filters(*film_.video, size, false),
          colours_after(*film_.video).space, i);
      outputs = words(std::move(outputs), Words{"-map", fmt::format("[still{}]", i), "-frames:v", "1", "-update", "1",
                                                "-c:v", "mjpeg", "-q:v", "4", "-map_metadata", "-1", "-f", "image2",
                                                (work_.scratch() / stills[i].name()).string()});
    }
    const ChildResult result = work_.run_short(words(std::move(command), Words{"-filter_complex", graph}, outputs));
    if (result.stop == ChildResult::Stop::cancelled) return failure_of(result, "", "");
    std::error_code error;
    for (const Still& still : stills)
      if (!result.ok()) fs::remove(work_.scratch() / still.name(), error);
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
