// Preloaded into the program, it turns syncing into a word without meaning, for some files: what the power test must
// notice. FORGET names them by a part of their path; FORGET_FOLDERS=1 means folders among them, else files.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int forgotten(int fd) {
  const char* part = getenv("FORGET");
  const char* folders = getenv("FORGET_FOLDERS");
  char link[64], path[4096];
  struct stat status;
  if (part == NULL || fstat(fd, &status) != 0) return 0;
  if (S_ISDIR(status.st_mode) != (folders != NULL)) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, part) != NULL;
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  return forgotten(fd) ? 0 : real(fd);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  return forgotten(fd) ? 0 : real(fd);
}
