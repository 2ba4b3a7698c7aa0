#include "jobs/supervisor.hpp"

#include "base/config.hpp"
#include "base/log.hpp"
#include "base/uuid.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

extern char** environ;

namespace reelvault::jobs {
namespace {

constexpr std::chrono::seconds kLongLife{60};

std::string variable_of(std::string_view key) {
  std::string name = "REELVAULT_";
  for (const char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

// Without what a worker has no need of: settings that are secret, and keys of stores.
std::vector<std::string> worker_environment() {
  std::set<std::string, std::less<>> secrets{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "PGPASSWORD"};
  for (const Setting& setting : settings()) {
    if (setting.secret) secrets.insert(variable_of(setting.key));
  }
  std::vector<std::string> kept;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!secrets.contains(text.substr(0, text.find('=')))) kept.emplace_back(text);
  }
  return kept;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// In the child between fork and exec: only what is safe there.
[[noreturn]] void become(const char* program, char* const* arguments, char* const* environment, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  setpgid(0, 0);                        // Ctrl-C at a terminal is for the server, which tells us
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(signal, SIG_DFL);
  syscall(SYS_close_range, 3u, ~0u, CLOSE_RANGE_CLOEXEC);
  execve(program, arguments, environment);
  _exit(127);
}

}  // namespace

struct Supervisor::State {
  explicit State(Options o) : options(std::move(o)), environment(worker_environment()) {}

  const Options options;
  std::vector<std::string> environment;
  mutable std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  std::vector<pid_t> pids;  // by slot; 0: none runs
  std::vector<std::thread> threads;

  void keep(std::size_t slot);
  pid_t launch(std::size_t slot, const std::string& id);
  int wait(std::size_t slot, pid_t pid);
};

// The child dies with the thread that made it, so each slot has a thread that lives as long as its process.
pid_t Supervisor::State::launch(std::size_t slot, const std::string& id) {
  std::vector<std::string> words{options.program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  for (const char* word : {"worker", "--socket", options.socket.c_str(), "--slots", "1"}) words.emplace_back(word);
  if (!id.empty()) {
    words.emplace_back("--id");
    words.push_back(id);
  }
  const auto arguments = pointers(words);
  const auto variables = pointers(environment);
  const pid_t parent = getpid();
  std::lock_guard lock(mutex);
  if (stopping) return 0;
  const pid_t pid = fork();
  if (pid == 0) become(options.program.c_str(), arguments.data(), variables.data(), parent);
  if (pid < 0) {
    log::error("a worker cannot be started", {{"detail", strerror(errno)}});
    return -1;
  }
  return pids[slot] = pid;
}

// Until it has ended, but its number is given back to the system only when nobody signals it any more.
int Supervisor::State::wait(std::size_t slot, pid_t pid) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {}
  std::lock_guard lock(mutex);
  pids[slot] = 0;
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
  return status;
}

void Supervisor::State::keep(std::size_t slot) {
  using Clock = std::chrono::steady_clock;
  auto pause = options.restart_pause;
  for (;;) {
    const std::string id = options.worker_prefix.empty() ? ""
                                                         : fmt::format("{}worker-{}-{}", options.worker_prefix,
                                                                       slot + 1, Uuid::v7().text().substr(24));
    const auto started = Clock::now();
    const pid_t pid = launch(slot, id);
    if (pid == 0) return;
    const int status = pid > 0 ? wait(slot, pid) : 0;
    std::unique_lock lock(mutex);
    changed.notify_all();
    const bool orderly = pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    const bool ending = stopping;
    lock.unlock();
    if (pid > 0 && options.gone && !id.empty()) options.gone(id, !orderly && !ending);
    lock.lock();
    if (stopping) return;
    if (Clock::now() - started > kLongLife) pause = options.restart_pause;
    log::warning("a worker ended and is started again",
                 {{"pid", pid},
                  {"signal", pid > 0 && WIFSIGNALED(status) ? WTERMSIG(status) : 0},
                  {"exit", pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 0},
                  {"pauseMs", pause.count()}});
    if (changed.wait_for(lock, pause, [this] { return stopping; })) return;
    pause = std::min(pause * 2, options.restart_pause_max);
  }
}

Supervisor::Supervisor(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<Supervisor>> Supervisor::start(Options options) {
  if (access(options.program.c_str(), X_OK) != 0)
    return fail_errno(errno, "the program of workers: " + options.program);
  auto state = std::make_unique<State>(std::move(options));
  State& shared = *state;
  const auto count = static_cast<std::size_t>(std::max(shared.options.count, 0));
  shared.pids.resize(count, 0);
  for (std::size_t slot = 0; slot < count; ++slot) shared.threads.emplace_back([&shared, slot] { shared.keep(slot); });
  return std::unique_ptr<Supervisor>(new Supervisor(std::move(state)));
}

Supervisor::~Supervisor() { stop(); }

std::vector<int> Supervisor::pids() const {
  std::lock_guard lock(state_->mutex);
  std::vector<int> running;
  for (const pid_t pid : state_->pids) {
    if (pid > 0) running.push_back(pid);
  }
  return running;
}

void Supervisor::stop() {
  State& state = *state_;
  {
    std::unique_lock lock(state.mutex);
    state.stopping = true;
    state.changed.notify_all();
    for (const pid_t pid : state.pids) {
      if (pid > 0) kill(pid, SIGTERM);
    }
    const auto none = [&] { return std::ranges::all_of(state.pids, [](pid_t pid) { return pid <= 0; }); };
    if (!state.changed.wait_for(lock, state.options.grace, none)) {
      for (const pid_t pid : state.pids) {
        if (pid > 0) kill(pid, SIGKILL);
      }
    }
  }
  for (std::thread& thread : state.threads) thread.join();
  state.threads.clear();
}

}  // namespace reelvault::jobs
