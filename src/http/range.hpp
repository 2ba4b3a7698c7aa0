// The Range header of RFC 9110, section 14. Pure: bytes of text in, ranges out.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace reelvault::http {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;  // never 0
  bool operator==(const ByteRange&) const = default;
};

struct RangeRequest {
  // ignored: another unit, bad syntax, or a set that a hostile client would send; the whole representation answers.
  enum class Kind { ignored, satisfiable, unsatisfiable };
  Kind kind = Kind::ignored;
  std::vector<ByteRange> ranges;  // in the order asked; clamped to the size
};

inline constexpr std::size_t kMaxRanges = 16;

// Ranges that lie wholly past the end are left out of a set; a set of none is unsatisfiable. More than kMaxRanges, or
// ranges that overlap, are ignored.
RangeRequest parse_range(std::string_view header, std::uint64_t size);

}  // namespace reelvault::http
