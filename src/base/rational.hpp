// Time is rational: frame rates and time bases are fractions of integers, never floating seconds.
#pragma once
#include <cstdint>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault {

struct Rational {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;  // always positive

  static Rational of(std::int64_t numerator, std::int64_t denominator);  // reduced; denominator 0 gives 0/1
  static std::optional<Rational> parse(std::string_view text);           // "30000/1001", "25", "16:9"
  std::string text() const;                                              // "30000/1001"
  double value() const { return static_cast<double>(numerator) / static_cast<double>(denominator); }
  bool zero() const { return numerator == 0; }
  bool operator==(const Rational&) const = default;
};

Rational operator*(Rational a, Rational b);
// floor(value * by), computed in 128 bits.
std::int64_t scale_floor(std::int64_t value, Rational by);
std::int64_t scale_round(std::int64_t value, Rational by);

}  // namespace reelvault
