#include "media/file_end.hpp"

#include "base/rational.hpp"
#include "media/sniff.hpp"

#include <fmt/format.h>

#include <array>
#include <vector>

namespace reelvault::media {
namespace {

constexpr int kChunksMax = 1000;  // of one list; real files have a few before what matters
constexpr std::string_view kAdvice = "It may not have been copied whole.";

struct Chunk {
  std::string name;  // "RIFF", "LIST", "data"
  std::string type;  // of a list or the whole: "AVI ", "movi"
  std::uint64_t at = 0, size = 0;
  std::uint64_t data() const { return at + 8; }
  std::uint64_t end() const { return at + 8 + size; }
  std::uint64_t next() const { return end() + size % 2; }
  // What writers that did not know yet put there: nothing, or as much as there can be.
  bool open() const { return size == 0 || (size >= 0x7F00'0000 && size <= 0x7FFF'FFFF) || size >= 0xFFFF'F000; }
};

class Riff {
 public:
  Riff(const ReadAt& read, std::uint64_t size) : read_(read), size_(size) {}

  std::optional<Chunk> chunk(std::uint64_t at) const {
    std::array<std::byte, 12> head{};
    if (at > size_ || read_(head, at) < 8) return std::nullopt;
    const std::string_view text(reinterpret_cast<const char*>(head.data()), head.size());
    Chunk found{std::string(text.substr(0, 4)), {}, at, number(head, 4)};
    if (found.name == "RIFF" || found.name == "LIST") found.type = text.substr(8);
    return found;
  }
  // The first that `wanted` takes of those between two places; the walk ends where the file does.
  template <class Wanted>
  std::optional<Chunk> find(std::uint64_t from, std::uint64_t to, Wanted&& wanted) const {
    for (int count = 0; count < kChunksMax && from + 8 <= to; ++count) {
      auto found = chunk(from);
      if (!found || wanted(*found)) return found;
      from = found->next();
    }
    return std::nullopt;
  }
  std::optional<std::uint32_t> number_at(std::uint64_t at) const {
    std::array<std::byte, 4> bytes{};
    return read_(bytes, at) == bytes.size() ? std::optional(number(bytes, 0)) : std::nullopt;
  }

 private:
  static std::uint32_t number(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i-- > 0;) value = value << 8 | static_cast<std::uint32_t>(bytes[at + i]);
    return value;
  }

  const ReadAt& read_;
  std::uint64_t size_;
};

auto named(std::string_view name) {
  return [name](const Chunk& chunk) { return chunk.name == name; };
}
auto list(std::string_view type) {
  return [type](const Chunk& chunk) { return chunk.type == type; };
}

// It says how many bytes of sound follow.
FileEnd end_of_wave(const Riff& riff, std::uint64_t size) {
  constexpr std::uint64_t kOpenEnd = 0x7FFF'F000;  // from here on writers mean that they did not know
  const auto format = riff.find(12, size, named("fmt ")), data = riff.find(12, size, named("data"));
  const std::uint64_t per_second = format ? riff.number_at(format->data() + 8).value_or(0) : 0;
  if (!data || per_second == 0 || data->size >= kOpenEnd) return {};
  const std::uint64_t there = size > data->data() ? size - data->data() : 0;
  if (data->size <= there + per_second / 100) return {};
  auto seconds = [&](std::uint64_t bytes) { return static_cast<double>(bytes) / static_cast<double>(per_second); };
  FileEnd end;
  end.lack =
      fmt::format("The file ends too early: of the {:.1f} seconds of sound that it promises {:.1f} are there. {}",
                  seconds(data->size), seconds(there), kAdvice);
  return end;
}

// By the header of its first stream of pictures, else of its first stream.
std::optional<std::int64_t> length_of_avi(const Riff& riff, const Chunk& header) {
  std::optional<std::int64_t> found;
  riff.find(header.data() + 4, header.end(), [&](const Chunk& stream) {
    if (stream.type != "strl") return false;
    const auto head = riff.find(stream.data() + 4, stream.end(), named("strh"));
    const auto kind = head ? riff.chunk(head->data()) : std::nullopt;  // its first word
    if (!kind) return false;
    const std::int64_t scale = riff.number_at(head->data() + 20).value_or(0),
                       rate = riff.number_at(head->data() + 24).value_or(0),
                       length = riff.number_at(head->data() + 32).value_or(0);
    const bool pictures = kind->name == "vids";
    if (scale > 0 && rate > 0 && length > 0 && (pictures || !found))
      found = scale_round(length, Rational::of(1000 * scale, rate));
    return pictures;
  });
  return found;
}

// One part after another, each of which says how long it is: pictures and sounds in a list "movi", the index behind it.
FileEnd end_of_avi(const Riff& riff, std::uint64_t size) {
  constexpr std::uint64_t kSlack = 8;  // some writers count a part's own head as well
  std::optional<std::int64_t> length;
  std::uint64_t at = 0;
  for (int count = 0; count < kChunksMax; ++count) {
    const auto part = riff.chunk(at);
    if (!part || part->name != "RIFF") return {};
    const auto media = riff.find(part->data() + 4, part->end(), list("movi"));
    if (part->open() || (media && media->open())) return {.lack = {}, .promised_ms = {}, .open = true};
    if (count == 0)
      if (const auto header = riff.find(part->data() + 4, part->end(), list("hdrl")))
        length = length_of_avi(riff, *header);
    if (part->end() > size + kSlack) {
      const bool index_alone = media && media->end() <= size;
      return {.lack = index_alone
                          ? fmt::format("The file ends too early: its pictures and sounds are there, but not all of "
                                        "the index behind them. {}",
                                        kAdvice)
                          : fmt::format("The file ends too early: of the {} bytes that it promises {} are there. {}",
                                        part->end(), size, kAdvice),
              .promised_ms = length,
              .open = false};
    }
    at = part->next();
  }
  return {};
}

// A stream promises no length, but it is made of packets, each whole.
FileEnd end_of_transport_stream(const ReadAt& read, std::uint64_t size) {
  std::vector<std::byte> bytes(kSniffBytes);
  bytes.resize(read(bytes, 0));
  const auto packets = transport_packets({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (!packets) return {};
  // One that lost its step on the way (a recording off the air) may end anywhere.
  constexpr std::uint64_t kSeen = 4;
  const std::uint64_t rest = size % packets->length, behind = kSeen * packets->length + rest;
  if (rest == 0 || size < behind) return {};
  bytes.resize(behind);
  if (read(bytes, size - behind) < behind) return {};
  for (std::uint64_t at = packets->offset; at < behind; at += packets->length)
    if (bytes[at] != std::byte{'G'}) return {};
  FileEnd end;
  end.lack = fmt::format("The file ends too early: its last packet is cut off. {}", kAdvice);
  return end;
}

}  // namespace

FileEnd file_end(std::string_view content_type, const ReadAt& read, std::uint64_t size) {
  if (content_type == "audio/wav") return end_of_wave(Riff(read, size), size);
  if (content_type == "video/x-msvideo") return end_of_avi(Riff(read, size), size);
  if (content_type == "video/mp2t") return end_of_transport_stream(read, size);
  return {};
}

}  // namespace reelvault::media
