#include "base/text.hpp"

#include "base/name_characters.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace reelvault {

bool unwanted_in_names(std::int32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

bool visible(std::int32_t c) {
  switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS: return false;
    default: return c != 0x115F && c != 0x1160 && c != 0x3164 && c != 0xFFA0 && c != 0x2800;  // letters that are blank
  }
}
namespace {

constexpr std::size_t kNameBytes = 255;      // of ext4, XFS, APFS and NTFS alike
constexpr std::size_t kExtensionBytes = 32;  // more than that after the last dot is no extension

bool all_ascii(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

struct CodePoint {
  utf8proc_int32_t value = -1;  // negative: not UTF-8
  std::size_t bytes = 1;
};

// Of a text that is not empty.
CodePoint first_code_point(std::string_view text) {
  CodePoint point;
  auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                static_cast<utf8proc_ssize_t>(text.size()), &point.value);
  if (bytes <= 0) return {};
  point.bytes = static_cast<std::size_t>(bytes);
  return point;
}

std::string map_utf8(std::string_view text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &mapped, static_cast<utf8proc_option_t>(options));
  if (size < 0) return std::string(text);
  std::string out(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
  std::free(mapped);
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string without_unwanted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    CodePoint point = first_code_point(text);
    if (!unwanted_in_names(point.value)) out.append(text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string_view without_trailing_dots(std::string_view name) {
  while (name.ends_with('.') || name.ends_with(' ')) name.remove_suffix(1);
  return name;
}

std::string_view last_part(std::string_view key) {
  while (key.ends_with('/')) key.remove_suffix(1);
  return key.substr(key.find_last_of('/') + 1);
}

std::string_view base_name(std::string_view path) {
  while (path.ends_with('/') || path.ends_with('\\')) path.remove_suffix(1);
  if (auto slash = path.find_last_of("/\\"); slash != std::string_view::npos) path.remove_prefix(slash + 1);
  while (path.size() >= 2 && path[1] == ':' && is_letter(path[0])) path.remove_prefix(2);
  return path;
}

// At most `limit` bytes, cut between what a reader sees as characters; one that is larger than all of the limit (a
// letter with a hundred accents) is cut between code points.
std::string_view cut_at_character(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t at = 0;
  std::size_t last_break = 0;
  utf8proc_int32_t before = -1;
  utf8proc_int32_t state = 0;
  while (at < text.size()) {
    CodePoint point = first_code_point(text.substr(at));
    if (before < 0 || utf8proc_grapheme_break_stateful(before, point.value, &state)) last_break = at;
    if (at + point.bytes > limit) break;
    before = point.value;
    at += point.bytes;
  }
  return text.substr(0, last_break > 0 ? last_break : at);
}

// Endings that are one extension together with what may stand before them.
struct DoubleExtension {
  std::string_view before, last;  // "tar", "gz"
};
constexpr auto kDoubleExtensions = std::to_array<DoubleExtension>({
    {"tar", "br"},
    {"tar", "bz2"},
    {"tar", "gz"},
    {"tar", "lz"},
    {"tar", "lz4"},
    {"tar", "lzma"},
    {"tar", "xz"},
    {"tar", "z"},
    {"tar", "zst"},
    {"ome", "tif"},
    {"ome", "tiff"},
    {"nii", "gz"},
    {"warc", "gz"},
});

// "clip.mov" -> "clip", ".mov"; "a.tar.gz" -> "a", ".tar.gz"; a leading dot is not the start of an extension.
std::pair<std::string_view, std::string_view> split_extension(std::string_view name) {
  auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > kExtensionBytes) return {name, {}};
  const auto before = name.rfind('.', dot - 1);
  if (before != std::string_view::npos && before != 0 &&
      std::ranges::any_of(kDoubleExtensions, [&](const DoubleExtension& both) {
        return iequals(name.substr(before + 1, dot - before - 1), both.before) &&
               iequals(name.substr(dot + 1), both.last);
      }))
    dot = before;
  return {name.substr(0, dot), name.substr(dot)};
}

// stem + addition + extension, the stem shortened until it fits.
std::string fitted(std::string_view stem, std::string_view addition, std::string_view extension) {
  std::string out(cut_at_character(stem, kNameBytes - addition.size() - extension.size()));
  out += addition;
  out += extension;
  return out;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

bool valid_utf8(std::string_view text) {
  while (!text.empty()) {
    // Most text is ASCII: eight characters at a time.
    std::uint64_t word = 0;
    while (text.size() >= sizeof word && (std::memcpy(&word, text.data(), sizeof word), word & 0x8080808080808080) == 0)
      text.remove_prefix(sizeof word);
    if (text.empty()) break;
    if (static_cast<unsigned char>(text.front()) < 0x80) {
      text.remove_prefix(1);
      continue;
    }
    CodePoint point = first_code_point(text);
    if (point.value < 0) return false;
    text.remove_prefix(point.bytes);
  }
  return true;
}

std::string repair_utf8(std::string_view text) {
  if (valid_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    CodePoint point = first_code_point(text);
    out.append(point.value < 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, point.bytes));
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string nfc(std::string_view utf8) {
  if (all_ascii(utf8)) return std::string(utf8);
  return map_utf8(utf8, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::string fold_case(std::string_view utf8) {
  if (all_ascii(utf8)) return lower_ascii(utf8);
  return map_utf8(utf8, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

std::string name_sort_key(std::string_view name) {
  std::string folded = fold_case(name);
  std::string key;
  key.reserve(folded.size() + 8);
  for (std::size_t at = 0; at < folded.size();) {
    if (!is_digit(folded[at])) {
      key += folded[at++];
      continue;
    }
    // A number is '0' (numbers stand where digits do among other characters), its count of digits without leading
    // zeros, then these. The count is written in printable characters, since the key is a text column: ' ' for none,
    // up to '}' for 93, '~' for 93 and more to come.
    std::size_t end = std::min(folded.find_first_not_of("0123456789", at), folded.size());
    std::size_t start = std::min(folded.find_first_not_of('0', at), end);
    key += '0';
    std::size_t count = end - start;
    for (; count > 93; count -= 93) key += '~';
    key += static_cast<char>(' ' + count);
    key.append(folded, start, end - start);
    at = end;
  }
  return key;
}

namespace {

// What `last_of` leaves of it. Normalising comes before looking for separators and drives: some characters become ASCII
// by it.
std::string safe_name(std::string_view name, std::string_view (*last_of)(std::string_view)) {
  std::string clean = nfc(without_unwanted(repair_utf8(name)));
  std::string_view kept = without_trailing_dots(last_of(clean));
  if (kept.size() > kNameBytes) {
    auto [stem, extension] = split_extension(kept);
    clean = fitted(stem, {}, extension);
    kept = without_trailing_dots(clean);
  }
  return kept.empty() ? "unnamed" : std::string(kept);
}

}  // namespace

std::string safe_file_name(std::string_view name) { return safe_name(name, base_name); }

std::string safe_key_name(std::string_view key) { return safe_name(key, last_part); }

std::string numbered_name(std::string_view name, int number) {
  auto [stem, extension] = split_extension(name);
  return fitted(stem, " (" + std::to_string(number) + ")", extension);
}

std::string percent_encode(std::string_view text, std::string_view keep) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_letter(c) || is_digit(c) || std::string_view("-._~").contains(c) || keep.contains(c)) {
      out += c;
    } else {
      auto byte = static_cast<unsigned char>(c);
      out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    // Runs without an escape, which is most of nearly every text, go over whole.
    std::size_t plain = std::min(text.find_first_of("%+", i), text.size());
    out += text.substr(i, plain - i);
    i = plain;
    if (i == text.size()) break;
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      int high = text.size() - i > 2 ? hex_value(text[i + 1]) : -1;
      int low = text.size() - i > 2 ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

bool iequals(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

}  // namespace reelvault
