// Preloaded into the program, it makes a store slow: while the file SLOW_CONTROL exists, what it names ("read", "write",
// "sync", "rename", "unlink", any of them) waits below the folders SLOW_ROOTS (separated by colons). A test sees so what
// lasts a moment otherwise, and knows from the file SLOW_CONTROL.read (or .write …) that somebody waits. Nothing is
// changed: every call does in the end what it was asked to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static ssize_t (*real_read)(int, void*, size_t);

static int asked_for(const char* what) {
  char words[256];
  const char* control = getenv("SLOW_CONTROL");
  int fd = control == NULL ? -1 : open(control, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  if (real_read == NULL) real_read = (ssize_t(*)(int, void*, size_t))dlsym(RTLD_NEXT, "read");
  ssize_t length = real_read(fd, words, sizeof words - 1);
  close(fd);
  if (length < 0) return 0;
  words[length] = 0;
  return strstr(words, what) != NULL;
}

static int below_roots(const char* path) {
  const char* root = getenv("SLOW_ROOTS");
  while (root != NULL && *root != 0) {
    size_t length = strcspn(root, ":");
    if (length > 0 && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0)) return 1;
    root += length + (root[length] == ':');
  }
  return 0;
}

static int path_of(int fd, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return 1;
}

static void tell(const char* what) {
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s.%s", getenv("SLOW_CONTROL"), what);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (fd >= 0) close(fd);
}

static void wait_for_path(const char* what, const char* path) {
  if (!below_roots(path) || !asked_for(what)) return;
  tell(what);
  do usleep(20000);
  while (asked_for(what));
}

static void wait_for_fd(const char* what, int fd) {
  char path[PATH_MAX];
  if (getenv("SLOW_CONTROL") != NULL && path_of(fd, path)) wait_for_path(what, path);
}

static void wait_for_name(const char* what, int folder, const char* name) {
  char path[PATH_MAX];
  if (getenv("SLOW_CONTROL") == NULL) return;
  if (name[0] == '/') wait_for_path(what, name);
  else if (folder != AT_FDCWD && path_of(folder, path)) wait_for_path(what, path);
}

#define REAL(type, name) \
  static type;           \
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, name)

ssize_t read(int fd, void* into, size_t count) {
  REAL(ssize_t(*real)(int, void*, size_t), "read");
  wait_for_fd("read", fd);
  return real(fd, into, count);
}

ssize_t pread(int fd, void* into, size_t count, off_t offset) {
  REAL(ssize_t(*real)(int, void*, size_t, off_t), "pread");
  wait_for_fd("read", fd);
  return real(fd, into, count, offset);
}

ssize_t pread64(int fd, void* into, size_t count, off64_t offset) {
  REAL(ssize_t(*real)(int, void*, size_t, off64_t), "pread64");
  wait_for_fd("read", fd);
  return real(fd, into, count, offset);
}

ssize_t pwrite(int fd, const void* from, size_t count, off_t offset) {
  REAL(ssize_t(*real)(int, const void*, size_t, off_t), "pwrite");
  wait_for_fd("write", fd);
  return real(fd, from, count, offset);
}

ssize_t pwrite64(int fd, const void* from, size_t count, off64_t offset) {
  REAL(ssize_t(*real)(int, const void*, size_t, off64_t), "pwrite64");
  wait_for_fd("write", fd);
  return real(fd, from, count, offset);
}

int fsync(int fd) {
  REAL(int (*real)(int), "fsync");
  wait_for_fd("sync", fd);
  return real(fd);
}

int fdatasync(int fd) {
  REAL(int (*real)(int), "fdatasync");
  wait_for_fd("sync", fd);
  return real(fd);
}

int rename(const char* from, const char* to) {
  REAL(int (*real)(const char*, const char*), "rename");
  wait_for_name("rename", AT_FDCWD, to);
  return real(from, to);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  REAL(int (*real)(int, const char*, int, const char*), "renameat");
  wait_for_name("rename", to_folder, to);
  return real(from_folder, from, to_folder, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  REAL(int (*real)(int, const char*, int, const char*, unsigned), "renameat2");
  wait_for_name("rename", to_folder, to);
  return real(from_folder, from, to_folder, to, flags);
}

int unlink(const char* path) {
  REAL(int (*real)(const char*), "unlink");
  wait_for_name("unlink", AT_FDCWD, path);
  return real(path);
}

int unlinkat(int folder, const char* name, int flags) {
  REAL(int (*real)(int, const char*, int), "unlinkat");
  wait_for_name("unlink", folder, name);
  return real(folder, name, flags);
}
