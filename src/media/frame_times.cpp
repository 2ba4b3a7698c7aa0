#include "media/frame_times.hpp"

#include "base/text.hpp"
#include "media/ffmpeg_command.hpp"

namespace reelvault::media {
namespace {

namespace json = boost::json;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTimeMax = 1ll << 52;  // beyond it is nonsense

// ffprobe writes some numbers as numbers and some as text.
std::optional<std::int64_t> number_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  std::int64_t number = 0;
  if (value->is_int64()) {
    number = value->get_int64();
  } else {
    if (!value->is_string()) return std::nullopt;
    const std::string_view text = value->get_string();
    const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (fault != std::errc() || end != text.data() + text.size()) return std::nullopt;
  }
  if (number < -kTimeMax || number > kTimeMax) return std::nullopt;
  return number;
}

const json::array* list_at(const json::value& document, std::string_view name) {
  const auto* object = document.if_object();
  const auto* value = object ? object->if_contains(name) : nullptr;
  return value ? value->if_array() : nullptr;
}

Rational rational_at(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  auto parsed = value && value->is_string() ? Rational::parse(std::string_view(value->get_string())) : std::nullopt;
  const bool sane = parsed && parsed->numerator > 0 && parsed->numerator <= kSecond && parsed->denominator <= kSecond;
  return sane ? *parsed : Rational{};
}

std::string seconds_text(std::int64_t ns) {
  const std::int64_t us = ns / 1000;
  return fmt::format("{}.{:06}", us / 1'000'000, us % 1'000'000);
}

}  // namespace

std::vector<FrameTime> read_frame_times(std::string_view text) {
  std::vector<FrameTime> frames;
  std::error_code error;
  const json::value document = json::parse(repair_utf8(text), error);
  const auto* list = error ? nullptr : list_at(document, "frames");
  if (list == nullptr) return frames;
  for (const json::value& entry : *list) {
    const auto* frame = entry.if_object();
    const auto at = frame ? number_at(*frame, "best_effort_timestamp") : std::nullopt;
    if (at) frames.push_back({*at, number_at(*frame, "pkt_duration").value_or(0), number_at(*frame, "key_frame") == 1});
  }
  std::ranges::sort(frames, {}, &FrameTime::at);
  return frames;
}

std::int64_t StreamClock::ns_of(std::int64_t ticks) const {
  return scale_round(ticks, tick * Rational{kSecond, 1}) - file_start_us * 1000;
}
std::int64_t StreamClock::ticks_of(std::int64_t ns) const { return ticks(ns + file_start_us * 1000); }
std::int64_t StreamClock::ticks(std::int64_t duration_ns) const {
  return scale_floor(duration_ns, Rational{tick.denominator, tick.numerator} * Rational{1, kSecond});
}

Outcome<StreamClock> clock_of(const Work& work, std::int64_t stream) {
  const ChildResult result = work.run_short(words(
      ffprobe_start(work.settings().ffprobe),
      std::vector<std::string>{"-of", "json", "-show_entries", "format=start_time:stream=index,time_base,start_pts"},
      input_arguments(work.input())));
  if (!result.ok()) return failure_of(result, "cannot-decode", "This file cannot be read: its content is damaged.");
  std::error_code error;
  const json::value document = json::parse(repair_utf8(result.output), error);
  StreamClock clock;
  const auto* streams = error ? nullptr : list_at(document, "streams");
  bool dated = false;
  for (const json::value& entry : streams ? *streams : json::array{}) {
    const auto* found = entry.if_object();
    if (found == nullptr || number_at(*found, "index") != stream) continue;
    clock.tick = rational_at(*found, "time_base");
    dated = number_at(*found, "start_pts").has_value();
    clock.first = number_at(*found, "start_pts").value_or(0);
  }
  if (clock.tick.zero()) return failure("cannot-decode", "This file does not say how it counts time.");
  const auto* object = document.if_object();
  const auto* format = object && object->if_contains("format") ? object->at("format").if_object() : nullptr;
  if (const auto* start = format ? format->if_contains("start_time") : nullptr; start && start->is_string()) {
    // "1.433333", "-0.021333"
    std::string digits(start->get_string());
    std::erase(digits, '.');
    std::int64_t us = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), us);
    if (fault == std::errc() && end == digits.data() + digits.size() && std::abs(us) < kTimeMax)
      clock.file_start_us = us;
  }
  if (!dated) clock.first = clock.ticks_of(0);
  return clock;
}

Outcome<ShownAt> shown_at(const Work& work, std::int64_t stream, const StreamClock& clock, std::int64_t until) {
  const std::int64_t raw_ns = clock.ns_of(until) + clock.file_start_us * 1000;
  // A picture may stand for long, and a seek may land behind what was asked for.
  for (const std::int64_t back : {kSecond / 2, 10 * kSecond, 60 * kSecond, std::int64_t{-1}}) {
    // Pictures come in the order of decoding: what is shown before the instant may be stored after it.
    const std::string end = seconds_text(std::max<std::int64_t>(raw_ns, 0) + 2 * kSecond);
    const bool from_start = back < 0 || raw_ns - back <= 0;
    const std::string interval = from_start ? "%" + end : seconds_text(raw_ns - back) + "%" + end;
    const ChildResult result = work.run_short(
        words(ffprobe_start(work.settings().ffprobe),
              std::vector<std::string>{"-select_streams", std::to_string(stream), "-show_frames", "-show_entries",
                                       "frame=key_frame,best_effort_timestamp,pkt_duration", "-of", "json=c=1",
                                       "-read_intervals", interval},
              input_arguments(work.input())));
    if (result.stop != ChildResult::Stop::none) return failure_of(result, "", "");
    const auto frames = read_frame_times(result.output);
    ShownAt shown;
    const auto after = std::ranges::upper_bound(frames, until, {}, &FrameTime::at);
    if (after != frames.begin()) {
      shown.frame = *std::prev(after);
      if (after != frames.end()) shown.next = *after;
      for (auto frame = frames.begin(); frame != after; ++frame)
        if (frame->key) shown.key = *frame;
      return shown;
    }
    if (from_start && !frames.empty()) {
      shown.frame = frames.front();
      if (frames.size() > 1) shown.next = frames[1];
      if (frames.front().key) shown.key = frames.front();
      return shown;
    }
    if (from_start && result.ok())
      return failure("no-times",
                     "This file does not say when its pictures are shown, so that it cannot be cut by time. Put into "
                     "another container it can.");
    if (from_start)
      return failure_of(result, "cannot-decode",
                        "No picture of this film can be found at that time; it may be damaged there.");
  }
  return failure("cannot-decode", "No picture of this film can be found at that time; it may be damaged there.");
}

}  // namespace reelvault::media
