// What a running child takes, read from /proc and its output directory.
#pragma once
#include <cstdint>
#include <filesystem>

namespace reelvault::media {

struct Usage {
  std::uint64_t resident_bytes = 0;
  unsigned threads = 0;
  double cpu_seconds = 0;  // of those that run, and of what these have waited for
};
Usage usage_of_tree(int pid);  // of the process and all below it; nothing for one that has ended

// Bytes of all files below, the larger of length and space taken. Symbolic links are not followed.
std::uint64_t size_of_tree(const std::filesystem::path& directory);

}  // namespace reelvault::media
