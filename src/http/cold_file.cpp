#include "http/cold_file.hpp"

#include "http/content_gone.hpp"

#include <algorithm>
#include <vector>

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace reelvault::http {
namespace {

constexpr std::uint64_t kSampleStep = 512 << 10;
constexpr std::uint64_t kPage = 4096;

std::int64_t nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

// Where the file system cannot read without waiting (RWF_NOWAIT), the page tables are asked.
bool mapped_resident(int fd, std::uint64_t offset, std::uint64_t length) {
  std::uint64_t start = offset / kPage * kPage;
  std::size_t size = static_cast<std::size_t>(offset + length - start);
  void* memory = mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, static_cast<off_t>(start));
  if (memory == MAP_FAILED) return false;
  std::vector<unsigned char> pages((size + kPage - 1) / kPage);
  bool all = mincore(memory, size, pages.data()) == 0 &&
             std::ranges::all_of(pages, [](unsigned char page) { return page & 1; });
  munmap(memory, size);
  return all;
}

}  // namespace

Result<ColdFile> ColdFile::from(int fd, const std::string& path) {
  ColdFile out;
  out.file_ = std::make_shared<UniqueFd>(fd);
  struct stat found{};
  if (fstat(fd, &found) != 0) return fail_errno(errno, "stat " + path);
  if (!S_ISREG(found.st_mode)) return fail(Code::internal, "", "", "not a regular file: " + path);
  out.size_ = static_cast<std::uint64_t>(found.st_size);
  out.mtime_ns_ = nanoseconds(found.st_mtim);
  return out;
}

Result<ColdFile> ColdFile::open_cached(const std::string& path) {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_CACHED;
  long fd = syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  if (fd < 0) return fail(Code::unavailable, "", "", "not in the cache: " + path);
  return from(static_cast<int>(fd), path);
}

Result<ColdFile> ColdFile::open(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return fail_content_gone("there is no " + path);
  if (fd < 0) return fail_errno(errno, "open " + path);
  return from(fd, path);
}

bool ColdFile::matches(const FileRange& range) const {
  if (range.expected_size != 0 && range.expected_size != size_) return false;
  if (range.expected_mtime_ns != 0 && range.expected_mtime_ns != mtime_ns_) return false;
  return range.offset <= size_ && range.length <= size_ - range.offset;
}

bool ColdFile::unchanged() const {
  struct stat found{};
  return fstat(fd(), &found) == 0 && static_cast<std::uint64_t>(found.st_size) == size_ &&
         nanoseconds(found.st_mtim) == mtime_ns_;
}

bool ColdFile::resident(std::uint64_t offset, std::uint64_t length) const {
  if (length == 0) return true;
  std::uint64_t last = offset + length - 1;
  for (std::uint64_t at = offset;; at = std::min(at + kSampleStep, last)) {
    char byte = 0;
    iovec into{&byte, 1};
    ssize_t got = preadv2(fd(), &into, 1, static_cast<off_t>(at), RWF_NOWAIT);
    if (got < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) return mapped_resident(fd(), offset, length);
    if (got < 0) return false;
    if (at >= last) return true;
  }
}

Result<void> ColdFile::warm(std::uint64_t offset, std::uint64_t length, std::uint64_t ahead) const {
  advise(offset, length);
  if (ahead > 0) advise(offset + length, ahead);
  // Advice does not wait; reading does. The copy is thrown away.
  thread_local const auto scratch = std::make_unique<char[]>(128 << 10);
  while (length > 0) {
    ssize_t got = pread(fd(), scratch.get(), std::min<std::uint64_t>(length, 128 << 10), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno(errno, "reading a file that is sent");
    if (got == 0) return fail(Code::internal, "", "", "a file that is sent became shorter");
    offset += static_cast<std::uint64_t>(got);
    length -= static_cast<std::uint64_t>(got);
  }
  return {};
}

void ColdFile::advise(std::uint64_t offset, std::uint64_t length) const {
  posix_fadvise(fd(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_WILLNEED);
}

}  // namespace reelvault::http
