#include "storage/local_stat.hpp"

#include "storage/beneath.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

namespace reelvault::storage {

Result<ObjectInfo> stat_object(const std::filesystem::path& root, const std::string& key) {
  RV_TRY(UniqueFd fd, open_beneath(root, key, O_PATH));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(errno, "looking at " + (root / key).string());
  if (!S_ISREG(status.st_mode)) return fail_not_found("object");
  ObjectInfo info;
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.mtime_ns = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  info.ctime_ns = std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec;
  info.etag = fmt::format("{:x}-{:x}", info.size, info.mtime_ns);
  return info;
}

}  // namespace reelvault::storage
