// Timecodes. A frame is an index, a label is its name: HH:MM:SS:FF, or HH:MM:SS;FF in drop frame, where numbers (never
// frames) are left out so that labels keep step with the clock. Values only, no floating seconds. Pure.
#pragma once
#include "base/rational.hpp"

#include <boost/json/value.hpp>

#include <expected>
#include <string>
#include <variant>

namespace reelvault {

struct Label {
  std::int64_t hours = 0, minutes = 0, seconds = 0, frames = 0;
  bool drop = false;
  // By its shape alone; ";" and "." before the frames both mean drop frame. Beyond 100 frames a second their number
  // may have three digits.
  static std::optional<Label> parse(std::string_view text);
  std::string text() const;  // "01:00:00;02"
  bool operator==(const Label&) const = default;
};

// How many numbers a second has: 30 at 30000/1001.
std::int64_t frame_numbers(Rational rate);
// Whether there is drop frame at this rate: at 29.97 and 59.94 alone.
bool may_drop(Rational rate);

// What is wrong, in words that fit behind the name of a field: "must …", "is …".
template <class T>
using OrFault = std::expected<T, std::string>;

// Frames since 00:00:00:00; a label that does not exist is a fault. Hours go on beyond 23.
OrFault<std::int64_t> frame_of(const Label& label, Rational rate);
// Begins anew after 24 hours.
Label label_of(std::int64_t frame, Rational rate, bool drop);

// How the frames of one file are named. Frame 0 is its first picture.
struct FrameLabels {
  Rational rate;               // zero: it has no frames, and nothing of it has a label
  std::optional<Label> start;  // of frame 0; a file that does not say begins at 00:00:00:00, and drops nothing
  // From what an asset says of itself.
  static FrameLabels of(const std::optional<std::string>& rate, const std::optional<std::string>& start);

  // The index of a frame. Labels that come before the first one are of the day after it.
  OrFault<std::int64_t> frame_of(const Label& label) const;
  Label label_of(std::int64_t frame) const;
};

// An instant, after the file's beginning.
struct Elapsed {
  std::int64_t ns = 0;
  std::int64_t milliseconds() const;  // upwards: the frame that begins at the instant is shown at it
  std::string text() const;           // "00:01:02.345", downwards
  bool operator==(const Elapsed&) const = default;
};
// When frame `index` begins, at a constant rate.
Elapsed elapsed_at(std::int64_t frame, Rational rate);

// A timecode of a request: a label, HH:MM:SS.mmm, or a number of seconds.
using TimePoint = std::variant<Label, Elapsed>;
OrFault<TimePoint> parse_time_point(const boost::json::value& given);

}  // namespace reelvault
