// Forks and executes one child with limits and, where asked, the built-in isolation. Between fork and exec only system
// calls are made, since this process has other threads.
#pragma once
#include "base/file.hpp"
#include "media/sandbox.hpp"

#include <linux/filter.h>

#include <span>

namespace reelvault::media {

inline constexpr unsigned kNobody = 65534;

struct Launch {
  std::vector<std::string> argv;  // argv[0]: an absolute path
  std::vector<std::string> environment;
  std::filesystem::path directory;
  ChildLimits limits;
  int keep_fd = -1;                     // stays open in the child, under the same number
  int landlock_fd = -1;                 // restricts itself with it
  std::span<const sock_filter> filter;  // and with this
  bool change_user = false;             // becomes nobody, who may read what Landlock lets it
  // Is the first process of a PID namespace where that may be had (as root): whatever it started ends with it, even
  // what had no time to ask for that.
  bool own_processes = false;
};

struct Started {
  int pid = -1;
  UniqueFd process;  // readable when the child has ended
  UniqueFd out, err;
};
Result<Started> start_child(const Launch& launch);

}  // namespace reelvault::media
