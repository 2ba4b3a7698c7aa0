#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace reelvault {
namespace {

std::unexpected<Error> fail_path(std::string_view doing, const std::filesystem::path& path) {
  int error_number = errno;
  return fail_errno(error_number, std::string(doing) + " " + path.string());
}

}  // namespace

void UniqueFd::reset(int fd) {
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

Result<UniqueFd> open_file(const std::filesystem::path& path, int flags, unsigned mode) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail_path("opening", path);
  return UniqueFd(fd);
}

Result<void> write_all_at(int fd, ByteView data, std::uint64_t offset) {
  while (!data.empty()) {
    ssize_t done = ::pwrite(fd, data.data(), data.size(), static_cast<off_t>(offset));
    if (done < 0) {
      if (errno == EINTR) continue;
      return fail_errno(errno, "writing");
    }
    data = data.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
  return {};
}

Result<std::size_t> read_at(int fd, std::span<std::byte> into, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < into.size()) {
    ssize_t done = ::pread(fd, into.data() + total, into.size() - total, static_cast<off_t>(offset + total));
    if (done < 0) {
      if (errno == EINTR) continue;
      return fail_errno(errno, "reading");
    }
    if (done == 0) break;
    total += static_cast<std::size_t>(done);
  }
  return total;
}

Result<std::string> read_whole_file(const std::filesystem::path& path, std::uint64_t limit_bytes) {
  RV_TRY(UniqueFd fd, open_file(path, O_RDONLY));
  std::string content;
  // Sizes of /proc files are 0, and a file may grow: what counts is what reading gives.
  constexpr std::size_t block = 64 << 10;
  while (true) {
    std::size_t before = content.size();
    content.resize(before + block);
    auto got = read_at(fd.get(), std::as_writable_bytes(std::span(content)).subspan(before), before);
    if (!got) return std::unexpected(std::move(got).error().within(path.string()));
    content.resize(before + *got);
    if (content.size() > limit_bytes) {
      return fail(Code::too_large, "too-large", "The file is too large.",
                  path.string() + " is larger than " + std::to_string(limit_bytes) + " bytes");
    }
    if (*got < block) return content;
  }
}

Result<void> sync_data(int fd, const std::filesystem::path& path_for_errors) {
  // Not again on EINTR either: after a failure the kernel may have dropped the pages and would report success.
  if (::fdatasync(fd) != 0) return fail_path("syncing", path_for_errors);
  return {};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  RV_TRY(UniqueFd fd, open_file(directory.empty() ? "." : directory, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail_path("syncing", directory);
  return {};
}

Result<void> make_directories(const std::filesystem::path& directory) {
  std::error_code ignored;
  if (directory.empty() || std::filesystem::is_directory(directory, ignored)) return {};
  std::filesystem::path parent =
      directory.has_filename() ? directory.parent_path() : directory.parent_path().parent_path();
  RV_CHECK(make_directories(parent));
  if (::mkdir(directory.c_str(), 0750) != 0) {
    // Somebody else may have made it just now; then its entry is theirs to sync, and ours too, since we go on below it.
    if (errno != EEXIST) return fail_path("making the directory", directory);
    if (!std::filesystem::is_directory(directory, ignored)) return fail_path("making the directory", directory);
  }
  return sync_directory(parent);
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  std::filesystem::path directory = path.parent_path();
  std::filesystem::path beside = directory / (".tmp-" + hex(random_bytes(8)));
  auto write = [&]() -> Result<void> {
    RV_TRY(UniqueFd fd, open_file(beside, O_WRONLY | O_CREAT | O_EXCL, mode));
    if (auto written = write_all_at(fd.get(), bytes_of(content), 0); !written) {
      return std::unexpected(std::move(written).error().within(beside.string()));
    }
    RV_CHECK(sync_data(fd.get(), beside));
    if (::rename(beside.c_str(), path.c_str()) != 0) return fail_path("renaming to", path);
    return {};
  };
  if (auto done = write(); !done) {
    ::unlink(beside.c_str());
    return done;
  }
  return sync_directory(directory);
}

namespace {
constexpr std::uint64_t kKeptFree = 64 << 20;

std::uint64_t room_of(const struct statvfs& space) {
  const std::uint64_t free_bytes = std::uint64_t{space.f_bavail} * space.f_frsize;
  const std::uint64_t kept = std::min(kKeptFree, std::uint64_t{space.f_blocks} * space.f_frsize / 100);
  return free_bytes - std::min(free_bytes, kept);
}
}  // namespace

std::optional<std::uint64_t> room_on_disk(int fd) {
  struct statvfs space{};
  if (::fstatvfs(fd, &space) != 0) return std::nullopt;
  return room_of(space);
}

std::optional<std::uint64_t> room_on_disk(const std::filesystem::path& path) {
  struct statvfs space{};
  if (::statvfs(path.c_str(), &space) != 0) return std::nullopt;
  return room_of(space);
}

Result<std::uint64_t> file_size(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return fail_path("looking at", path);
  return static_cast<std::uint64_t>(status.st_size);
}

std::string boot_id() {
  if (const char* set = std::getenv("REELVAULT_BOOT_ID")) return set;
  // Where the kernel does not say, each start counts as another boot: too much is hashed again, never too little.
  static const std::string id = [] {
    auto text = read_whole_file("/proc/sys/kernel/random/boot_id");
    if (!text || text->size() < 36) return hex(random_bytes(16));
    return text->substr(0, 36);
  }();
  return id;
}

}  // namespace reelvault
