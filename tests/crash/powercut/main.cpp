// powercut BACKING MOUNTPOINT: mounts a Disk by FUSE and obeys what comes over the Unix socket BACKING/control, a
// command per connection (README.md). One thread serves both, so that a command happens between two file operations.
#define FUSE_USE_VERSION 34
#include "disk.hpp"

#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>

namespace powercut {
namespace {

std::unique_ptr<Disk> disk;

constexpr double kCacheSeconds = 3600;  // every change comes through the kernel that caches

struct stat stat_of(const Node& node) {
  struct stat status{};
  status.st_ino = node.number;
  status.st_mode = node.live.mode;
  status.st_uid = node.live.uid;
  status.st_gid = node.live.gid;
  status.st_nlink = static_cast<nlink_t>(node.folder() ? 2 : node.links);
  status.st_size = static_cast<off_t>(node.live.size);
  status.st_blocks = static_cast<blkcnt_t>((node.live.size + 511) / 512);
  status.st_blksize = 4096;
  status.st_mtim = node.live.modified;
  status.st_atim = node.live.modified;
  status.st_ctim = node.live.changed;
  return status;
}

fuse_entry_param entry_of(Node& node) {
  ++node.lookups;
  fuse_entry_param entry{};
  entry.ino = node.number;
  entry.generation = 1;
  entry.attr = stat_of(node);
  entry.attr_timeout = entry.entry_timeout = kCacheSeconds;
  return entry;
}

void reply_entry(fuse_req_t request, Node* node, int error) {
  if (error != 0 || node == nullptr) {
    fuse_reply_err(request, error != 0 ? -error : ENOENT);
    return;
  }
  const fuse_entry_param entry = entry_of(*node);
  fuse_reply_entry(request, &entry);
}

void reply(fuse_req_t request, int error) { fuse_reply_err(request, -error); }

// The node that a request is about, or nothing and the request is answered.
Node* node_of(fuse_req_t request, fuse_ino_t number) {
  Node* node = disk->find(number);
  if (node == nullptr) fuse_reply_err(request, ENOENT);
  return node;
}

void op_init(void*, fuse_conn_info* connection) {
  // Writes come at once and not from the kernel's cache later, and mapped memory when it is written back.
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_WRITEBACK_CACHE);
}

void op_lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply_entry(request, disk->find(parent, name), 0);
}

void op_forget(fuse_req_t request, fuse_ino_t number, std::uint64_t lookups) {
  disk->forget(number, lookups);
  fuse_reply_none(request);
}

void op_getattr(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
  if (const Node* node = node_of(request, number)) {
    const struct stat status = stat_of(*node);
    fuse_reply_attr(request, &status, kCacheSeconds);
  }
}

void op_setattr(fuse_req_t request, fuse_ino_t number, struct stat* wanted, int which, fuse_file_info*) {
  Node* node = node_of(request, number);
  if (node == nullptr) return;
  timespec present{};
  ::clock_gettime(CLOCK_REALTIME, &present);
  if (which & FUSE_SET_ATTR_SIZE) {
    if (const int error = disk->resize(*node, static_cast<std::uint64_t>(wanted->st_size)); error != 0) {
      return reply(request, error);
    }
  }
  if (which & FUSE_SET_ATTR_MODE) node->live.mode = (node->live.mode & S_IFMT) | (wanted->st_mode & 07777);
  if (which & FUSE_SET_ATTR_UID) node->live.uid = wanted->st_uid;
  if (which & FUSE_SET_ATTR_GID) node->live.gid = wanted->st_gid;
  if (which & FUSE_SET_ATTR_MTIME) node->live.modified = wanted->st_mtim;
  if (which & FUSE_SET_ATTR_MTIME_NOW) node->live.modified = present;
  node->live.changed = present;
  const struct stat status = stat_of(*node);
  fuse_reply_attr(request, &status, kCacheSeconds);
}

int make(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, const std::string& target, Node** node) {
  const fuse_ctx* caller = fuse_req_ctx(request);
  return disk->make(parent, name, mode, caller->uid, caller->gid, target, node);
}

void op_mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  Node* node = nullptr;
  const int error = make(request, parent, name, S_IFDIR | (mode & 07777), "", &node);
  reply_entry(request, node, error);
}

void op_mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t) {
  if (S_ISCHR(mode) || S_ISBLK(mode)) return reply(request, -EPERM);
  Node* node = nullptr;
  const int error = make(request, parent, name, mode, "", &node);
  reply_entry(request, node, error);
}

void op_symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  Node* node = nullptr;
  const int error = make(request, parent, name, S_IFLNK | 0777, target, &node);
  reply_entry(request, node, error);
}

void op_readlink(fuse_req_t request, fuse_ino_t number) {
  if (const Node* node = node_of(request, number)) fuse_reply_readlink(request, node->target.c_str());
}

void op_link(fuse_req_t request, fuse_ino_t number, fuse_ino_t parent, const char* name) {
  const int error = disk->link(number, parent, name);
  reply_entry(request, disk->find(number), error);
}

void op_unlink(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply(request, disk->unlink(parent, name, false));
}

void op_rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) {
  reply(request, disk->unlink(parent, name, true));
}

void op_rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t to, const char* new_name,
               unsigned flags) {
  if ((flags & ~static_cast<unsigned>(RENAME_NOREPLACE)) != 0) return reply(request, -EINVAL);
  reply(request, disk->rename(parent, name, to, new_name, (flags & RENAME_NOREPLACE) == 0));
}

void prepare(fuse_file_info* file) {
  file->direct_io = 0;
  file->keep_cache = 1;  // or opening would drop what is mapped
}

void op_create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* file) {
  Node* node = nullptr;
  int error = make(request, parent, name, S_IFREG | (mode & 07777), "", &node);
  if (error == 0) error = disk->open(*node);
  if (error != 0) return reply(request, error);
  prepare(file);
  const fuse_entry_param entry = entry_of(*node);
  fuse_reply_create(request, &entry, file);
}

void op_open(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  Node* node = node_of(request, number);
  if (node == nullptr) return;
  int error = disk->open(*node);
  if (error == 0 && (file->flags & O_TRUNC) != 0) error = disk->resize(*node, 0);
  if (error != 0) return reply(request, error);
  prepare(file);
  fuse_reply_open(request, file);
}

void op_release(fuse_req_t request, fuse_ino_t number, fuse_file_info*) {
  if (Node* node = disk->find(number)) disk->close(*node);
  fuse_reply_err(request, 0);
}

void op_read(fuse_req_t request, fuse_ino_t number, std::size_t size, off_t offset, fuse_file_info*) {
  Node* node = node_of(request, number);
  if (node == nullptr) return;
  std::string content(size, '\0');
  if (const int error = disk->read(*node, static_cast<std::uint64_t>(offset), content); error != 0) {
    return reply(request, error);
  }
  fuse_reply_buf(request, content.data(), content.size());
}

void op_write(fuse_req_t request, fuse_ino_t number, const char* data, std::size_t size, off_t offset,
              fuse_file_info*) {
  Node* node = node_of(request, number);
  if (node == nullptr) return;
  const int error = disk->write(*node, data, size, static_cast<std::uint64_t>(offset));
  if (error != 0) return reply(request, error);
  fuse_reply_write(request, size);
}

void op_fallocate(fuse_req_t request, fuse_ino_t number, int mode, off_t offset, off_t length, fuse_file_info*) {
  Node* node = node_of(request, number);
  if (node == nullptr) return;
  if (mode != 0) return reply(request, -EOPNOTSUPP);
  const auto end = static_cast<std::uint64_t>(offset + length);
  reply(request, end > node->live.size ? disk->resize(*node, end) : 0);
}

void op_fsync(fuse_req_t request, fuse_ino_t number, int, fuse_file_info*) {
  if (Node* node = node_of(request, number)) reply(request, disk->sync(*node));
}

void op_fsyncdir(fuse_req_t request, fuse_ino_t number, int, fuse_file_info*) {
  if (Node* node = node_of(request, number)) reply(request, disk->sync_folder(*node));
}

// A folder is read as it was when it was opened.
void op_opendir(fuse_req_t request, fuse_ino_t number, fuse_file_info* file) {
  const Node* node = node_of(request, number);
  if (node == nullptr) return;
  auto entries = std::make_unique<std::vector<std::pair<std::string, struct stat>>>();
  entries->emplace_back(".", stat_of(*node));
  entries->emplace_back("..", stat_of(*node));
  for (const auto& [name, child] : node->entries) entries->emplace_back(name, stat_of(*disk->find(child)));
  file->fh = reinterpret_cast<std::uint64_t>(entries.release());
  fuse_reply_open(request, file);
}

void op_readdir(fuse_req_t request, fuse_ino_t, std::size_t size, off_t offset, fuse_file_info* file) {
  const auto& entries = *reinterpret_cast<std::vector<std::pair<std::string, struct stat>>*>(file->fh);
  std::string buffer(size, '\0');
  std::size_t filled = 0;
  for (auto at = static_cast<std::size_t>(offset); at < entries.size(); ++at) {
    const std::size_t needs =
        fuse_add_direntry(request, buffer.data() + filled, size - filled, entries[at].first.c_str(),
                          &entries[at].second, static_cast<off_t>(at + 1));
    if (needs > size - filled) break;
    filled += needs;
  }
  fuse_reply_buf(request, buffer.data(), filled);
}

void op_releasedir(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  delete reinterpret_cast<std::vector<std::pair<std::string, struct stat>>*>(file->fh);
  fuse_reply_err(request, 0);
}

void op_statfs(fuse_req_t request, fuse_ino_t) {
  struct statvfs status{};
  const std::uint64_t space = std::min<std::uint64_t>(disk->space(), 1ull << 40);
  status.f_bsize = status.f_frsize = 4096;
  status.f_blocks = space / 4096;
  status.f_bfree = status.f_bavail = space > disk->used() ? (space - disk->used()) / 4096 : 0;
  status.f_namemax = 255;
  fuse_reply_statfs(request, &status);
}

fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops ops{};
  ops.init = op_init;
  ops.lookup = op_lookup;
  ops.forget = op_forget;
  ops.getattr = op_getattr;
  ops.setattr = op_setattr;
  ops.mkdir = op_mkdir;
  ops.mknod = op_mknod;
  ops.symlink = op_symlink;
  ops.readlink = op_readlink;
  ops.link = op_link;
  ops.unlink = op_unlink;
  ops.rmdir = op_rmdir;
  ops.rename = op_rename;
  ops.create = op_create;
  ops.open = op_open;
  ops.release = op_release;
  ops.read = op_read;
  ops.write = op_write;
  ops.fallocate = op_fallocate;
  ops.fsync = op_fsync;
  ops.fsyncdir = op_fsyncdir;
  ops.opendir = op_opendir;
  ops.readdir = op_readdir;
  ops.releasedir = op_releasedir;
  ops.statfs = op_statfs;
  return ops;
}

class Mount {
 public:
  explicit Mount(const std::string& where) {
    static const fuse_lowlevel_ops ops = operations();
    char program[] = "powercut";
    // Only root lets others in (a database that runs as a user of its own).
    char for_all[] = "-ofsname=powercut,default_permissions,allow_other";
    char for_one[] = "-ofsname=powercut,default_permissions";
    char* option = ::getuid() == 0 ? for_all : for_one;
    char* arguments[] = {program, option};
    fuse_args args = FUSE_ARGS_INIT(2, arguments);
    session_ = fuse_session_new(&args, &ops, sizeof ops, nullptr);
    fuse_opt_free_args(&args);
    if (session_ == nullptr || fuse_session_mount(session_, where.c_str()) != 0) {
      throw std::runtime_error("cannot mount at " + where);
    }
  }
  // Closes the connection first, so that what the kernel still holds is lost and not written back.
  ~Mount() {
    fuse_session_unmount(session_);
    fuse_session_destroy(session_);
    std::free(buffer_.mem);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;
  int fd() const { return fuse_session_fd(session_); }
  bool serve() {
    const int got = fuse_session_receive_buf(session_, &buffer_);
    if (got == -EINTR || got == -EAGAIN) return true;
    if (got <= 0) return false;
    fuse_session_process_buf(session_, &buffer_);
    return !fuse_session_exited(session_);
  }

 private:
  fuse_session* session_;
  fuse_buf buffer_{};
};

volatile sig_atomic_t stopped = 0;

class Server {
 public:
  Server(const std::string& backing, std::string where) : where_(std::move(where)), control_(backing + "/control") {
    ::unlink(control_.c_str());
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (control_.size() >= sizeof address.sun_path) throw std::runtime_error("the backing folder's path is too long");
    std::strcpy(address.sun_path, control_.c_str());
    listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || ::listen(listener_, 8) != 0) {
      throw std::runtime_error("cannot listen at " + control_);
    }
    disk = std::make_unique<Disk>(backing);
    mount_ = std::make_unique<Mount>(where_);
  }
  ~Server() {
    mount_.reset();
    ::close(listener_);
    ::unlink(control_.c_str());
  }

  void run() {
    while (!stopped) {
      pollfd ready[] = {{mount_->fd(), POLLIN, 0}, {listener_, POLLIN, 0}};
      if (::poll(ready, 2, -1) < 0) continue;
      if (ready[0].revents != 0 && !mount_->serve()) return;
      if (ready[1].revents != 0) take_command();
    }
  }

 private:
  void take_command() {
    const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    std::string line;
    char c = 0;
    while (line.size() < 4096 && ::read(connection, &c, 1) == 1 && c != '\n') line += c;
    std::string answer;
    try {
      answer = obey(line);
    } catch (const std::exception& error) {
      answer = std::string("error: ") + error.what();
    }
    answer += '\n';
    (void)!::write(connection, answer.data(), answer.size());
    ::close(connection);
  }

  std::string obey(const std::string& line) {
    std::istringstream words(line);
    std::string verb;
    std::uint64_t number = 0;
    words >> verb >> number;
    if (verb == "cut") {
      mount_.reset();
      disk->cut(static_cast<unsigned>(number));
      mount_ = std::make_unique<Mount>(where_);
      return "ok";
    }
    if (verb == "fail-syncs") {
      disk->fail_syncs(static_cast<int>(number));
      return "ok";
    }
    if (verb == "space") {
      disk->set_space(number == 0 ? UINT64_MAX : number);
      return "ok";
    }
    if (verb == "state") {
      return "syncs=" + std::to_string(disk->syncs()) + " used=" + std::to_string(disk->used()) +
             " durable=" + (disk->all_durable() ? "yes" : "no");
    }
    return "error: cut [SEED], fail-syncs COUNT, space BYTES or state";
  }

  const std::string where_;
  const std::string control_;
  int listener_ = -1;
  std::unique_ptr<Mount> mount_;
};

}  // namespace
}  // namespace powercut

int main(int count, char** arguments) {
  if (count != 3) {
    std::fprintf(stderr, "powercut BACKING MOUNTPOINT\n");
    return 2;
  }
  const rlimit many{65536, 65536};
  (void)::setrlimit(RLIMIT_NOFILE, &many);
  struct sigaction stop{};
  stop.sa_handler = [](int) { powercut::stopped = 1; };
  for (int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaction(number, &stop, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  try {
    powercut::Server server(arguments[1], arguments[2]);
    std::printf("ready\n");
    std::fflush(stdout);
    server.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "powercut: %s\n", error.what());
    return 1;
  }
}
