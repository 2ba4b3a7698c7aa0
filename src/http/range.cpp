#include "http/range.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

namespace reelvault::http {
namespace {

// Digits only. A number too large for 64 bits is a position past every end.
std::optional<std::uint64_t> position(std::string_view text) {
  if (text.empty()) return std::nullopt;
  for (char c : text)
    if (c < '0' || c > '9') return std::nullopt;
  std::uint64_t out = 0;
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault == std::errc::result_out_of_range) return UINT64_MAX;
  return out;
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t size) {
  RangeRequest out;
  auto equals = header.find('=');
  if (equals == std::string_view::npos || !iequals(trim(header.substr(0, equals)), "bytes")) return out;
  std::string_view rest = header.substr(equals + 1);
  std::size_t specs = 0;
  for (bool more = true; more;) {
    auto comma = rest.find(',');
    more = comma != std::string_view::npos;
    std::string_view spec = trim(rest.substr(0, comma));
    if (more) rest = rest.substr(comma + 1);
    if (spec.empty()) continue;  // lists may have empty elements
    if (++specs > kMaxRanges) return {};
    auto dash = spec.find('-');
    if (dash == std::string_view::npos) return {};
    std::string_view first_text = spec.substr(0, dash), last_text = spec.substr(dash + 1);
    if (first_text.empty()) {
      auto suffix = position(last_text);
      if (!suffix) return {};
      if (*suffix == 0 || size == 0) continue;
      std::uint64_t length = std::min(*suffix, size);
      out.ranges.push_back({size - length, length});
      continue;
    }
    auto first = position(first_text);
    auto last = last_text.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : position(last_text);
    if (!first || !last || *last < *first) return {};
    if (*first >= size) continue;
    out.ranges.push_back({*first, std::min(*last, size - 1) - *first + 1});
  }
  if (specs == 0) return {};
  if (out.ranges.empty()) {
    out.kind = RangeRequest::Kind::unsatisfiable;
    return out;
  }
  std::vector<ByteRange> sorted = out.ranges;
  std::ranges::sort(sorted, {}, &ByteRange::first);
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (sorted[i].first < sorted[i - 1].first + sorted[i - 1].length) return {};
  out.kind = RangeRequest::Kind::satisfiable;
  return out;
}

}  // namespace reelvault::http
