// Files that a sandboxed encoder made, of any bytes: either an error, or byte ranges that lie within the file.
#include "base/file.hpp"
#include "media/playlist.hpp"

#include <unistd.h>

#include <cstdlib>

using namespace reelvault;
using namespace reelvault::media;

namespace {

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string path = fmt::format("/dev/shm/fuzz-fragments-{}", getpid());
  std::ofstream(path, std::ios::trunc | std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  auto file = read_fragments(path);
  unlink(path.c_str());
  if (!file) return 0;
  std::uint64_t at = file->init_size;
  for (const Fragment& fragment : file->fragments) {
    expect(fragment.offset >= at && fragment.size >= 8 && fragment.offset + fragment.size <= size);
    at = fragment.offset + fragment.size;
  }
  auto segments = join_segments(*file, segment_starts({*file, *file}));
  expect(!segments.empty());
  media_playlist(*file, segments, "v0.mp4");
  master_playlist({stream_info(*file, segments, "v0.m3u8")}, {});
  return 0;
}
