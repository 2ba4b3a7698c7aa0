// Landlock by its bare system calls (Debian 12's C library has no wrappers): which files a process may reach from now
// on, whatever its user and capabilities.
#pragma once
#include "base/file.hpp"

#include <span>

namespace reelvault::media {

int landlock_abi();  // 0: the kernel has none, or it is not switched on

struct LandlockPaths {
  std::vector<std::filesystem::path> run_from;  // trees that may be read and run; missing ones are left out
  std::vector<std::filesystem::path> read;      // files
  std::filesystem::path write;                  // one tree
};
// For landlock_restrict_self in the child.
Result<UniqueFd> landlock_ruleset(int abi, const LandlockPaths& paths);

}  // namespace reelvault::media
