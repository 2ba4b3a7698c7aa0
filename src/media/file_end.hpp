// Whether a file ends where its own structure says that it does: of those kinds that play up to wherever they end, so
// that a decoder complains of nothing. What other containers say of their length is held against what could be decoded
// (media/renditions.cpp). Pure.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace reelvault::media {

// How many bytes there are of those from an offset; fewer than asked for only where the file ends.
using ReadAt = std::function<std::size_t(std::span<std::byte> into, std::uint64_t offset)>;

struct FileEnd {
  std::optional<std::string> lack;          // that it ends too early, in words for people
  std::optional<std::int64_t> promised_ms;  // of a film that does: how long the whole is
  // Its writer could not come back to its beginning, so that whatever length stands there is made up.
  bool open = false;
};

// `content_type`: as sniffed from the content. Other kinds than AVI, MPEG-TS and WAVE promise nothing here.
FileEnd file_end(std::string_view content_type, const ReadAt& read, std::uint64_t size);

}  // namespace reelvault::media
