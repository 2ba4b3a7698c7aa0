#include "media/seccomp_filter.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace reelvault::media {
namespace {

// Names, since some do not exist on every architecture; the library answers those with __NR_SCMP_ERROR.
constexpr const char* kAllowed[] = {
    // files below what the kernel lets it see
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "open",
    "openat",
    "creat",
    "close",
    "stat",
    "fstat",
    "lstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "lseek",
    "readlink",
    "readlinkat",
    "getdents64",
    "getcwd",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "ftruncate",
    "fallocate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "fadvise64",
    "flock",
    "fcntl",
    "dup",
    "dup2",
    "dup3",
    "pipe",
    "pipe2",
    "umask",
    "sendfile",
    "copy_file_range",
    "memfd_create",
    // waiting
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    // memory
    "mmap",
    "mprotect",
    "munmap",
    "mremap",
    "madvise",
    "brk",
    "mincore",
    "membarrier",
    // threads and the process itself
    "execve",
    "exit",
    "exit_group",
    "futex",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "arch_prctl",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "getpid",
    "gettid",
    "getppid",
    "getpgrp",
    "getpgid",
    "getsid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "getpriority",
    "getrlimit",
    "getrusage",
    "times",
    "uname",
    "sysinfo",
    "getcpu",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigpending",
    "rt_sigtimedwait",
    "sigaltstack",
    "restart_syscall",
    "alarm",
    "setitimer",
    "wait4",
    "waitid",
    // time and chance
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "gettimeofday",
    "time",
    "getrandom",
};

// Refused with EPERM, so that a program says so plainly; what is in neither list gets ENOSYS, for which the C library
// has older ways.
constexpr const char* kRefused[] = {
    "socket",
    "socketpair",
    "connect",
    "bind",
    "listen",
    "accept",
    "accept4",
    "sendto",
    "sendmsg",
    "ptrace",
    "process_vm_readv",
    "process_vm_writev",
    "kill",
    "tkill",
    "tgkill",
    "pidfd_open",
    "pidfd_getfd",
    "pidfd_send_signal",
    "fork",
    "vfork",
    "setsid",
    "setpgid",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "mknod",
    "mknodat",
    "chmod",
    "fchmod",
    "fchmodat",
    "chown",
    "fchown",
    "lchown",
    "fchownat",
    "setuid",
    "setgid",
    "setreuid",
    "setregid",
    "setresuid",
    "setresgid",
    "setgroups",
    "unshare",
    "setns",
    "mount",
    "umount2",
    "pivot_root",
    "chroot",
    "bpf",
    "perf_event_open",
    "userfaultfd",
    "keyctl",
    "add_key",
    "request_key",
    "open_by_handle_at",
    "name_to_handle_at",
    "io_uring_setup",
    "setpriority",
    "ioprio_set",
    "sched_setaffinity",
    "sched_setscheduler",
    "setrlimit",
    "mlock",
    "mlock2",
    "mlockall",
    "truncate",
    "utimensat",
    "setxattr",
    "fsetxattr",
    "lsetxattr",
    "msgget",
    "semget",
    "shmget",
    "mq_open",
    "get_mempolicy",
    "set_mempolicy",
    "mbind",
};

class Filter {
 public:
  Filter() : context_(seccomp_init(SCMP_ACT_ERRNO(ENOSYS))) {}
  ~Filter() {
    if (context_) seccomp_release(context_);
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  explicit operator bool() const { return context_ != nullptr; }
  scmp_filter_ctx get() const { return context_; }

  template <class... Conditions>
  void rule(std::uint32_t action, const char* name, Conditions... conditions) {
    int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR) return;
    int result = seccomp_rule_add(context_, action, number, sizeof...(conditions), conditions...);
    // -EDOM: this call does not exist on this architecture.
    if (result < 0 && result != -EDOM && result != -EACCES) failed_ = fmt::format("{}: {}", name, strerror(-result));
  }
  const std::string& failed() const { return failed_; }

 private:
  scmp_filter_ctx context_;
  std::string failed_;
};

std::unexpected<Error> cannot(std::string detail) {
  return fail(Code::internal, "sandbox", "The filter of system calls could not be made.", std::move(detail));
}

}  // namespace

Result<std::vector<sock_filter>> decoder_filter() {
  Filter filter;
  if (!filter) return cannot("seccomp_init");
  for (const char* name : kAllowed) filter.rule(SCMP_ACT_ALLOW, name);
  for (const char* name : kRefused) filter.rule(SCMP_ACT_ERRNO(EPERM), name);

  // Threads, not processes. clone3 hides its flags behind a pointer, hence ENOSYS: the C library then uses clone.
  filter.rule(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD));
  filter.rule(SCMP_ACT_ERRNO(EPERM), "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
  // Limits may be asked for, of itself.
  filter.rule(SCMP_ACT_ALLOW, "prlimit64", SCMP_A0_64(SCMP_CMP_EQ, 0), SCMP_A2_64(SCMP_CMP_EQ, 0));
  for (unsigned long option : {PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, 0x53564d41 /* PR_SET_VMA: names of heaps */})
    filter.rule(SCMP_ACT_ALLOW, "prctl", SCMP_A0_32(SCMP_CMP_EQ, static_cast<std::uint32_t>(option)));
  for (unsigned long request : {TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX})
    filter.rule(SCMP_ACT_ALLOW, "ioctl", SCMP_A1_32(SCMP_CMP_EQ, static_cast<std::uint32_t>(request)));
  if (!filter.failed().empty()) return cannot(filter.failed());

  UniqueFd file(memfd_create("filter", MFD_CLOEXEC));
  if (!file) return fail_errno(errno, "memfd_create");
  if (int result = seccomp_export_bpf(filter.get(), file.get()); result < 0) return cannot(strerror(-result));
  off_t size = lseek(file.get(), 0, SEEK_END);
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  if (pread(file.get(), program.data(), static_cast<std::size_t>(size), 0) != size) return fail_errno(errno, "filter");
  return program;
}

}  // namespace reelvault::media
