#include "base/language_tag.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <set>
#include <vector>

namespace reelvault {
namespace {

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool letters(std::string_view part) { return std::ranges::all_of(part, letter); }
bool digits(std::string_view part) { return std::ranges::all_of(part, digit); }
bool alphanumeric(std::string_view part) {
  return std::ranges::all_of(part, [](char c) { return letter(c) || digit(c); });
}

}  // namespace

std::optional<std::string> language_tag(std::string_view text) {
  if (text.empty() || text.size() > 35) return std::nullopt;
  const std::vector<std::string_view> parts = split(text, '-');
  for (std::string_view part : parts)
    if (part.empty() || part.size() > 8 || !alphanumeric(part)) return std::nullopt;
  std::size_t at = 0;
  std::string out;
  auto take = [&](std::string part) {
    if (!out.empty()) out += '-';
    out += part;
    ++at;
  };
  auto more = [&] { return at < parts.size(); };

  if (!iequals(parts[0], "x")) {
    if (!letters(parts[0]) || parts[0].size() < 2) return std::nullopt;
    const bool may_extend = parts[0].size() <= 3;
    take(lower_ascii(parts[0]));
    for (int extensions = 0; may_extend && extensions < 3 && more() && parts[at].size() == 3 && letters(parts[at]);
         ++extensions)
      take(lower_ascii(parts[at]));
    if (more() && parts[at].size() == 4 && letters(parts[at])) {
      std::string script = lower_ascii(parts[at]);
      script[0] = static_cast<char>(script[0] - 'a' + 'A');
      take(std::move(script));
    }
    if (more() && ((parts[at].size() == 2 && letters(parts[at])) || (parts[at].size() == 3 && digits(parts[at])))) {
      std::string region(parts[at]);
      std::ranges::transform(region, region.begin(),
                             [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
      take(std::move(region));
    }
    std::set<std::string> variants, singletons;
    while (more() && (parts[at].size() >= 5 || (parts[at].size() == 4 && digit(parts[at][0])))) {
      if (!variants.insert(lower_ascii(parts[at])).second) return std::nullopt;
      take(lower_ascii(parts[at]));
    }
    while (more() && parts[at].size() == 1 && !iequals(parts[at], "x")) {
      if (!singletons.insert(lower_ascii(parts[at])).second) return std::nullopt;
      take(lower_ascii(parts[at]));
      const std::size_t from = at;
      while (more() && parts[at].size() >= 2) take(lower_ascii(parts[at]));
      if (at == from) return std::nullopt;
    }
  }
  if (more() && iequals(parts[at], "x")) {
    take("x");
    if (!more()) return std::nullopt;
    while (more()) take(lower_ascii(parts[at]));
  }
  if (more()) return std::nullopt;
  return out;
}

}  // namespace reelvault
