// The one way to start a program that reads media. Files are hostile: a decoder that was taken over must not reach the
// network, another asset, the database or other processes, nor take the machine's memory, disk or time.
//
// A child sees the system's programs and libraries, the files named as inputs (read-only) and one directory that it may
// write, all under their own paths. It cannot fork, and ends with everything it started when this process ends.
// Isolation is what a trial at the start found to work here: bubblewrap (namespaces), else Landlock with another uid
// when root; seccomp in both. Limits hold in every mode, also when isolation is off. Thread-safe.
#pragma once
#include "base/config.hpp"
#include "base/error.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace reelvault::media {

enum class Isolation { bubblewrap, builtin, off };
std::string_view isolation_name(Isolation isolation);  // "bubblewrap", "builtin", "off": the words of the setting

struct ChildLimits {
  std::uint64_t memory_bytes = 2ull << 30;  // private memory is refused beyond; resident memory beyond kills
  std::chrono::seconds cpu{6 * 3600};
  std::chrono::seconds wall{24 * 3600};
  std::chrono::seconds stall{0};  // without progress or more output for this long; 0: not watched. Needs on_stdout
  std::uint64_t output_bytes = 200ull << 30;  // of the whole output directory
  std::size_t capture_bytes = 16u << 20;      // of standard output, where on_stdout is not given; the rest is dropped
  unsigned open_files = 512;
  unsigned threads = 512;
};

struct ChildRequest {
  std::vector<std::string> argv;              // argv[0]: an absolute path, or the name of a program in /usr/bin
  std::vector<std::filesystem::path> inputs;  // files that may be read
  std::filesystem::path output_dir;           // exists; may be written; the child's working directory
  std::vector<std::string> environment;       // "NAME=value", beside the few that every child gets
  ChildLimits limits;
  const std::atomic<bool>* cancelled = nullptr;
  // Gets standard output as it comes, on the calling thread, and says whether it shows progress.
  std::function<bool(std::string_view bytes)> on_stdout;
  std::function<void(std::string_view bytes)> on_stderr;  // the same of standard error, whose tail is kept anyway
};

struct ChildResult {
  enum class Stop { none, not_started, cancelled, wall_time, cpu_time, stalled, memory, output, threads, disk };
  Stop stop = Stop::none;  // why it was killed, or would have failed by its limits
  int exit_code = -1;      // -1: ended by a signal
  int signal = 0;
  std::string output;      // standard output, where it was captured
  std::string error_tail;  // the last 8 KiB of standard error
  double cpu_seconds = 0;
  std::uint64_t peak_memory_bytes = 0;

  bool ok() const { return stop == Stop::none && exit_code == 0; }
  std::string summary() const;  // for logs: "exit code 1", "killed: out of memory"
};
std::string_view stop_name(ChildResult::Stop stop);  // "wall-time", …

class Sandbox {
 public:
  // `wanted`: auto, bubblewrap, builtin or off. Each candidate is tried out with a real child. An Error says what was
  // missing from each.
  static Result<Sandbox> find(std::string_view wanted);

  Isolation isolation() const { return isolation_; }
  std::string description() const;  // one line for log and health: what protects, in words
  ChildResult run(const ChildRequest& request) const;

 private:
  Isolation isolation_ = Isolation::off;
  bool change_user_ = false;  // builtin, as root: decoders run as nobody
  int landlock_abi_ = 0;
};

}  // namespace reelvault::media
