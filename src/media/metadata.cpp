#include "media/metadata.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <set>

namespace reelvault::media {
namespace {

constexpr std::size_t keywords_max = 100;
constexpr std::size_t keyword_bytes = 200;
constexpr std::size_t text_bytes = 4000;

std::string first_of(const Values& values, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    if (auto found = values.find(std::string(name)); found != values.end() && !trim(found->second).empty())
      return std::string(trim(found->second));
  return {};
}
std::string first_of(std::initializer_list<std::string> given) {
  for (const std::string& each : given)
    if (!each.empty()) return each;
  return {};
}
// Names of tags differ in case from one container to the other.
std::string any_case(const Values& tags, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names)
    for (const auto& [key, value] : tags)
      if (iequals(key, name) && !trim(value).empty()) return text_of_file(value);
  return {};
}

// What cameras write where a description belongs.
bool says_nothing(std::string_view description) {
  static constexpr std::array<std::string_view, 8> phrases{"OLYMPUS DIGITAL CAMERA",
                                                           "SONY DSC",
                                                           "MINOLTA DIGITAL CAMERA",
                                                           "KONICA MINOLTA DIGITAL CAMERA",
                                                           "SAMSUNG CAMERA PICTURES",
                                                           "DIGITAL CAMERA",
                                                           "DCIM",
                                                           "default"};
  return std::ranges::find(phrases, trim(description)) != phrases.end();
}

std::vector<double> numbers_in(std::string_view text) {
  std::vector<double> out;
  const char* at = text.data();
  const char* end = text.data() + text.size();
  while (at < end) {
    double value = 0;
    if (*at != '-' && (*at < '0' || *at > '9')) {  // "nan" is a number to from_chars
      ++at;
      continue;
    }
    auto [next, fault] = std::from_chars(at, end, value, std::chars_format::fixed);
    if (fault == std::errc{} && next > at) {
      out.push_back(value);
      at = next;
    } else {
      ++at;
    }
  }
  return out;
}

// 48deg 51' 30.5"
std::optional<double> degrees(const std::string& text, const std::string& side, double most) {
  const std::vector<double> parts = numbers_in(text);
  if (parts.empty() || parts.size() > 3) return std::nullopt;
  double value = parts[0];
  if (parts.size() > 1) value += parts[1] / 60;
  if (parts.size() > 2) value += parts[2] / 3600;
  if (side.starts_with('S') || side.starts_with('W')) value = -value;
  if (!std::isfinite(value) || std::abs(value) > most) return std::nullopt;
  return std::round(value * 1e7) / 1e7;
}

// ISO 6709: +48.8577+002.2950+035.0/
void place(std::string_view text, Metadata& out) {
  std::vector<std::string_view> parts;
  std::size_t from = 0;
  for (std::size_t at = 1; at <= text.size(); ++at) {
    if (at < text.size() && text[at] != '+' && text[at] != '-' && text[at] != '/') continue;
    if (at > from) parts.push_back(text.substr(from, at - from));
    from = at;
    if (at < text.size() && text[at] == '/') break;
  }
  std::vector<double> values;
  for (std::string_view part : parts) {
    if (part.starts_with('+')) part.remove_prefix(1);
    double value = 0;
    auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), value, std::chars_format::fixed);
    if (fault != std::errc{} || end != part.data() + part.size() || !std::isfinite(value)) return;
    values.push_back(value);
  }
  if (values.size() < 2 || std::abs(values[0]) > 90 || std::abs(values[1]) > 180) return;
  out.latitude = values[0];
  out.longitude = values[1];
  if (values.size() > 2) out.altitude = values[2];
}

std::string offset_of(std::string_view text) {
  text = trim(text);
  if (text == "Z" || text == "z") return "Z";
  std::string digits;
  if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return {};
  for (char c : text.substr(1))
    if (c >= '0' && c <= '9')
      digits += c;
    else if (c != ':')
      return {};
  if (digits.size() == 2) digits += "00";
  if (digits.size() != 4 || digits > "1459" || digits[2] > '5') return {};
  return fmt::format("{}{}:{}", text[0], digits.substr(0, 2), digits.substr(2));
}

}  // namespace

std::string text_of_file(std::string_view bytes) {
  // Windows-1252 where it differs from Latin-1; 0: no character.
  static constexpr std::array<char32_t, 32> high{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                 0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};
  std::string utf8;
  if (valid_utf8(bytes)) {
    utf8 = bytes;
  } else {
    for (unsigned char c : bytes) {
      char32_t point = c >= 0x80 && c < 0xA0 ? high[c - 0x80] : c;
      if (point == 0) continue;
      if (point < 0x80) {
        utf8 += static_cast<char>(point);
      } else if (point < 0x800) {
        utf8 += static_cast<char>(0xC0 | point >> 6);
        utf8 += static_cast<char>(0x80 | (point & 0x3F));
      } else {
        utf8 += static_cast<char>(0xE0 | point >> 12);
        utf8 += static_cast<char>(0x80 | (point >> 6 & 0x3F));
        utf8 += static_cast<char>(0x80 | (point & 0x3F));
      }
    }
  }
  std::string clean;
  for (char c : utf8)
    if (static_cast<unsigned char>(c) >= 0x20 ? c != 0x7F : c == '\n' || c == '\t') clean += c;
  std::string_view kept = trim(clean);
  if (kept.size() > text_bytes) {
    kept = kept.substr(0, text_bytes);
    while (!kept.empty() && !valid_utf8(kept)) kept.remove_suffix(1);
  }
  return std::string(kept);
}

std::vector<std::string> distinct_keywords(const std::vector<std::string>& given) {
  std::vector<std::string> out;
  std::set<std::string> seen;
  for (const std::string& each : given) {
    std::string keyword = nfc(text_of_file(each));
    std::ranges::replace(keyword, '\n', ' ');
    if (keyword.empty() || keyword.size() > keyword_bytes || out.size() == keywords_max) continue;
    if (seen.insert(fold_case(keyword)).second) out.push_back(std::move(keyword));
  }
  return out;
}

std::string rfc3339_of(std::string_view text, std::string_view offset) {
  text = trim(text);
  std::array<int, 6> parts{};  // year, month, day, hour, minute, second
  std::size_t at = 0;
  auto number = [&](std::size_t digits, int& out) {
    if (at + digits > text.size()) return false;
    for (std::size_t i = at; i < at + digits; ++i)
      if (text[i] < '0' || text[i] > '9') return false;
    std::from_chars(text.data() + at, text.data() + at + digits, out);
    at += digits;
    return true;
  };
  auto skip = [&](std::string_view any) {
    if (at < text.size() && any.contains(text[at])) ++at;
  };
  if (!number(4, parts[0])) return {};
  skip(":-/");
  if (!number(2, parts[1])) return {};
  skip(":-/");
  if (!number(2, parts[2])) return {};
  std::chrono::year_month_day day{std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
                                  std::chrono::day(static_cast<unsigned>(parts[2]))};
  if (!day.ok() || parts[0] < 1826 || (parts[0] == 1904 && parts[1] == 1 && parts[2] == 1)) return {};
  std::string date = fmt::format("{:04}-{:02}-{:02}", parts[0], parts[1], parts[2]);
  skip(" T");
  if (!number(2, parts[3])) return date;
  skip(":");
  if (!number(2, parts[4])) return date;
  skip(":");
  if (!number(2, parts[5])) parts[5] = 0;
  if (parts[3] > 23 || parts[4] > 59 || parts[5] > 59) return date;
  std::string out = fmt::format("{}T{:02}:{:02}:{:02}", date, parts[3], parts[4], parts[5]);
  if (at < text.size() && text[at] == '.') {
    std::size_t end = at + 1;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    std::string_view fraction = text.substr(at + 1, std::min<std::size_t>(end - at - 1, 3));
    if (fraction.find_first_not_of('0') != std::string_view::npos) out += "." + std::string(fraction);
    at = end;
  }
  std::string own = offset_of(text.substr(at));
  return out + (own.empty() ? offset_of(offset) : own);
}

Metadata picture_metadata(const Values& exif, const Values& iptc, const Values& xmp,
                          std::vector<std::string> keywords) {
  Metadata out;
  out.title = first_of({first_of(xmp, {"dc.title"}), first_of(iptc, {"ObjectName"}), first_of(exif, {"XPTitle"})});
  out.headline = first_of({first_of(iptc, {"Headline"}), first_of(xmp, {"photoshop.Headline"})});
  out.description = first_of({first_of(xmp, {"dc.description"}), first_of(iptc, {"Caption"}),
                              first_of(exif, {"ImageDescription", "XPComment"})});
  if (says_nothing(out.description)) out.description.clear();
  out.creator =
      first_of({first_of(xmp, {"dc.creator"}), first_of(iptc, {"Byline"}), first_of(exif, {"Artist", "XPAuthor"})});
  out.credit = first_of({first_of(iptc, {"Credit"}), first_of(xmp, {"photoshop.Credit"})});
  out.copyright =
      first_of({first_of(xmp, {"dc.rights"}), first_of(iptc, {"Copyright"}), first_of(exif, {"Copyright"})});
  out.keywords = distinct_keywords(keywords);
  out.cameraMake = first_of(exif, {"Make"});
  out.cameraModel = first_of(exif, {"Model"});
  out.lens = first_of({first_of(exif, {"LensModel"}), first_of(xmp, {"aux.Lens", "exifEX.LensModel"})});
  out.software = first_of({first_of(exif, {"Software"}), first_of(xmp, {"xmp.CreatorTool"})});
  out.capturedAt =
      first_of({rfc3339_of(first_of(exif, {"DateTimeOriginal"}), first_of(exif, {"OffsetTimeOriginal"})),
                rfc3339_of(first_of(xmp, {"exif.DateTimeOriginal", "photoshop.DateCreated"})),
                rfc3339_of(first_of(iptc, {"DateCreated"}) + "T" + first_of(iptc, {"TimeCreated"})),
                rfc3339_of(first_of(exif, {"DateTimeDigitized"}), first_of(exif, {"OffsetTimeDigitized"}))});
  auto latitude = degrees(first_of(exif, {"GPSLatitude"}), first_of(exif, {"GPSLatitudeRef"}), 90);
  auto longitude = degrees(first_of(exif, {"GPSLongitude"}), first_of(exif, {"GPSLongitudeRef"}), 180);
  if (latitude && longitude) {
    out.latitude = latitude;
    out.longitude = longitude;
    if (auto height = numbers_in(first_of(exif, {"GPSAltitude"})); height.size() == 1)
      out.altitude = first_of(exif, {"GPSAltitudeRef"}).starts_with("Below") ? -height[0] : height[0];
  }
  return out;
}

Metadata container_metadata(const Values& tags) {
  Metadata out;
  out.title = any_case(tags, {"title", "com.apple.quicktime.title"});
  out.description = any_case(
      tags, {"description", "synopsis", "com.apple.quicktime.description", "comment", "com.apple.quicktime.comment"});
  out.creator =
      any_case(tags, {"artist", "author", "com.apple.quicktime.artist", "com.apple.quicktime.author", "album_artist"});
  out.copyright = any_case(tags, {"copyright", "com.apple.quicktime.copyright"});
  std::vector<std::string> keywords;
  for (std::string_view each : split(any_case(tags, {"keywords", "com.apple.quicktime.keywords"}), ','))
    keywords.emplace_back(each);
  out.keywords = distinct_keywords(keywords);
  out.capturedAt = first_of({rfc3339_of(any_case(tags, {"com.apple.quicktime.creationdate"})),
                             rfc3339_of(any_case(tags, {"creation_time", "date"}))});
  out.cameraMake = any_case(tags, {"make", "com.apple.quicktime.make", "com.android.manufacturer"});
  out.cameraModel = any_case(tags, {"model", "com.apple.quicktime.model", "com.android.model"});
  out.software = any_case(tags, {"com.apple.quicktime.software", "encoder"});
  place(any_case(tags, {"com.apple.quicktime.location.iso6709", "location"}), out);
  return out;
}

}  // namespace reelvault::media
