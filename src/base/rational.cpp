#include "base/rational.hpp"

#include <charconv>
#include <limits>

namespace reelvault {
namespace {

using Wide = __int128;
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

Wide common_divisor(Wide a, Wide b) {
  while (b != 0) {
    Wide rest = a % b;
    a = b;
    b = rest;
  }
  return a < 0 ? -a : a;
}

// A fraction too fine for 64 bits loses its lowest bits, which keeps its value to 1 part in 2^62.
Rational reduce(Wide numerator, Wide denominator) {
  if (denominator == 0) return {};
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  Wide divisor = common_divisor(numerator, denominator);
  numerator /= divisor;
  denominator /= divisor;
  while (numerator > kMax || numerator < -Wide{kMax} || denominator > kMax) {
    numerator /= 2;
    denominator = denominator / 2 == 0 ? 1 : denominator / 2;
    if (denominator == 1) break;
  }
  return {numerator > kMax   ? kMax
          : numerator < kMin ? kMin
                             : static_cast<std::int64_t>(numerator),
          static_cast<std::int64_t>(denominator)};
}

struct Division {
  Wide quotient;
  Wide rest;  // 0 <= rest < denominator
};

Division divide_floor(std::int64_t value, Rational by) {
  Wide product = Wide{value} * by.numerator;
  Wide quotient = product / by.denominator;
  Wide rest = product % by.denominator;
  if (rest < 0) {
    quotient -= 1;
    rest += by.denominator;
  }
  return {quotient, rest};
}

std::int64_t saturate(Wide value) {
  return static_cast<std::int64_t>(value > kMax ? kMax : value < kMin ? kMin : value);
}

}  // namespace

Rational Rational::of(std::int64_t numerator, std::int64_t denominator) { return reduce(numerator, denominator); }

std::optional<Rational> Rational::parse(std::string_view text) {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;
  const char* end = text.data() + text.size();
  auto [after, error] = std::from_chars(text.data(), end, numerator);
  if (error != std::errc{}) return std::nullopt;
  if (after != end) {
    if (*after != '/' && *after != ':') return std::nullopt;
    auto [last, second_error] = std::from_chars(after + 1, end, denominator);
    if (second_error != std::errc{} || last != end) return std::nullopt;
  }
  return of(numerator, denominator);
}

std::string Rational::text() const { return std::to_string(numerator) + "/" + std::to_string(denominator); }

Rational operator*(Rational a, Rational b) {
  // Crosswise reduction first, so that the products are as small as they can be.
  Rational left = Rational::of(a.numerator, b.denominator);
  Rational right = Rational::of(b.numerator, a.denominator);
  return reduce(Wide{left.numerator} * right.numerator, Wide{left.denominator} * right.denominator);
}

std::int64_t scale_floor(std::int64_t value, Rational by) { return saturate(divide_floor(value, by).quotient); }

std::int64_t scale_round(std::int64_t value, Rational by) {
  Division division = divide_floor(value, by);
  return saturate(division.quotient + (division.rest * 2 >= by.denominator ? 1 : 0));
}

}  // namespace reelvault
