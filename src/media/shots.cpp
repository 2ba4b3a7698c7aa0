#include "media/shots.hpp"

#include "base/text.hpp"

namespace reelvault::media {
namespace {

// The number behind `name`.
template <class Number>
std::optional<Number> number_after(std::string_view line, std::string_view name) {
  const auto at = line.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  Number number{};
  const char* from = line.data() + at + name.size();
  if (std::from_chars(from, line.data() + line.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<PictureScore> read_scores(std::string_view printed) {
  std::vector<PictureScore> scores;
  std::optional<std::int64_t> at;
  for (std::string_view line : split(printed, '\n')) {
    if (line.starts_with("frame:")) {
      at = number_after<std::int64_t>(line, " pts:");
    } else if (auto score = number_after<double>(line, "lavfi.scd.score="); score && at) {
      scores.push_back({*at, *score});
      at.reset();
    }
  }
  return scores;
}

std::vector<std::int64_t> shot_starts(std::vector<PictureScore> scores, std::int64_t first_us, std::int64_t end_us,
                                      std::size_t shots_max) {
  std::ranges::sort(scores, {}, &PictureScore::at_us);
  std::vector<PictureScore> cuts;
  for (const PictureScore& score : scores) {
    if (score.score < kCutScore || score.at_us < first_us + kShotUsMin || score.at_us > end_us - kShotUsMin) continue;
    if (cuts.empty() || score.at_us - cuts.back().at_us >= kShotUsMin)
      cuts.push_back(score);
    else if (score.score > cuts.back().score)
      cuts.back() = score;  // of a flash, or of two halves of a cut, the clearer one
  }
  if (cuts.size() + 1 > shots_max) {
    std::ranges::sort(cuts, [](const PictureScore& a, const PictureScore& b) {
      return std::pair(-a.score, a.at_us) < std::pair(-b.score, b.at_us);
    });
    cuts.resize(shots_max - 1);
    std::ranges::sort(cuts, {}, &PictureScore::at_us);
  }
  std::vector<std::int64_t> starts{first_us};
  for (const PictureScore& cut : cuts) starts.push_back(cut.at_us);
  return starts;
}

PictureClock::PictureClock(const MediaInfo& info) : labels_(FrameLabels::of(info.frameRate, info.startTimecode)) {
  const Stream* film = info.main_video();
  if (film == nullptr) return;
  first_ns_ = film->startUs * 1000;
  if (labels_.rate.zero() || labels_.rate.numerator < 0) return;
  frame_us_ = elapsed_at(1, labels_.rate).ns / 1000;
  constant_ = !film->video->variableFrameRate;
}

std::int64_t PictureClock::frame(std::int64_t us) const {
  return std::max<std::int64_t>(scale_round(us * 1000 - first_ns_, labels_.rate * Rational{1, 1'000'000'000}), 0);
}

std::int64_t PictureClock::ns(std::int64_t us) const {
  return constant_ ? elapsed_at(frame(us), labels_.rate).ns + first_ns_ : us * 1000;
}

std::int64_t PictureClock::ms(std::int64_t us) const { return Elapsed{ns(us)}.milliseconds(); }

std::string PictureClock::timecode(std::int64_t us) const {
  if (frame_us_ == 0) return Elapsed{us * 1000}.text();
  return labels_.label_of(frame(us)).text();
}

std::int64_t PictureClock::middle_us(std::int64_t start_us, std::int64_t end_us) const {
  if (!constant_) return start_us;
  const std::int64_t first = frame(start_us), end = frame(end_us);
  return (elapsed_at(first + (end - first) / 2, labels_.rate).ns + first_ns_) / 1000;
}

}  // namespace reelvault::media
