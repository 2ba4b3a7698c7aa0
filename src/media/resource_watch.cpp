#include "media/resource_watch.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

namespace reelvault::media {
namespace {

constexpr int kDepthMax = 16;
constexpr std::uint64_t kTooDeep = 1ull << 60;  // no step makes such trees: counts as more than any limit

std::string read_proc(int pid, const char* name) {
  std::string text;
  int fd = open(fmt::format("/proc/{}/{}", pid, name).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(got));
  close(fd);
  return text;
}

std::uint64_t kilobytes_after(const std::string& status, const char* label) {
  auto at = status.find(label);
  return at == std::string::npos ? 0 : strtoull(status.c_str() + at + strlen(label), nullptr, 10);
}

double cpu_seconds_of(int pid) {
  std::string stat = read_proc(pid, "stat");
  auto at = stat.rfind(')');  // the name before it may hold anything
  if (at == std::string::npos) return 0;
  double ticks = 0;
  int field = 2;  // counted as in proc(5), from 1: the state is the third
  for (const char* word = stat.c_str() + at + 1; *word;) {
    while (*word == ' ') ++word;
    ++field;
    if (field >= 14 && field <= 17) ticks += static_cast<double>(strtoll(word, nullptr, 10));
    while (*word && *word != ' ') ++word;
  }
  static const double per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ticks / per_second;
}

void add_tree(int pid, int depth, Usage& usage) {
  std::string status = read_proc(pid, "status");
  usage.resident_bytes += kilobytes_after(status, "\nVmRSS:") * 1024;
  usage.threads += static_cast<unsigned>(kilobytes_after(status, "\nThreads:"));
  usage.cpu_seconds += cpu_seconds_of(pid);
  if (depth == 8) return;
  std::string children = read_proc(pid, fmt::format("task/{}/children", pid).c_str());
  const char* at = children.c_str();
  for (char* end = nullptr;; at = end) {
    long child = strtol(at, &end, 10);
    if (end == at) break;
    add_tree(static_cast<int>(child), depth + 1, usage);
  }
}

std::uint64_t add_directory(int fd, int depth) {
  std::uint64_t total = 0;
  DIR* directory = fdopendir(fd);
  if (!directory) {
    close(fd);
    return 0;
  }
  while (dirent* entry = readdir(directory)) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    struct stat status{};
    if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    total += 512;  // so that very many empty files count as well
    if (S_ISDIR(status.st_mode)) {
      int child = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
      if (child < 0) continue;
      if (depth < kDepthMax) {
        total += add_directory(child, depth + 1);
      } else {
        close(child);
        total += kTooDeep;
      }
    } else if (S_ISREG(status.st_mode)) {
      total += static_cast<std::uint64_t>(std::max<std::int64_t>(status.st_size, status.st_blocks * 512));
    }
  }
  closedir(directory);
  return total;
}

}  // namespace

Usage usage_of_tree(int pid) {
  Usage usage;
  add_tree(pid, 0, usage);
  return usage;
}

std::uint64_t size_of_tree(const std::filesystem::path& directory) {
  int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? 0 : add_directory(fd, 0);
}

}  // namespace reelvault::media
