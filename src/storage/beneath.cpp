#include "storage/beneath.hpp"

#include "base/text.hpp"
#include "storage/object_key.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace reelvault::storage {
namespace {

// Each component by itself, links refused: for kernels, and sandboxes around us, without openat2.
int open_by_components(int root, const std::string& key, int flags, unsigned mode) {
  UniqueFd held;
  int directory = root;
  std::vector<std::string_view> parts = split(key, '/');
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    UniqueFd next(::openat(directory, std::string(parts[i]).c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return -1;
    held = std::move(next);
    directory = held.get();
  }
  return ::openat(directory, std::string(parts.back()).c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode);
}

int open_confined(int root, const std::string& key, int flags, unsigned mode) {
  struct open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  if (flags & O_CREAT) how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  while (true) {
    long fd = ::syscall(SYS_openat2, root, key.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    // EAGAIN: something was renamed on the way just now, so the kernel could not be sure.
    if (errno == EINTR || errno == EAGAIN) continue;
    if (errno == ENOSYS || errno == EPERM) return open_by_components(root, key, flags, mode);
    return -1;
  }
}

}  // namespace

std::unexpected<Error> fail_no_permission(std::string where) {
  return fail(Code::unavailable, "no-permission", "The server has no permission to open it.", std::move(where));
}

Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::string& key, int flags, unsigned mode) {
  RV_CHECK(check_key(key));
  // Not kept open: what is mounted there may change.
  RV_TRY(UniqueFd directory, open_file(root, O_PATH | O_DIRECTORY));
  UniqueFd fd(open_confined(directory.get(), key, flags, mode));
  if (fd) return fd;
  const int error_number = errno;
  const std::string where = "opening " + (root / key).string();
  switch (error_number) {
    case ENOENT:
    case ENOTDIR: return fail(Code::not_found, "not-found", "There is no such object.", where);
    case EEXIST: return fail(Code::conflict, "object-exists", "The object is there already.", where);
    case EXDEV:
    case ELOOP: return fail(Code::invalid, "invalid-object-key", "The object key leads out of the store.", where);
    case ENAMETOOLONG: return fail(Code::invalid, "invalid-object-key", "The object key is too long.", where);
    case EACCES: return fail_no_permission(where);
    default: return fail_errno(error_number, where);
  }
}

}  // namespace reelvault::storage
