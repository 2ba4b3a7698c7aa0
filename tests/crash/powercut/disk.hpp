// A file tree that remembers what a power cut would leave of it. Every file has its live content and its durable one,
// every folder its live and its durable entries. Only syncing a file makes its content, size and times durable, and
// only syncing a folder its entries: this is stricter than ext4 or XFS, which often make more durable than was asked
// for, and exactly what POSIX promises.
//
// A cut throws away all that is not durable. A seeded cut keeps some of it, as a real one does: any pages of unsynced
// content, and the changes of folders up to some moment, in their order and a rename whole, as journals do.
//
// A sync that is told to fail behaves as on Linux: it reports EIO once, what it should have written counts as written
// and is not, and the next sync says that all is well.
//
// One thread. Functions give 0 or a negative errno, as FUSE wants them.
#pragma once
#include <sys/stat.h>
#include <time.h>

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace powercut {

using Number = std::uint64_t;  // of a node; 1 is the root
inline constexpr Number kRoot = 1;

struct Attributes {
  mode_t mode = 0;
  uid_t uid = 0;
  gid_t gid = 0;
  std::uint64_t size = 0;
  timespec modified{};
  timespec changed{};
};

using Entries = std::map<std::string, Number>;

struct Node {
  Number number = 0;
  Attributes live, durable;
  Entries entries, durable_entries;                 // of a folder
  std::map<std::uint64_t, std::uint64_t> unsynced;  // of a file: begin to end of ranges written since
  std::string target;                               // of a symbolic link
  int links = 0;                                    // live entries that name it
  int durable_links = 0;
  std::uint64_t lookups = 0;  // the kernel's
  int opens = 0;
  int fd = -1;  // of the live content, while open

  bool folder() const { return S_ISDIR(live.mode); }
};

class Disk {
 public:
  explicit Disk(std::filesystem::path backing);
  ~Disk();

  Node* find(Number number);
  Node* find(Number folder, const std::string& name);

  int make(Number folder, const std::string& name, mode_t mode, uid_t uid, gid_t gid, const std::string& target,
           Node** made);
  int link(Number number, Number folder, const std::string& name);
  int unlink(Number folder, const std::string& name, bool of_folder);
  int rename(Number from, const std::string& name, Number to, const std::string& new_name, bool replace);

  int open(Node& node);
  void close(Node& node);
  void forget(Number number, std::uint64_t lookups);
  int read(Node& node, std::uint64_t offset, std::string& into);  // into.size() at most; shortened at the end
  int write(Node& node, const char* data, std::size_t size, std::uint64_t offset);
  int resize(Node& node, std::uint64_t size);
  int sync(Node& node);
  int sync_folder(Node& node);

  void cut(unsigned seed);  // 0: keeps nothing that is not durable

  void fail_syncs(int count) { syncs_to_fail_ = count; }
  void set_space(std::uint64_t bytes) { space_ = bytes; }  // that all live files may take together
  std::uint64_t space() const { return space_; }
  std::uint64_t used() const;  // by live files; one without a name counts while it is open
  std::uint64_t syncs() const { return syncs_; }
  bool all_durable() const;

 private:
  // One operation's changes: what a name in a folder stands for from now on (0: nothing).
  struct Change {
    Number folder;
    std::string name;
    Number number;
  };
  using Operation = std::vector<Change>;

  void apply_live(const Operation& operation);
  void apply_durable(const Change& change);
  void copy(Node& node, std::uint64_t begin, std::uint64_t end, bool to_durable);
  void keep_some(Node& node, std::mt19937& random);
  void revert(Node& node);
  void drop_if_gone(Number number);
  std::filesystem::path file(Number number, bool durable) const;
  bool fits(std::uint64_t more) const;
  int live_fd(Node& node, bool& close_after);

  const std::filesystem::path backing_;
  std::map<Number, Node> nodes_;
  std::list<Operation> pending_;  // not durable yet, in order
  Number next_ = kRoot;
  int syncs_to_fail_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t space_ = UINT64_MAX;
};

}  // namespace powercut
