#include "media/clip.hpp"

#include "base/file.hpp"
#include "media/clip_plan.hpp"
#include "media/ffmpeg_command.hpp"
#include "media/frame_times.hpp"
#include "media/probe.hpp"
#include "media/subtitle_text.hpp"

namespace reelvault::media {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr auto kStall = std::chrono::seconds(180);

class Clip {
 public:
  Clip(const Work& work, MediaInfo info, ClipPoint start, ClipPoint end, bool exact)
      : work_(work),
        info_(std::move(info)),
        labels_(FrameLabels::of(info_.frameRate, info_.startTimecode)),
        start_(start),
        end_(end),
        exact_(exact),
        video_(info_.main_video()),
        format_(clip_format(info_, exact)) {}

  Outcome<json::object> make() {
    const auto sounds = info_.audio_streams();
    if (!video_ && sounds.empty())
      return failure("no-time", "This file has neither a picture nor sound that can be cut.");
    if (exact_ && video_ && video_->video->dolbyVisionProfile == 5)
      return failure("cannot-decode",
                     "This film is in Dolby Vision profile 5, whose colours cannot be encoded anew; a fast clip copies "
                     "them.");
    RV_TRY(clock_, clock_of(work_, video_ ? video_->index : sounds.front()->index));
    if (video_)
      RV_CHECK(find_pictures());
    else
      find_sound();
    if (exact_)
      RV_CHECK(encode());
    else
      RV_CHECK(copy());
    work_.progress(100);
    result_.add_file(name(), name(), format_.content_type, "clip");
    describe();
    RV_CHECK(cut_subtitles());
    return result_.finish(work_);
  }

 private:
  std::string name() const { return "clip" + format_.extension; }
  fs::path target() const { return work_.scratch() / name(); }
  bool varies() const { return video_ && video_->video->variableFrameRate; }

  std::int64_t frame_ns() const {
    return std::max<std::int64_t>(labels_.rate.zero() ? kSecond / 25 : elapsed_at(1, labels_.rate).ns, 1);
  }
  std::int64_t tick_ns() const { return std::max<std::int64_t>(scale_round(1, clock_.tick * Rational{kSecond, 1}), 1); }

  // In ticks, up to which a picture counts as shown at the point. Containers round the times of frames, and numbers of
  // seconds are rounded as well; a steady film's frame is meant by its number however it is rounded.
  std::int64_t until(const ClipPoint& point) const {
    const std::int64_t quarter = frame_ns() / 4;
    if (!point.is_frame)
      return clock_.ticks_of(point.value +
                             std::clamp<std::int64_t>(tick_ns(), 1000, std::max<std::int64_t>(quarter, 1000)));
    const std::int64_t tolerance = varies() ? std::min(tick_ns(), quarter) : quarter;
    return clock_.first + clock_.ticks(elapsed_at(point.value, labels_.rate).ns + tolerance);
  }

  Outcome<void> find_pictures() {
    RV_TRY(const ShownAt first, shown_at(work_, video_->index, clock_, until(start_)));
    key_ = first.key;
    cut_.first = first.frame.at;
    const std::int64_t limit = std::max(until(end_), first.frame.at + 1);
    RV_TRY(const ShownAt last, shown_at(work_, video_->index, clock_, limit));
    // The picture shown at the end is the first that is left out, unless it is the film's last and over by then.
    const bool over = last.frame.duration > 0 && limit >= last.frame.at + last.frame.duration;
    const bool lasting = !last.next && (over || last.frame.duration == 0);
    cut_.end = lasting ? limit + 1 : last.frame.at;
    // At least the one picture that is shown at the start.
    if (*cut_.end <= *cut_.first)
      cut_.end = first.next                 ? first.next->at
                 : first.frame.duration > 0 ? first.frame.at + first.frame.duration
                                            : limit + 1;
    from_ns_ = clock_.ns_of(*cut_.first);
    to_ns_ = clock_.ns_of(*cut_.end);
    cut_.frames = std::max<std::int64_t>(scale_round(to_ns_ - from_ns_, Rational::of(1, frame_ns())), 1);
    if (!labels_.rate.zero()) {
      first_frame_ = frame_number(*cut_.first);
      end_frame_ = std::max(frame_number(*cut_.end), first_frame_ + 1);
    }
    return {};
  }

  // Of a varying rate the number that the instant has at the average.
  std::int64_t frame_number(std::int64_t ticks) const {
    return scale_round(ticks - clock_.first, clock_.tick * labels_.rate);
  }

  void find_sound() {
    from_ns_ = start_.value;
    to_ns_ = end_.value;
  }

  void set_times() {
    cut_.from_us = (from_ns_ + 500) / 1000 + clock_.file_start_us;
    cut_.to_us = (to_ns_ + 500) / 1000 + clock_.file_start_us;
    if (labels_.start && video_) cut_.label = labels_.label_of(first_frame_);
  }

  ChildResult run(std::vector<std::string> argv) const {
    ProgressReader progress;
    const auto whole = static_cast<double>(std::max<std::int64_t>((to_ns_ - from_ns_) / 1000, 1));
    ChildRequest request = work_.request(std::move(argv));
    request.limits.stall = kStall;
    request.on_stdout = [&](std::string_view bytes) {
      const bool advanced = progress.read(bytes);
      work_.progress(95 * std::clamp(static_cast<double>(progress.out_time_us()) / whole, 0.0, 1.0));
      return advanced;
    };
    return work_.run(request);
  }

  struct Made {
    std::int64_t start_us = 0;                // of its picture, or its sound
    std::optional<std::int64_t> duration_us;  // of that; nothing: not said
    std::int64_t file_start_us = 0;           // of whichever comes first
  };
  Outcome<Made> look() const {
    const ChildResult probed = work_.run_short(
        words(ffprobe_start(work_.settings().ffprobe),
              std::vector<std::string>{"-of", "json", "-show_entries",
                                       "format=start_time,duration:stream=codec_type,start_time,duration"},
              own_input_arguments(target())));
    if (!probed.ok()) return failure_of(probed, "bad-output", "The clip that was made cannot be read.");
    std::error_code error;
    const json::value document = json::parse(probed.output, error);
    if (error || !document.is_object()) return failure("bad-output", "The clip that was made cannot be read.");
    auto seconds = [](const json::object& holder, std::string_view name) -> std::optional<std::int64_t> {
      const auto* value = holder.if_contains(name);
      if (value == nullptr || !value->is_string()) return std::nullopt;
      std::string digits(value->get_string());  // always six behind the point
      std::erase(digits, '.');
      std::int64_t us = 0;
      const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), us);
      return fault == std::errc() ? std::optional(us) : std::nullopt;
    };
    const json::object& object = document.get_object();
    const auto* streams = object.if_contains("streams");
    const auto* format = object.if_contains("format");
    for (const json::value& entry : streams && streams->is_array() ? streams->get_array() : json::array{}) {
      if (!entry.is_object() || !entry.get_object().contains("codec_type")) continue;
      const json::object& stream = entry.get_object();
      if (stream.at("codec_type") != (video_ ? "video" : "audio")) continue;
      Made made{seconds(stream, "start_time").value_or(0), seconds(stream, "duration"), 0};
      made.file_start_us = made.start_us;
      if (format && format->is_object())
        made.file_start_us = seconds(format->get_object(), "start_time").value_or(made.start_us);
      if (!made.duration_us && format && format->is_object())
        made.duration_us = seconds(format->get_object(), "duration");
      return made;
    }
    return failure("bad-output", "Nothing of the file could be decoded in that range; it may be damaged there.");
  }

  Outcome<void> encode() {
    set_times();
    // A second early: sound needs what comes before it, and pictures what they are made from.
    cut_.seek_us = cut_.from_us - 1'000'000;
    const std::int64_t frame_us = frame_ns() / 1000;
    while (true) {
      const ChildResult result = run(exact_clip_command(info_, work_.settings(), cut_, work_.input(), target()));
      if (!result.ok() && (result.stop != ChildResult::Stop::none || cut_.seek_us <= 0))
        return failure_of(result, "cannot-decode", "The clip could not be made: the file is damaged in that range.");
      Outcome<Made> made = result.ok() ? look() : failure("bad-output", "");
      if (made && made->start_us <= frame_us / 2) {
        note_lead(*made);
        if (video_ && varies()) return {};  // how long its last picture stands is nowhere written
        const std::int64_t wanted = (to_ns_ - from_ns_) / 1000, got = made->duration_us.value_or(wanted);
        if (got >= wanted - wanted / 30 - 2 * frame_us - 100'000) return {};
        if (cut_.seek_us <= 0)
          return failure("truncated",
                         fmt::format("The file is damaged or cut off: of the {:.1f} seconds of this clip {:.1f} could "
                                     "be decoded.",
                                     static_cast<double>(wanted) / 1e6, static_cast<double>(got) / 1e6),
                         result.error_tail);
      }
      if (cut_.seek_us <= 0) {
        if (!made) return std::unexpected(made.error());
        return failure("cannot-decode", "The beginning of that range cannot be decoded; the file is damaged there.",
                       result.error_tail);
      }
      cut_.seek_us = 0;  // not every file can be entered in the middle
    }
  }

  // From the last picture that a decoder can begin with.
  Outcome<void> copy() {
    if (video_) {
      if (!key_)
        return failure("no-key-frame",
                       "There is no key frame at or before the start from which streams could be copied; an exact clip "
                       "can be made.");
      cut_.first = key_->at;
      from_ns_ = clock_.ns_of(key_->at);
      if (!labels_.rate.zero()) first_frame_ = frame_number(key_->at);
    }
    set_times();
    const std::int64_t from_us = from_ns_ < 0 ? -((-from_ns_ + 999) / 1000) : from_ns_ / 1000;
    const std::int64_t length_us = std::max<std::int64_t>((to_ns_ - from_ns_) / 1000, 1);
    const ChildResult result =
        run(fast_clip_command(info_, work_.settings(), format_, std::max<std::int64_t>(from_us, 0), length_us,
                              writable_label(cut_.label, info_), work_.input(), target()));
    if (!result.ok())
      return failure_of(
          result, "cannot-copy",
          "The streams of this file cannot be copied into a file of their own; an exact clip can be made.");
    RV_TRY(const Made made, look());
    note_lead(made);
    // What was really cut.
    from_ns_ += video_ ? 0 : made.start_us * 1000;
    if (made.duration_us) to_ns_ = from_ns_ + *made.duration_us * 1000;
    if (video_ && !labels_.rate.zero())
      end_frame_ = std::max(first_frame_ + scale_round(to_ns_ - from_ns_, labels_.rate * Rational{1, kSecond}),
                            first_frame_ + 1);
    return {};
  }

  void note_lead(const Made& made) { lead_ns_ = (made.start_us - made.file_start_us) * 1000; }

  // Of the source's subtitles what is shown within what was really cut.
  Outcome<void> cut_subtitles() {
    constexpr std::int64_t kMs = 1'000'000;
    json::array tracks;
    for (std::size_t i = 0; i < work_.further_inputs(); ++i) {
      // As WebVTT it may be larger than it was as it came.
      RV_TRY(const std::string bytes, work_.further_input(i, 8 * kSubtitleBytesMax));
      const auto whole = read_subtitles(bytes, "");
      if (!whole) {
        result_.note("Not all subtitles could be taken along: " + whole.error().message);
        continue;
      }
      const Subtitles part = part_of(*whole, (from_ns_ - lead_ns_ + kMs / 2) / kMs, (to_ns_ + kMs / 2) / kMs);
      if (part.cues.empty()) continue;
      const std::string file = fmt::format("subtitle-{}.vtt", i);
      if (auto written = replace_file(work_.scratch() / file, write_webvtt(part)); !written)
        return failure_of(std::move(written.error()));
      result_.add_file(file, file, "text/vtt", "subtitle");
      tracks.push_back(json::object{{"file", file},
                                    {"input", i},
                                    {"format", part.format},
                                    {"encoding", part.encoding},
                                    {"cueCount", part.cues.size()},
                                    {"endMs", part.end_ms()}});
    }
    result_.properties()["subtitles"] = std::move(tracks);
    return {};
  }

  void describe() {
    const bool labelled = video_ && !labels_.rate.zero();
    json::object& out = result_.properties();
    out["mode"] = exact_ ? "exact" : "fast";
    out["startTimecode"] = labelled ? labels_.label_of(first_frame_).text() : Elapsed{from_ns_}.text();
    out["endTimecode"] = labelled ? labels_.label_of(end_frame_).text() : Elapsed{to_ns_}.text();
    out["startMs"] = Elapsed{from_ns_}.milliseconds();
    out["endMs"] = Elapsed{to_ns_}.milliseconds();
    if (cut_.label) out["firstLabel"] = cut_.label->text();
  }

  const Work& work_;
  MediaInfo info_;
  FrameLabels labels_;
  ClipPoint start_, end_;
  bool exact_;
  const Stream* video_;  // of info_
  ClipFormat format_;
  StreamClock clock_;
  Cut cut_;
  std::optional<FrameTime> key_;
  std::int64_t from_ns_ = 0, to_ns_ = 0;  // elapsed
  std::int64_t lead_ns_ = 0;              // how long before its first picture the clip begins
  std::int64_t first_frame_ = 0, end_frame_ = 0;
  StepResult result_;
};

}  // namespace

Outcome<json::object> clip_step(const Work& work) {
  RV_TRY(MediaInfo info, known_or_probed(work));
  const auto* start = work.given().if_contains("start");
  const auto* end = work.given().if_contains("end");
  const auto* mode = work.given().if_contains("mode");
  const auto first = start ? clip_point_from(*start) : std::nullopt, last = end ? clip_point_from(*end) : std::nullopt;
  if (!first || !last) return failure("bad-job", "The job does not say what is to be cut.");
  return Clip(work, std::move(info), *first, *last, !(mode && *mode == "fast")).make();
}

}  // namespace reelvault::media
