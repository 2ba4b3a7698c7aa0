// What a file is, by its first bytes and, where these say nothing, its name. A client's word is never taken.
#pragma once
#include "base/hash.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace reelvault::media {

struct Sniffed {
  std::string content_type;     // "video/mp4"; "application/octet-stream" when nothing is known
  std::string_view media_type;  // "video", "audio", "image", "document" or "other"
  bool by_content = false;      // false: by the name alone
};

inline constexpr std::size_t kSniffBytes = 64 << 10;
// `head`: the file's first kSniffBytes, or all of a smaller one.
Sniffed sniff(ByteView head, std::string_view file_name);

// The packets of an MPEG transport stream: how far apart, and where in each its first byte is, behind a time stamp.
struct TransportPackets {
  std::size_t offset = 0, length = 188;
};
std::optional<TransportPackets> transport_packets(std::string_view head);

// By the name's extension alone.
Sniffed sniff_name(std::string_view file_name);
std::string_view media_type_of(std::string_view content_type);
// A picture of a camera's sensor, of which we show the preview that the camera put in.
bool is_raw_photo(std::string_view content_type);

}  // namespace reelvault::media
