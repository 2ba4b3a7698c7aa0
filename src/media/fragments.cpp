#include "media/fragments.hpp"

#include "base/file.hpp"

#include <fcntl.h>

#include <cstring>

namespace reelvault::media {
namespace {

constexpr std::uint64_t kBoxMax = 64 << 20;   // of the boxes that are read whole
constexpr std::int64_t kTimeMax = 1ll << 53;  // ages, in any time scale

std::unexpected<Error> malformed(std::string_view what) {
  return fail(Code::internal, "bad-output", "A rendition is not as it should be.", std::string(what));
}

// Big-endian numbers out of bytes; past the end it gives zeros and remembers.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  std::uint64_t number(int size) {
    std::uint64_t value = 0;
    if (bytes_.size() < static_cast<std::size_t>(size)) {
      good_ = false;
      bytes_ = {};
      return 0;
    }
    for (int i = 0; i < size; ++i) value = value << 8 | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(i)]);
    bytes_.remove_prefix(static_cast<std::size_t>(size));
    return value;
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::int32_t i32() { return static_cast<std::int32_t>(u32()); }
  void skip(std::size_t count) {
    good_ = good_ && count <= bytes_.size();
    bytes_.remove_prefix(std::min(count, bytes_.size()));
  }
  std::string_view rest() const { return bytes_; }
  bool good() const { return good_; }

 private:
  std::string_view bytes_;
  bool good_ = true;
};

struct Box {
  std::string_view type;
  std::string_view content;
};
// The boxes in a run of bytes; a broken one ends it.
std::vector<Box> boxes_in(std::string_view bytes) {
  std::vector<Box> boxes;
  while (bytes.size() >= 8) {
    Reader reader(bytes);
    std::uint64_t size = reader.u32();
    std::string_view type = bytes.substr(4, 4);
    std::size_t header = 8;
    if (size == 1 && bytes.size() >= 16) {
      reader.skip(4);
      size = reader.number(8);
      header = 16;
    }
    if (size < header || size > bytes.size()) break;
    boxes.push_back({type, bytes.substr(header, size - header)});
    bytes.remove_prefix(size);
  }
  return boxes;
}
std::optional<std::string_view> find(std::string_view bytes, std::initializer_list<std::string_view> path) {
  std::string_view at = bytes;
  for (std::string_view name : path) {
    auto boxes = boxes_in(at);
    auto found = std::ranges::find(boxes, name, &Box::type);
    if (found == boxes.end()) return std::nullopt;
    at = found->content;
  }
  return at;
}

std::string codec_of(std::string_view sample_table) {
  auto description = find(sample_table, {"stsd"});
  if (!description || description->size() < 8) return {};
  auto entries = boxes_in(description->substr(8));
  if (entries.empty()) return {};
  if (entries[0].type == "mp4a") return "mp4a.40.2";
  if (entries[0].type != "avc1" || entries[0].content.size() < 78) return {};
  auto configuration = find(entries[0].content.substr(78), {"avcC"});
  if (!configuration || configuration->size() < 4) return {};
  auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>((*configuration)[at])); };
  return fmt::format("avc1.{:02x}{:02x}{:02x}", byte(1), byte(2), byte(3));
}

struct Track {
  std::int64_t edit_start = 0;  // subtracted from every time
  std::uint32_t default_duration = 0, default_flags = 0;
};

Result<Track> read_header(std::string_view moov, FragmentedFile& file) {
  auto track = find(moov, {"trak"});
  auto media = track ? find(*track, {"mdia", "mdhd"}) : std::nullopt;
  auto table = track ? find(*track, {"mdia", "minf", "stbl"}) : std::nullopt;
  auto movie = find(moov, {"mvhd"});
  if (!media || !table || !movie) return malformed("no track");
  Reader header(*media);
  bool wide = header.u32() >> 24 == 1;
  header.skip(wide ? 16 : 8);
  file.time_scale = header.u32();
  if (file.time_scale <= 0 || !header.good()) return malformed("no time scale");
  file.codec = codec_of(*table);

  Track result;
  if (auto list = find(*track, {"edts", "elst"})) {
    Reader movie_reader(*movie);
    bool movie_wide = movie_reader.u32() >> 24 == 1;
    movie_reader.skip(movie_wide ? 16 : 8);
    std::int64_t movie_scale = std::max<std::int64_t>(movie_reader.u32(), 1);
    Reader edits(*list);
    int size = edits.u32() >> 24 == 1 ? 8 : 4;
    std::uint32_t count = edits.u32();
    for (std::uint32_t i = 0; i < std::min(count, 16u) && edits.good(); ++i) {
      auto duration = static_cast<std::int64_t>(edits.number(size));
      std::uint64_t raw = edits.number(size);
      std::int64_t time = size == 8 ? static_cast<std::int64_t>(raw) : static_cast<std::int32_t>(raw);
      edits.skip(4);  // its rate
      if (duration < 0 || duration > (1ll << 32) || time > kTimeMax) return malformed("an edit list beyond all time");
      // An empty edit delays what follows; the first real one says where the media begins.
      if (time < 0) {
        result.edit_start -= duration * file.time_scale / movie_scale;
      } else {
        result.edit_start += time;
        break;
      }
    }
  }
  if (auto defaults = find(moov, {"mvex", "trex"})) {
    Reader reader(*defaults);
    reader.skip(12);
    result.default_duration = reader.u32();
    reader.skip(4);
    result.default_flags = reader.u32();
  }
  return result;
}

Result<void> read_fragment(std::string_view moof, const Track& track, Fragment& fragment) {
  auto traf = find(moof, {"traf"});
  if (!traf) return malformed("a fragment without a track");
  std::uint32_t default_duration = track.default_duration, default_flags = track.default_flags;
  std::int64_t decode_time = 0, last_shown = 0, last_duration = 0;
  bool first = true;
  for (const Box& box : boxes_in(*traf)) {
    Reader reader(box.content);
    if (box.type == "tfhd") {
      std::uint32_t flags = reader.u32() & 0xFFFFFF;
      reader.skip(4);
      if (flags & 0x1) reader.skip(8);
      if (flags & 0x2) reader.skip(4);
      if (flags & 0x8) default_duration = reader.u32();
      if (flags & 0x10) reader.skip(4);
      if (flags & 0x20) default_flags = reader.u32();
    } else if (box.type == "tfdt") {
      bool wide = reader.u32() >> 24 == 1;
      decode_time = static_cast<std::int64_t>(reader.number(wide ? 8 : 4));
      if (decode_time < 0 || decode_time > kTimeMax) return malformed("a fragment beyond all time");
    } else if (box.type == "trun") {
      std::uint32_t flags = reader.u32() & 0xFFFFFF;
      std::uint32_t count = reader.u32();
      if (flags & 0x1) reader.skip(4);
      std::uint32_t first_flags = flags & 0x4 ? reader.u32() : default_flags;
      for (std::uint32_t i = 0; i < count && reader.good(); ++i) {
        std::uint32_t duration = flags & 0x100 ? reader.u32() : default_duration;
        if (flags & 0x200) reader.skip(4);
        std::uint32_t sample_flags = flags & 0x400 ? reader.u32() : i == 0 ? first_flags : default_flags;
        std::int32_t shown_after = flags & 0x800 ? reader.i32() : 0;
        std::int64_t shown = decode_time + shown_after - track.edit_start;
        if (std::exchange(first, false)) {
          fragment.start = last_shown = shown;
          fragment.key = !(sample_flags & 0x10000);
        }
        last_shown = std::max(last_shown, shown);
        last_duration = duration;
        decode_time += duration;
      }
    }
    if (!reader.good()) return malformed("a fragment's box is too short");
  }
  // What lasts from one decoding to the next says nothing of the picture that is shown last, where rates vary; the end
  // of the fragment is all there is to go by.
  fragment.end = last_shown + last_duration;
  return first ? malformed("a fragment without samples") : Result<void>();
}

}  // namespace

std::int64_t FragmentedFile::end() const {
  std::int64_t last = 0;
  for (const Fragment& fragment : fragments) last = std::max(last, fragment.end);
  return last;
}

Result<FragmentedFile> read_fragments(const std::filesystem::path& path) {
  RV_TRY(UniqueFd fd, open_file(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  RV_TRY(std::uint64_t total, reelvault::file_size(path));
  FragmentedFile file;
  std::optional<Track> track;
  std::string buffer;
  for (std::uint64_t at = 0; at + 8 <= total;) {
    std::array<std::byte, 16> head{};
    RV_TRY(std::size_t got, read_at(fd.get(), head, at));
    std::string_view bytes(reinterpret_cast<const char*>(head.data()), got);
    Reader reader(bytes);
    std::uint64_t size = reader.u32();
    std::string type(bytes.substr(4, 4));
    reader.skip(4);
    if (size == 1) size = reader.number(8);
    if (size < 8 || size > total - at) return malformed("it ends within a box");
    if (type == "moov" || type == "moof") {
      if (size > kBoxMax) return malformed("a box is too large");
      buffer.resize(size);
      RV_TRY(std::size_t read, read_at(fd.get(), std::as_writable_bytes(std::span(buffer)), at));
      if (read != size) return malformed("it ends within a box");
    }
    if (type == "moov") {
      RV_TRY(track, read_header(std::string_view(buffer).substr(8), file));
    } else if (type == "moof") {
      if (!track) return malformed("a fragment before the header");
      if (file.fragments.empty()) file.init_size = at;
      file.fragments.push_back({.offset = at});
      RV_CHECK(read_fragment(std::string_view(buffer).substr(8), *track, file.fragments.back()));
    }
    if (!file.fragments.empty() && type != "mfra")
      file.fragments.back().size = at + size - file.fragments.back().offset;
    at += size;
  }
  if (file.fragments.empty()) return malformed("it holds no fragments");
  return file;
}

}  // namespace reelvault::media
