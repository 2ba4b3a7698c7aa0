// The system calls that a decoder may make, as a BPF program: files, memory, threads, time. All else is refused: no
// sockets, no new processes, no signals to others, no links, no change of owner, mode or namespace.
#pragma once
#include "base/error.hpp"

#include <linux/filter.h>

#include <vector>

namespace reelvault::media {

Result<std::vector<sock_filter>> decoder_filter();

}  // namespace reelvault::media
