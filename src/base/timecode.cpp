#include "base/timecode.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace reelvault {
namespace {

constexpr std::int64_t kNanoseconds = 1'000'000'000;
constexpr std::int64_t kSecondsMax = 100 * 3600;  // what two digits of hours can say

// "12:34:56?…": the three numbers, and what stands behind them.
struct Clock {
  std::array<std::int64_t, 3> numbers{};
  char separator = 0;
  std::string_view rest;
};

std::optional<std::int64_t> digits(std::string_view text) {
  std::int64_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::optional<Clock> clock_of(std::string_view text) {
  if (text.size() < 10 || text[2] != ':' || text[5] != ':') return std::nullopt;
  Clock clock{{}, text[8], text.substr(9)};
  for (std::size_t i = 0; i < 3; ++i) {
    auto number = digits(text.substr(3 * i, 2));
    if (!number) return std::nullopt;
    clock.numbers[i] = *number;
  }
  return clock;
}

// How many numbers each minute leaves out, but every tenth.
std::int64_t dropped_a_minute(Rational rate) { return frame_numbers(rate) / 15; }

std::int64_t frames_a_day(Rational rate, bool drop) {
  const std::int64_t numbers = frame_numbers(rate);
  return 24 * (3600 * numbers - (drop ? 54 * dropped_a_minute(rate) : 0));
}

constexpr std::string_view kForms =
    "must be a timecode: HH:MM:SS:FF, HH:MM:SS;FF (drop frame), HH:MM:SS.mmm, or a number of seconds";

}  // namespace

std::optional<Label> Label::parse(std::string_view text) {
  auto clock = clock_of(text);
  if (!clock || !std::string_view(":;.").contains(clock->separator)) return std::nullopt;
  // Behind a point three digits are milliseconds.
  const bool three = clock->rest.size() == 3 && clock->separator != '.';
  if (clock->rest.size() != 2 && !three) return std::nullopt;
  auto frames = digits(clock->rest);
  if (!frames) return std::nullopt;
  return Label{clock->numbers[0], clock->numbers[1], clock->numbers[2], *frames, clock->separator != ':'};
}

std::string Label::text() const {
  return fmt::format("{:02}:{:02}:{:02}{}{:02}", hours, minutes, seconds, drop ? ';' : ':', frames);
}

std::int64_t frame_numbers(Rational rate) {
  return rate.numerator <= 0 ? 0 : (rate.numerator - 1) / rate.denominator + 1;
}

bool may_drop(Rational rate) { return rate == Rational{30000, 1001} || rate == Rational{60000, 1001}; }

OrFault<std::int64_t> frame_of(const Label& label, Rational rate) {
  const std::int64_t numbers = frame_numbers(rate);
  if (numbers == 0) return std::unexpected("must be HH:MM:SS.mmm or a number of seconds: this has no frames to count");
  if (label.minutes > 59 || label.seconds > 59) return std::unexpected("must have minutes and seconds below 60");
  if (label.frames >= numbers)
    return std::unexpected(fmt::format("must have a frame number below {}: there are so many in a second", numbers));
  const std::int64_t minutes = 60 * label.hours + label.minutes;
  const std::int64_t frame = numbers * (60 * minutes + label.seconds) + label.frames;
  if (!label.drop) return frame;
  if (!may_drop(rate)) return std::unexpected("must not be drop frame, which there is at 29.97 and 59.94 only");
  const std::int64_t dropped = dropped_a_minute(rate);
  if (label.seconds == 0 && label.minutes % 10 != 0 && label.frames < dropped)
    return std::unexpected("names a frame that does not exist in drop frame");
  return frame - dropped * (minutes - minutes / 10);
}

Label label_of(std::int64_t frame, Rational rate, bool drop) {
  const std::int64_t numbers = frame_numbers(rate);
  if (numbers == 0) return {};
  drop = drop && may_drop(rate);
  const std::int64_t day = frames_a_day(rate, drop);
  frame = (frame % day + day) % day;
  if (drop) {
    const std::int64_t dropped = dropped_a_minute(rate);
    const std::int64_t ten_minutes = 600 * numbers - 9 * dropped, minute = 60 * numbers - dropped;
    const std::int64_t tens = frame / ten_minutes, rest = frame % ten_minutes;
    // The first minute of ten is whole.
    const std::int64_t begun = rest < 60 * numbers ? 0 : 1 + (rest - 60 * numbers) / minute;
    frame += dropped * (9 * tens + begun);
  }
  const std::int64_t seconds = frame / numbers;
  return {seconds / 3600, seconds / 60 % 60, seconds % 60, frame % numbers, drop};
}

FrameLabels FrameLabels::of(const std::optional<std::string>& rate, const std::optional<std::string>& start) {
  FrameLabels labels;
  if (rate) labels.rate = Rational::parse(*rate).value_or(Rational{});
  if (labels.rate.numerator <= 0) labels.rate = {};
  auto label = start ? Label::parse(*start) : std::nullopt;
  // One that no such file can have is no place to count from.
  if (label && reelvault::frame_of(*label, labels.rate)) labels.start = label;
  return labels;
}

OrFault<std::int64_t> FrameLabels::frame_of(const Label& label) const {
  auto frame = reelvault::frame_of(label, rate);
  if (!frame || !start) return frame;
  if (label.drop != start->drop)
    return std::unexpected(fmt::format("must be written as this file counts, from {}: {}", start->text(),
                                       start->drop ? "in drop frame, with a semicolon" : "with a colon"));
  std::int64_t index = *frame - *reelvault::frame_of(*start, rate);
  return index < 0 ? index + frames_a_day(rate, label.drop) : index;
}

Label FrameLabels::label_of(std::int64_t frame) const {
  const bool drop = start && start->drop;
  const std::int64_t first = start ? reelvault::frame_of(*start, rate).value_or(0) : 0;
  return reelvault::label_of(first + frame, rate, drop);
}

std::int64_t Elapsed::milliseconds() const { return ns <= 0 ? ns / 1'000'000 : (ns - 1) / 1'000'000 + 1; }

std::string Elapsed::text() const {
  const std::int64_t ms = ns / 1'000'000, seconds = ms / 1000;
  return fmt::format("{:02}:{:02}:{:02}.{:03}", seconds / 3600, seconds / 60 % 60, seconds % 60, ms % 1000);
}

Elapsed elapsed_at(std::int64_t frame, Rational rate) {
  if (rate.zero()) return {};
  return {scale_round(frame, Rational{rate.denominator, rate.numerator} * Rational{kNanoseconds, 1})};
}

OrFault<TimePoint> parse_time_point(const boost::json::value& given) {
  if (given.is_number()) {
    const auto seconds = given.to_number<double>();
    if (!(seconds >= 0)) return std::unexpected("must not be negative");
    if (seconds > kSecondsMax) return std::unexpected(fmt::format("must be at most {} seconds", kSecondsMax));
    return Elapsed{std::llround(seconds * kNanoseconds)};
  }
  if (!given.is_string()) return std::unexpected(std::string(kForms));
  const std::string_view text = given.get_string();
  if (text.starts_with('-')) return std::unexpected("must not be negative");
  auto clock = clock_of(text);
  if (!clock) return std::unexpected(std::string(kForms));
  if (clock->separator == '.' && clock->rest.size() == 3) {
    auto ms = digits(clock->rest);
    if (!ms) return std::unexpected(std::string(kForms));
    const auto [hours, minutes, seconds] = clock->numbers;
    if (minutes > 59 || seconds > 59) return std::unexpected("must have minutes and seconds below 60");
    return Elapsed{(3600 * hours + 60 * minutes + seconds) * kNanoseconds + *ms * 1'000'000};
  }
  auto label = Label::parse(text);
  // "12:34:56.78" could be either.
  if (!label || clock->separator == '.') return std::unexpected(std::string(kForms));
  return *label;
}

}  // namespace reelvault
