#include "delivery/small_files.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace reelvault::delivery {
namespace {

std::shared_ptr<const std::string> read_at_once(const http::FileRange& file) {
  auto opened = open_file(file.path, O_RDONLY | O_CLOEXEC);
  if (!opened) return nullptr;
  struct stat status{};
  if (fstat(opened->get(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  auto mtime = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
  if (static_cast<std::uint64_t>(status.st_size) != file.expected_size) return nullptr;
  if (file.expected_mtime_ns != 0 && file.expected_mtime_ns != mtime) return nullptr;
  std::string bytes(file.length, '\0');
  iovec into{bytes.data(), bytes.size()};
  ssize_t got = preadv2(opened->get(), &into, 1, static_cast<off_t>(file.offset), RWF_NOWAIT);
  if (got != static_cast<ssize_t>(bytes.size())) return nullptr;
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace

std::shared_ptr<const std::string> SmallFiles::find(const std::string& key, std::uint64_t size) {
  if (size > kBytesMax) return nullptr;
  Shard& shard = shard_of(key);
  std::lock_guard lock(shard.mutex);
  auto found = shard.entries.find(key);
  return found != shard.entries.end() && found->second->size() == size ? found->second : nullptr;
}

http::Segment SmallFiles::in_memory(const std::string& key, http::Segment segment) {
  auto* file = std::get_if<http::FileRange>(&segment);
  if (!file || file->length == 0 || file->length > kBytesMax || file->offset != 0 ||
      file->length != file->expected_size)
    return segment;
  auto bytes = find(key, file->length);
  if (!bytes) {
    bytes = read_at_once(*file);
    if (!bytes) return segment;  // its turn comes when the disk was asked once
    Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    if (shard.entries.size() >= kEntriesMax / kShards) shard.entries.clear();
    shard.entries.insert_or_assign(key, bytes);
  }
  std::uint64_t length = bytes->size();
  return http::Bytes{std::move(bytes), 0, length};
}

}  // namespace reelvault::delivery
