#include "media/child_start.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace reelvault::media {
namespace {

constexpr unsigned kReadAll = CAP_DAC_READ_SEARCH;

// What the child tells its parent when it cannot become what it should.
struct Trouble {
  int error = 0;
  char where[28] = {};
};

// The whole life of the child before exec. No allocation, no locks: other threads of the parent may have held some.
class Child {
 public:
  Child(const Launch& launch, char* const* argv, char* const* environment, int null, int out, int err, int trouble)
      : launch_(launch), argv_(argv), environment_(environment), null_(null), out_(out), err_(err), trouble_(trouble) {}

  // `parent` is a descriptor of that process.
  [[noreturn]] void run(int parent) {
    setsid();
    need(dup2(null_, 0) == 0 && dup2(out_, 1) == 1 && dup2(err_, 2) == 2, "dup2");
    close_others();
    reset_signals();
    be_modest();
    set_limits();
    need(chdir(launch_.directory.c_str()) == 0, "chdir");
    umask(022);
    if (launch_.change_user) become_nobody();
    // After the change of user, which would clear it.
    need(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "death signal");
    pollfd end{parent, POLLIN, 0};
    if (poll(&end, 1, 0) != 0) _exit(127);  // it died before the line above
    need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "no_new_privs");
    if (launch_.landlock_fd >= 0)
      need(syscall(SYS_landlock_restrict_self, launch_.landlock_fd, 0) == 0, "landlock_restrict_self");
    if (!launch_.filter.empty()) {
      sock_fprog program{static_cast<unsigned short>(launch_.filter.size()),
                         const_cast<sock_filter*>(launch_.filter.data())};
      need(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "seccomp");
    }
    execve(argv_[0], argv_, environment_);
    need(false, "execve");
    _exit(127);
  }

 private:
  void need(bool done, const char* where) {
    if (done) return;
    Trouble trouble{errno, {}};
    for (std::size_t i = 0; i + 1 < sizeof trouble.where && where[i]; ++i) trouble.where[i] = where[i];
    [[maybe_unused]] auto written = write(trouble_, &trouble, sizeof trouble);
    _exit(127);
  }

  void close_others() {
    // All but the first three close at exec, also those that another thread opened without the flag.
    if (syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC) != 0)
      for (int fd = 3; fd < 4096; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (launch_.keep_fd >= 0) fcntl(launch_.keep_fd, F_SETFD, 0);
  }

  void reset_signals() {
    struct sigaction standard{};
    standard.sa_handler = SIG_DFL;
    for (int number = 1; number < 32; ++number)
      if (number != SIGKILL && number != SIGSTOP) sigaction(number, &standard, nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  void be_modest() {
    setpriority(PRIO_PROCESS, 0, 10);
    if (int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC); fd >= 0) {
      [[maybe_unused]] auto written = write(fd, "900", 3);
      close(fd);
    }
  }

  // The hard limit may not exceed what this process was given.
  void limit(__rlimit_resource which, rlim_t soft, rlim_t hard) {
    rlimit present{};
    getrlimit(which, &present);
    rlimit wanted{std::min(soft, present.rlim_max), std::min(hard, present.rlim_max)};
    need(setrlimit(which, &wanted) == 0, "setrlimit");
  }
  void limit(__rlimit_resource which, rlim_t value) { limit(which, value, value); }

  void set_limits() {
    const ChildLimits& limits = launch_.limits;
    auto cpu = static_cast<rlim_t>(std::max<std::int64_t>(limits.cpu.count(), 1));
    limit(RLIMIT_CPU, cpu, cpu + 2);
    limit(RLIMIT_DATA, limits.memory_bytes);
    // Libraries, guard pages and heaps that are reserved and never filled count here, hence the room.
    limit(RLIMIT_AS, 2 * limits.memory_bytes + (4ull << 30));
    limit(RLIMIT_FSIZE, limits.output_bytes);
    limit(RLIMIT_NOFILE, limits.open_files);
    limit(RLIMIT_STACK, 2 << 20);  // of each thread, too
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_MEMLOCK, 0);
    limit(RLIMIT_MSGQUEUE, 0);
  }

  // Nobody's files are nobody's: it can neither signal nor trace this server, nor write what root owns. It keeps the
  // right to read, since the input belongs to root; Landlock says which files those are.
  void become_nobody() {
    for (unsigned capability = 0; capability <= CAP_LAST_CAP; ++capability)
      if (capability != kReadAll) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    need(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, "keepcaps");
    need(syscall(SYS_setgroups, 0, nullptr) == 0, "setgroups");
    need(syscall(SYS_setresgid, kNobody, kNobody, kNobody) == 0, "setresgid");
    need(syscall(SYS_setresuid, kNobody, kNobody, kNobody) == 0, "setresuid");
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2] = {};
    data[0].effective = data[0].permitted = data[0].inheritable = 1u << kReadAll;
    need(syscall(SYS_capset, &header, data) == 0, "capset");
    need(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, kReadAll, 0, 0) == 0, "ambient capability");
  }

  const Launch& launch_;
  char* const* argv_;
  char* const* environment_;
  int null_, out_, err_, trouble_;
};

struct Pipe {
  UniqueFd read, write;
};
Result<Pipe> make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return fail_errno(errno, "pipe2");
  return Pipe{UniqueFd(fds[0]), UniqueFd(fds[1])};
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

pid_t new_process(bool own_processes) {
  if (own_processes) {
    clone_args how{};
    how.flags = CLONE_NEWPID;
    how.exit_signal = SIGCHLD;
    const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &how, sizeof how));
    if (pid >= 0 || errno == EAGAIN || errno == ENOMEM) return pid;
  }
  return fork();
}

}  // namespace

Result<Started> start_child(const Launch& launch) {
  std::vector<std::string> argv = launch.argv;
  std::vector<std::string> environment = {"PATH=/usr/bin:/bin", "LANG=C.UTF-8",
                                          "HOME=/nonexistent",  "TMPDIR=" + launch.directory.string(),
                                          "OMP_NUM_THREADS=1",  "GIO_USE_VFS=local"};
  environment.insert(environment.end(), launch.environment.begin(), launch.environment.end());
  auto argv_pointers = pointers(argv);
  auto environment_pointers = pointers(environment);

  RV_TRY(UniqueFd null, open_file("/dev/null", O_RDWR | O_CLOEXEC));
  RV_TRY(Pipe out, make_pipe());
  RV_TRY(Pipe err, make_pipe());
  RV_TRY(Pipe trouble, make_pipe());
  UniqueFd self(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)));
  if (!self) return fail_errno(errno, "pidfd_open");
  Child child(launch, argv_pointers.data(), environment_pointers.data(), null.get(), out.write.get(), err.write.get(),
              trouble.write.get());

  pid_t pid = new_process(launch.own_processes);
  if (pid < 0) return fail_errno(errno, "fork");
  if (pid == 0) child.run(self.get());

  UniqueFd process(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  trouble.write.reset();
  Trouble told;
  bool failed = ::read(trouble.read.get(), &told, sizeof told) == static_cast<ssize_t>(sizeof told);
  if (failed || !process) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return fail(Code::internal, "sandbox", "A program that reads media could not be started.",
                fmt::format("{}: {}: {}", launch.argv[0], failed ? told.where : "pidfd_open",
                            strerror(failed ? told.error : errno)));
  }
  for (int fd : {out.read.get(), err.read.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
  return Started{pid, std::move(process), std::move(out.read), std::move(err.read)};
}

}  // namespace reelvault::media
