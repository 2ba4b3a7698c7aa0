#include "base/time.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace reelvault {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::milliseconds;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// What four digits of a year can say; a stored instant outside is written as the nearest.
constexpr Timestamp kFirst{milliseconds(-62167219200000)};  // 0000-01-01T00:00:00.000Z
constexpr Timestamp kLast{milliseconds(253402300799999)};   // 9999-12-31T23:59:59.999Z

struct Parts {
  int year, month, day, hour, minute, second, ms;
  unsigned weekday;
};

Parts parts_of(Timestamp time) {
  time = std::clamp(time, kFirst, kLast);
  auto day = floor<days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count()),
          std::chrono::weekday(day).c_encoding()};
}

// Reads a text from the left; once something does not fit, nothing after it does.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (text_.empty() || text_[0] < '0' || text_[0] > '9') return fail();
      value = value * 10 + (text_[0] - '0');
      text_.remove_prefix(1);
    }
    return value;
  }
  bool take(std::string_view wanted) {
    if (!text_.starts_with(wanted)) return false;
    text_.remove_prefix(wanted.size());
    return true;
  }
  void expect(std::string_view wanted) {
    if (!take(wanted)) fail();
  }
  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& words) {
    for (std::size_t i = 0; i < N; ++i) {
      if (take(words[i])) return static_cast<int>(i);
    }
    return fail();
  }
  bool at_digit() const { return !text_.empty() && text_[0] >= '0' && text_[0] <= '9'; }
  bool done() const { return good_ && text_.empty(); }

 private:
  int fail() {
    good_ = false;
    text_ = {};
    return 0;
  }
  std::string_view text_;
  bool good_ = true;
};

std::optional<Timestamp> instant(int year, int month, int day, int hour, int minute, int second, int ms) {
  std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                   std::chrono::day(static_cast<unsigned>(day))};
  // 60 is a leap second, which Unix time counts as the second after.
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + milliseconds(ms);
}

}  // namespace

Timestamp now() { return floor<milliseconds>(std::chrono::system_clock::now()); }

std::string rfc3339(Timestamp time) {
  Parts p = parts_of(time);
  char buffer[64];
  int size = std::snprintf(buffer, sizeof buffer, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", p.year, p.month, p.day, p.hour,
                           p.minute, p.second, p.ms);
  return {buffer, static_cast<std::size_t>(size)};
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Reader reader(text);
  int year = reader.digits(4);
  reader.expect("-");
  int month = reader.digits(2);
  reader.expect("-");
  int day = reader.digits(2);
  if (!reader.take("T") && !reader.take("t")) reader.expect(" ");
  int hour = reader.digits(2);
  reader.expect(":");
  int minute = reader.digits(2);
  reader.expect(":");
  int second = reader.digits(2);
  int ms = 0;
  if (reader.take(".")) {
    int unit = 100;
    if (!reader.at_digit()) return std::nullopt;
    while (reader.at_digit()) {
      ms += unit * reader.digits(1);
      unit /= 10;
    }
  }
  std::chrono::minutes offset{0};
  if (!reader.take("Z") && !reader.take("z")) {
    int sign = reader.take("-") ? -1 : 1;
    if (sign == 1) reader.expect("+");
    int hours = reader.digits(2);
    reader.expect(":");
    int minutes = reader.digits(2);
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = std::chrono::minutes(sign * (hours * 60 + minutes));
  }
  if (!reader.done()) return std::nullopt;
  auto local = instant(year, month, day, hour, minute, second, ms);
  if (!local) return std::nullopt;
  return *local - offset;
}

std::string http_date(Timestamp time) {
  Parts p = parts_of(time);
  char buffer[64];
  int size = std::snprintf(buffer, sizeof buffer, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[p.weekday].data(), p.day,
                           kMonths[static_cast<std::size_t>(p.month - 1)].data(), p.year, p.hour, p.minute, p.second);
  return {buffer, static_cast<std::size_t>(size)};
}

std::optional<Timestamp> parse_http_date(std::string_view text) {
  Reader reader(text);
  reader.one_of(kDays);
  reader.expect(", ");
  int day = reader.digits(2);
  reader.expect(" ");
  int month = reader.one_of(kMonths) + 1;
  reader.expect(" ");
  int year = reader.digits(4);
  reader.expect(" ");
  int hour = reader.digits(2);
  reader.expect(":");
  int minute = reader.digits(2);
  reader.expect(":");
  int second = reader.digits(2);
  reader.expect(" GMT");
  if (!reader.done()) return std::nullopt;
  return instant(year, month, day, hour, minute, second, 0);
}

}  // namespace reelvault
