#include "media/child_supervisor.hpp"

#include "base/file.hpp"
#include "media/resource_watch.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace reelvault::media {
namespace {

using Clock = std::chrono::steady_clock;
using Stop = ChildResult::Stop;
constexpr std::size_t kTailBytes = 8192;
// Closely at first, when most of what goes wrong does; then so that watching a long film costs next to nothing.
constexpr auto kWatchAtFirst = std::chrono::milliseconds(40), kWatchLater = std::chrono::milliseconds(150);
constexpr auto kFirst = std::chrono::seconds(3);

class Supervisor {
 public:
  Supervisor(Started child, const ChildRequest& request, bool wrapped)
      : child_(std::move(child)), request_(request), wrapped_(wrapped), begun_(Clock::now()), advanced_(begun_) {}

  ChildResult run() {
    auto next_watch = begun_;
    while (!ended()) {
      wait();
      if (Clock::now() < next_watch) continue;
      watch();
      next_watch = Clock::now() + pace();
    }
    reap();
    // What stayed in the pipes; nobody can write any more, so this ends.
    while (read_out() || read_err()) {}
    judge();
    return std::move(result_);
  }

 private:
  bool ended() {
    pollfd process{child_.process.get(), POLLIN, 0};
    return poll(&process, 1, 0) == 1;
  }

  std::chrono::milliseconds pace() const { return Clock::now() - begun_ < kFirst ? kWatchAtFirst : kWatchLater; }

  void wait() {
    pollfd fds[3] = {{child_.process.get(), POLLIN, 0}, {child_.out.get(), POLLIN, 0}, {child_.err.get(), POLLIN, 0}};
    poll(fds, 3, static_cast<int>(pace().count()));
    if (fds[1].revents) read_out();
    if (fds[2].revents) read_err();
  }

  static ssize_t read_some(UniqueFd& fd, char* buffer, std::size_t size) {
    if (!fd) return 0;
    ssize_t got = read(fd.get(), buffer, size);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) fd.reset();
    return got;
  }

  bool read_out() {
    char buffer[65536];
    ssize_t got = read_some(child_.out, buffer, sizeof buffer);
    if (got <= 0) return false;
    std::string_view bytes(buffer, static_cast<std::size_t>(got));
    if (request_.on_stdout) {
      if (request_.on_stdout(bytes)) advanced_ = Clock::now();
    } else {
      std::size_t room = request_.limits.capture_bytes - std::min(result_.output.size(), request_.limits.capture_bytes);
      result_.output.append(bytes.substr(0, room));
    }
    return true;
  }

  bool read_err() {
    char buffer[16384];
    ssize_t got = read_some(child_.err, buffer, sizeof buffer);
    if (got <= 0) return false;
    std::string_view bytes(buffer, static_cast<std::size_t>(got));
    if (request_.on_stderr) request_.on_stderr(bytes);
    result_.error_tail.append(bytes);
    if (result_.error_tail.size() > 2 * kTailBytes) trim_tail();
    return true;
  }
  void trim_tail() {
    if (result_.error_tail.size() > kTailBytes) result_.error_tail.erase(0, result_.error_tail.size() - kTailBytes);
  }

  void watch() {
    if (result_.stop != Stop::none) return kill_all();  // killed already, and still dying
    const ChildLimits& limits = request_.limits;
    auto now = Clock::now();
    Usage usage = usage_of_tree(child_.pid);
    result_.peak_memory_bytes = std::max(result_.peak_memory_bytes, usage.resident_bytes);
    result_.cpu_seconds = std::max(result_.cpu_seconds, usage.cpu_seconds);
    if (request_.cancelled && *request_.cancelled) return stop(Stop::cancelled);
    if (now - begun_ > limits.wall) return stop(Stop::wall_time);
    // Programs tell of progress in their own time; ffmpeg not before it has something for every file.
    const std::uint64_t written = size_of_tree(request_.output_dir);
    if (std::exchange(written_, written) < written) advanced_ = now;
    if (request_.on_stdout && limits.stall.count() > 0 && now - advanced_ > limits.stall) return stop(Stop::stalled);
    if (usage.resident_bytes > limits.memory_bytes) return stop(Stop::memory);
    if (usage.threads > limits.threads) return stop(Stop::threads);
    if (written > limits.output_bytes) return stop(Stop::output);
    // Before the last byte is taken, which a database on the same disk may need.
    if (written > 0 && room_on_disk(request_.output_dir) == 0) return stop(Stop::disk);
  }

  void stop(Stop why) {
    result_.stop = why;
    kill_all();
  }
  // The child leads a session and group of its own. Under bubblewrap the rest is in a namespace that ends with it.
  void kill_all() { kill(-child_.pid, SIGKILL); }

  void reap() {
    int status = 0;
    rusage usage{};
    while (wait4(child_.pid, &status, 0, &usage) < 0 && errno == EINTR) {}
    // Without isolation it may have left others behind.
    kill_all();
    auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
    // bubblewrap does not wait for what it started, whose time is then known from watching alone.
    result_.cpu_seconds = std::max(result_.cpu_seconds, seconds(usage.ru_utime) + seconds(usage.ru_stime));
    result_.peak_memory_bytes = std::max(result_.peak_memory_bytes, static_cast<std::uint64_t>(usage.ru_maxrss) * 1024);
    if (WIFSIGNALED(status)) {
      result_.signal = WTERMSIG(status);
    } else if (int code = WEXITSTATUS(status); wrapped_ && code > 128 && code <= 128 + SIGRTMAX) {
      result_.signal = code - 128;
    } else {
      result_.exit_code = code;
    }
  }

  void judge() {
    trim_tail();
    if (result_.stop != Stop::none || result_.exit_code == 0) return;
    bool used_up = result_.cpu_seconds >= static_cast<double>(request_.limits.cpu.count());
    if (result_.signal == SIGXCPU || (result_.signal == SIGKILL && used_up)) result_.stop = Stop::cpu_time;
    if (result_.signal == SIGXFSZ) result_.stop = Stop::output;
    // bubblewrap speaks for itself only before the program runs.
    if (wrapped_ && result_.exit_code == 1 && result_.error_tail.starts_with("bwrap: "))
      result_.stop = Stop::not_started;
    for (std::string_view sign : {"annot allocate memory", "ut of memory", "bad_alloc", "MemoryError"})
      if (result_.stop == Stop::none && result_.error_tail.contains(sign)) result_.stop = Stop::memory;
  }

  Started child_;
  const ChildRequest& request_;
  bool wrapped_;
  Clock::time_point begun_, advanced_;
  std::uint64_t written_ = 0;  // bytes of output at the last look
  ChildResult result_;
};

}  // namespace

ChildResult supervise(Started child, const ChildRequest& request, bool wrapped) {
  return Supervisor(std::move(child), request, wrapped).run();
}

}  // namespace reelvault::media
