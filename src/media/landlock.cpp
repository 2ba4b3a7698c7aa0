#include "media/landlock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace reelvault::media {
namespace {

// From the kernel's interface, which only ever grows; the installed header may be older than the kernel.
struct RulesetAttributes {
  std::uint64_t handled_access_fs;
  std::uint64_t handled_access_net;  // since 4
  std::uint64_t scoped;              // since 6
};
struct [[gnu::packed]] PathBeneath {
  std::uint64_t allowed_access;
  std::int32_t parent_fd;
};
constexpr std::uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDirectory = 1 << 3,
                        kRemoveDirectory = 1 << 4, kRemoveFile = 1 << 5, kMakeDirectory = 1 << 7, kMakeRegular = 1 << 8,
                        kRefer = 1 << 13, kTruncate = 1 << 14;
constexpr std::uint64_t kAllOfFirst = (1 << 13) - 1, kIoctlDevice = 1 << 15;
constexpr std::uint64_t kFileRights = kExecute | kWriteFile | kReadFile | kTruncate;
constexpr int kRulePathBeneath = 1;

Result<void> allow(int ruleset, const std::filesystem::path& path, std::uint64_t access, bool must_exist) {
  UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!fd) {
    if (!must_exist) return {};
    return fail_errno(errno, "sandbox: " + path.string());
  }
  struct stat status{};
  if (fstat(fd.get(), &status) != 0) return fail_errno(errno, path.string());
  if (!S_ISDIR(status.st_mode)) access &= kFileRights;
  PathBeneath rule{access, fd.get()};
  if (syscall(SYS_landlock_add_rule, ruleset, kRulePathBeneath, &rule, 0) != 0) return fail_errno(errno, path.string());
  return {};
}

}  // namespace

int landlock_abi() {
  long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0, 1);
  return abi > 0 ? static_cast<int>(abi) : 0;
}

Result<UniqueFd> landlock_ruleset(int abi, const LandlockPaths& paths) {
  std::uint64_t handled = kAllOfFirst;
  if (abi >= 2) handled |= kRefer;
  if (abi >= 3) handled |= kTruncate;
  if (abi >= 5) handled |= kIoctlDevice;
  RulesetAttributes attributes{handled, abi >= 4 ? 3u : 0u, abi >= 6 ? 3u : 0u};
  std::size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  UniqueFd ruleset(static_cast<int>(syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset) return fail_errno(errno, "landlock_create_ruleset");

  for (auto& path : paths.run_from) RV_CHECK(allow(ruleset.get(), path, kExecute | kReadFile | kReadDirectory, false));
  for (auto& path : paths.read) RV_CHECK(allow(ruleset.get(), path, kReadFile, true));
  for (const char* device : {"/dev/null", "/dev/zero"})
    RV_CHECK(allow(ruleset.get(), device, kReadFile | kWriteFile, false));
  RV_CHECK(allow(ruleset.get(), "/dev/urandom", kReadFile, false));
  std::uint64_t write = kReadFile | kReadDirectory | kWriteFile | kMakeRegular | kMakeDirectory | kRemoveFile |
                        kRemoveDirectory | kTruncate;
  RV_CHECK(allow(ruleset.get(), paths.write, write & handled, true));
  return ruleset;
}

}  // namespace reelvault::media
