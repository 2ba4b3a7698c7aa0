#include "archive/restored_file.hpp"

#include "base/text.hpp"
#include "base/uuid.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <set>

namespace reelvault::archive {
namespace {

constexpr int kMostNumbers = 10'000;
constexpr std::size_t kLongestName = 255;

// Shortened before its extension, so that a number fits as well.
std::string fitting(std::string name) {
  constexpr std::size_t room = kLongestName - 8;
  if (name.size() <= room) return name;
  const std::size_t dot = name.rfind('.');
  const std::string extension = dot == std::string::npos || name.size() - dot > 20 ? "" : name.substr(dot);
  return repair_utf8(name.substr(0, room - extension.size() - 3)) + extension;
}

constexpr std::string_view kPrefix = ".reelvault-";
constexpr std::size_t kUuid = 36;

}  // namespace

std::vector<std::string> RestoredFile::owners(const std::filesystem::path& directory) {
  std::set<std::string> owners;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(directory, error); !error && it != std::filesystem::end(it);
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (!name.starts_with(kPrefix) || !name.ends_with(".part")) continue;
    if (auto owner = Uuid::parse(name.substr(kPrefix.size(), kUuid))) owners.insert(owner->text());
  }
  return {owners.begin(), owners.end()};
}

void RestoredFile::remove_left_over(const std::filesystem::path& directory, const std::string& owner) {
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(directory, error); !error && it != std::filesystem::end(it);
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.starts_with(fmt::format("{}{}-", kPrefix, owner)) && name.ends_with(".part")) ::unlink(it->path().c_str());
  }
}

Result<RestoredFile> RestoredFile::make(const std::filesystem::path& directory, const std::string& owner,
                                        std::uint64_t size) {
  UniqueFd folder(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) {
    return fail(Code::unavailable, "directory-away", "The directory of the restore profile is not there.",
                fmt::format("opening {}: {}", directory.string(), std::strerror(errno)));
  }
  remove_left_over(directory, owner);
  std::string hidden = fmt::format("{}{}-{}.part", kPrefix, owner, Uuid::v7().text());
  UniqueFd fd(::openat(folder.get(), hidden.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0664));
  if (!fd) return fail_errno(errno, "making " + (directory / hidden).string());
  RestoredFile file(directory, std::move(folder), std::move(hidden), std::move(fd));
  if (size > 0 && ::fallocate(file.fd(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0 &&
      (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) {
    return fail_errno(errno, "taking room in " + directory.string());
  }
  return file;
}

RestoredFile::~RestoredFile() {
  if (fd_ && !hidden_.empty()) ::unlinkat(folder_.get(), hidden_.c_str(), 0);
}

Result<std::string> RestoredFile::publish(const std::string& given, std::uint64_t size,
                                          const std::function<Result<bool>(int fd)>& same) {
  const std::string name = fitting(safe_file_name(given));
  for (int number = 1; number <= kMostNumbers; ++number) {
    std::string candidate = number == 1 ? name : numbered_name(name, number);
    // Neither replaces what is there; network file systems know the link alone.
    int made = ::renameat2(folder_.get(), hidden_.c_str(), folder_.get(), candidate.c_str(), RENAME_NOREPLACE);
    if (made != 0 && (errno == EINVAL || errno == ENOSYS)) {
      made = ::linkat(folder_.get(), hidden_.c_str(), folder_.get(), candidate.c_str(), 0);
      if (made == 0) ::unlinkat(folder_.get(), hidden_.c_str(), 0);
    }
    if (made == 0) {
      hidden_.clear();
      if (::fsync(folder_.get()) != 0) return fail_errno(errno, "syncing " + directory_.string());
      return candidate;
    }
    if (errno != EEXIST) return fail_errno(errno, "naming " + (directory_ / candidate).string());
    const UniqueFd there(::openat(folder_.get(), candidate.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!there || ::fstat(there.get(), &status) != 0 || !S_ISREG(status.st_mode) ||
        static_cast<std::uint64_t>(status.st_size) != size) {
      continue;
    }
    RV_TRY(const bool is_same, same(there.get()));
    if (is_same) return candidate;
  }
  return fail(Code::conflict, "no-free-name", "Too many files in the directory have this name.", name);
}

}  // namespace reelvault::archive
