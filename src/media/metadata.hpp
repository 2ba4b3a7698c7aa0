// What a file says of itself in words: who made it, what it shows, when and where. One shape for pictures (EXIF, IPTC,
// XMP), films and sound (the container's tags) and documents. Pure: reads what the probe's child processes printed.
#pragma once
#include <boost/describe.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reelvault::media {

struct Metadata {
  std::string title, headline, description, creator, credit, copyright;
  std::vector<std::string> keywords;  // distinct, as they are spelled
  std::string capturedAt;             // RFC 3339, without an offset where the camera did not note one; empty: not said
  std::string cameraMake, cameraModel, lens, software;
  std::optional<double> latitude, longitude, altitude;  // degrees, metres
  bool operator==(const Metadata&) const = default;
  bool empty() const { return *this == Metadata{}; }
};
BOOST_DESCRIBE_STRUCT(Metadata, (),
                      (title, headline, description, creator, credit, copyright, keywords, capturedAt, cameraMake,
                       cameraModel, lens, software, latitude, longitude, altitude))

using Values = std::map<std::string, std::string>;

// Of a picture's groups. `keywords`: all that IPTC and XMP give, in their order.
Metadata picture_metadata(const Values& exif, const Values& iptc, const Values& xmp, std::vector<std::string> keywords);
Metadata container_metadata(const Values& tags);

// "2024:05:06 07:08:09", "2024-05-06T07:08:09.5Z", "20240506" with an offset or without, as RFC 3339 (a date alone
// stays one); empty where it is no time that can be, or one that stands for none (zeros, 1904).
std::string rfc3339_of(std::string_view text, std::string_view offset = {});
// Trimmed, without control characters; bytes that are not UTF-8 are taken for Windows-1252, as old programs wrote.
std::string text_of_file(std::string_view bytes);
std::vector<std::string> distinct_keywords(const std::vector<std::string>& given);  // at most 100 of 200 bytes

}  // namespace reelvault::media
