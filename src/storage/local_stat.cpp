#include "storage/local_stat.hpp"

#include "storage/beneath.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace reelvault::storage {

Result<ObjectInfo> stat_object(const std::filesystem::path& root, const std::string& key) {
  RV_TRY(UniqueFd fd, open_beneath(root, key, O_PATH));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at " + (root / key).string());
  if (!S_ISREG(status.st_mode)) return fail_not_found("object");
  // What cannot be read is told here, where it is looked for, rather than by each that reads it later.
  if (::faccessat(fd.get(), "", R_OK, AT_EMPTY_PATH | AT_EACCESS) != 0 && errno == EACCES)
    return fail_no_permission("looking at " + (root / key).string());
  ObjectInfo info;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.mtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  info.ctime_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
  info.etag = fmt::format("{:x}-{:x}", info.size, info.mtime_ns);
  return info;
}

}  // namespace reelvault::storage
