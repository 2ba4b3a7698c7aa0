#include "disk.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <vector>

namespace powercut {
namespace {

constexpr std::uint64_t kPage = 4096;

timespec present() {
  timespec time{};
  ::clock_gettime(CLOCK_REALTIME, &time);
  return time;
}

void touch(Node& node) { node.live.modified = node.live.changed = present(); }

}  // namespace

Disk::Disk(std::filesystem::path backing) : backing_(std::move(backing)) {
  for (const char* part : {"live", "durable"}) {
    std::filesystem::remove_all(backing_ / part);
    std::filesystem::create_directories(backing_ / part);
  }
  Node& root = nodes_[next_];
  root.number = next_++;
  root.live.mode = S_IFDIR | 0755;
  root.live.uid = ::getuid();
  root.live.gid = ::getgid();
  touch(root);
  root.durable = root.live;
  root.links = root.durable_links = 1;
}

Disk::~Disk() {
  for (auto& [number, node] : nodes_) {
    if (node.fd >= 0) ::close(node.fd);
  }
}

std::filesystem::path Disk::file(Number number, bool durable) const {
  return backing_ / (durable ? "durable" : "live") / std::to_string(number);
}

Node* Disk::find(Number number) {
  auto found = nodes_.find(number);
  return found == nodes_.end() ? nullptr : &found->second;
}

Node* Disk::find(Number folder, const std::string& name) {
  Node* in = find(folder);
  if (in == nullptr) return nullptr;
  auto found = in->entries.find(name);
  return found == in->entries.end() ? nullptr : find(found->second);
}

void Disk::apply_live(const Operation& operation) {
  std::vector<Number> gone;
  for (const Change& change : operation) {
    Node& folder = nodes_.at(change.folder);
    if (auto old = folder.entries.find(change.name); old != folder.entries.end()) {
      --nodes_.at(old->second).links;
      gone.push_back(old->second);
      folder.entries.erase(old);
    }
    if (change.number != 0) {
      folder.entries[change.name] = change.number;
      ++nodes_.at(change.number).links;
    }
    touch(folder);
  }
  pending_.push_back(operation);
  for (Number number : gone) drop_if_gone(number);
}

void Disk::apply_durable(const Change& change) {
  Node& folder = nodes_.at(change.folder);
  if (auto old = folder.durable_entries.find(change.name); old != folder.durable_entries.end()) {
    --nodes_.at(old->second).durable_links;
    folder.durable_entries.erase(old);
  }
  if (change.number != 0) {
    folder.durable_entries[change.name] = change.number;
    ++nodes_.at(change.number).durable_links;
  }
}

int Disk::make(Number folder, const std::string& name, mode_t mode, uid_t uid, gid_t gid, const std::string& target,
               Node** made) {
  Node* in = find(folder);
  if (in == nullptr || in->links == 0) return -ENOENT;
  if (in->entries.contains(name)) return -EEXIST;
  const Number number = next_++;
  Node& node = nodes_[number];
  node.number = number;
  node.live.mode = mode;
  node.live.uid = uid;
  node.live.gid = gid;
  node.live.size = target.size();
  node.target = target;
  touch(node);
  // Should only its name be synced, the node is there after a cut, and empty.
  node.durable = node.live;
  if (S_ISREG(mode)) {
    for (bool durable : {false, true}) {
      const int fd = ::open(file(number, durable).c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
      if (fd < 0) return -errno;
      ::close(fd);
    }
  }
  apply_live({{folder, name, number}});
  *made = &node;
  return 0;
}

int Disk::link(Number number, Number folder, const std::string& name) {
  Node* node = find(number);
  Node* in = find(folder);
  if (node == nullptr || in == nullptr) return -ENOENT;
  if (node->folder()) return -EPERM;
  if (in->entries.contains(name)) return -EEXIST;
  apply_live({{folder, name, number}});
  return 0;
}

int Disk::unlink(Number folder, const std::string& name, bool of_folder) {
  Node* node = find(folder, name);
  if (node == nullptr) return -ENOENT;
  if (of_folder && !node->folder()) return -ENOTDIR;
  if (!of_folder && node->folder()) return -EISDIR;
  if (of_folder && !node->entries.empty()) return -ENOTEMPTY;
  apply_live({{folder, name, 0}});
  return 0;
}

int Disk::rename(Number from, const std::string& name, Number to, const std::string& new_name, bool replace) {
  Node* node = find(from, name);
  Node* target = find(to, new_name);
  if (node == nullptr || find(to) == nullptr) return -ENOENT;
  if (target == node) return 0;
  if (target != nullptr) {
    if (!replace) return -EEXIST;
    if (target->folder() != node->folder()) return node->folder() ? -ENOTDIR : -EISDIR;
    if (target->folder() && !target->entries.empty()) return -ENOTEMPTY;
  }
  apply_live({{to, new_name, node->number}, {from, name, 0}});
  return 0;
}

int Disk::open(Node& node) {
  if (node.fd < 0) {
    node.fd = ::open(file(node.number, false).c_str(), O_RDWR | O_CLOEXEC);
    if (node.fd < 0) return -errno;
  }
  ++node.opens;
  return 0;
}

void Disk::close(Node& node) {
  if (--node.opens > 0) return;
  ::close(node.fd);
  node.fd = -1;
  drop_if_gone(node.number);
}

void Disk::forget(Number number, std::uint64_t lookups) {
  Node* node = find(number);
  if (node == nullptr) return;
  node->lookups -= std::min(lookups, node->lookups);
  drop_if_gone(number);
}

void Disk::drop_if_gone(Number number) {
  Node* node = find(number);
  if (node == nullptr || number == kRoot) return;
  if (node->links > 0 || node->durable_links > 0 || node->lookups > 0 || node->opens > 0) return;
  // A change that is still to become durable, or that a seeded cut may keep, may bring it back.
  for (const Operation& operation : pending_) {
    for (const Change& change : operation) {
      if (change.number == number || change.folder == number) return;
    }
  }
  ::unlink(file(number, false).c_str());
  ::unlink(file(number, true).c_str());
  nodes_.erase(number);
}

std::uint64_t Disk::used() const {
  std::uint64_t sum = 0;
  for (const auto& [number, node] : nodes_) {
    if (S_ISREG(node.live.mode) && (node.links > 0 || node.opens > 0)) sum += node.live.size;
  }
  return sum;
}

bool Disk::fits(std::uint64_t more) const { return space_ == UINT64_MAX || used() + more <= space_; }

int Disk::live_fd(Node& node, bool& close_after) {
  close_after = node.fd < 0;
  return close_after ? ::open(file(node.number, false).c_str(), O_RDWR | O_CLOEXEC) : node.fd;
}

int Disk::read(Node& node, std::uint64_t offset, std::string& into) {
  bool close_after = false;
  const int fd = live_fd(node, close_after);
  if (fd < 0) return -errno;
  const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
  const int error = errno;
  if (close_after) ::close(fd);
  if (got < 0) return -error;
  into.resize(static_cast<std::size_t>(got));
  return 0;
}

int Disk::write(Node& node, const char* data, std::size_t size, std::uint64_t offset) {
  const std::uint64_t end = offset + size;
  const std::uint64_t grows = end > node.live.size ? end - node.live.size : 0;
  if (!fits(grows)) return -ENOSPC;
  bool close_after = false;
  const int fd = live_fd(node, close_after);
  if (fd < 0) return -errno;
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote = ::pwrite(fd, data + done, size - done, static_cast<off_t>(offset + done));
    if (wrote < 0) {
      const int error = errno;
      if (close_after) ::close(fd);
      return -error;
    }
    done += static_cast<std::size_t>(wrote);
  }
  if (close_after) ::close(fd);
  node.live.size += grows;
  touch(node);
  // The range joins those that it touches.
  std::uint64_t begin = offset;
  std::uint64_t last = end;
  auto next = node.unsynced.upper_bound(begin);
  if (next != node.unsynced.begin() && std::prev(next)->second >= begin) --next;
  while (next != node.unsynced.end() && next->first <= last) {
    begin = std::min(begin, next->first);
    last = std::max(last, next->second);
    next = node.unsynced.erase(next);
  }
  node.unsynced[begin] = last;
  return 0;
}

int Disk::resize(Node& node, std::uint64_t size) {
  if (size > node.live.size && !fits(size - node.live.size)) return -ENOSPC;
  if (::truncate(file(node.number, false).c_str(), static_cast<off_t>(size)) != 0) return -errno;
  // What lay beyond reads as zeros should the file grow again.
  if (size < node.live.size) node.unsynced[size] = std::max(node.unsynced[size], node.live.size);
  node.live.size = size;
  touch(node);
  return 0;
}

// Bytes of [begin, end) from the live content to the durable one or back; where the source ends, zeros.
void Disk::copy(Node& node, std::uint64_t begin, std::uint64_t end, bool to_durable) {
  const int from = ::open(file(node.number, !to_durable).c_str(), O_RDONLY | O_CLOEXEC);
  const int to = ::open(file(node.number, to_durable).c_str(), O_WRONLY | O_CLOEXEC);
  if (from < 0 || to < 0) throw std::runtime_error("the backing folder is not to be read or written");
  std::string block(1 << 20, '\0');
  while (begin < end) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end - begin));
    const ssize_t got = ::pread(from, block.data(), want, static_cast<off_t>(begin));
    if (got < 0) throw std::runtime_error("the backing folder cannot be read");
    std::fill(block.begin() + got, block.begin() + static_cast<std::ptrdiff_t>(want), '\0');
    if (::pwrite(to, block.data(), want, static_cast<off_t>(begin)) != static_cast<ssize_t>(want)) {
      throw std::runtime_error("the backing folder cannot be written");
    }
    begin += want;
  }
  ::close(from);
  ::close(to);
}

int Disk::sync(Node& node) {
  ++syncs_;
  if (syncs_to_fail_ > 0) {
    --syncs_to_fail_;
    node.unsynced.clear();
    return -EIO;
  }
  if (S_ISREG(node.live.mode)) {
    for (const auto& [begin, end] : node.unsynced) copy(node, begin, std::min(end, node.live.size), true);
    node.unsynced.clear();
    if (::truncate(file(node.number, true).c_str(), static_cast<off_t>(node.live.size)) != 0) return -errno;
  }
  node.durable = node.live;
  return 0;
}

int Disk::sync_folder(Node& node) {
  ++syncs_;
  if (syncs_to_fail_ > 0) {
    --syncs_to_fail_;
    return -EIO;
  }
  std::vector<Number> touched;
  for (auto operation = pending_.begin(); operation != pending_.end();) {
    std::erase_if(*operation, [&](const Change& change) {
      if (change.folder != node.number) return false;
      if (auto old = node.durable_entries.find(change.name); old != node.durable_entries.end()) {
        touched.push_back(old->second);
      }
      if (change.number != 0) touched.push_back(change.number);
      apply_durable(change);
      return true;
    });
    operation = operation->empty() ? pending_.erase(operation) : std::next(operation);
  }
  node.durable = node.live;
  for (Number number : touched) drop_if_gone(number);
  return 0;
}

bool Disk::all_durable() const {
  return pending_.empty() && std::ranges::all_of(nodes_, [](const auto& entry) {
           return entry.second.unsynced.empty() && entry.second.live.size == entry.second.durable.size;
         });
}

// What a disk may have taken of a file's unsynced content on its own: any pages, in any order.
void Disk::keep_some(Node& node, std::mt19937& random) {
  for (const auto& [begin, end] : node.unsynced) {
    for (std::uint64_t page = begin / kPage * kPage; page < end; page += kPage) {
      if (random() % 2 == 0) continue;
      const std::uint64_t from = std::max(page, begin);
      const std::uint64_t to = std::min({page + kPage, end, node.live.size});
      if (from >= to) continue;
      copy(node, from, to, true);
      node.durable.size = std::max(node.durable.size, to);
    }
  }
}

void Disk::revert(Node& node) {
  node.unsynced.clear();
  node.live = node.durable;
  // All of it, not only what is marked as unsynced: what a failed sync lost is not marked any more, and goes too.
  copy(node, 0, node.durable.size, false);
  for (bool durable : {false, true}) {
    if (::truncate(file(node.number, durable).c_str(), static_cast<off_t>(node.durable.size)) != 0) {
      throw std::runtime_error("the backing folder cannot be written");
    }
  }
}

void Disk::cut(unsigned seed) {
  std::mt19937 random(seed);
  if (seed != 0) {
    auto kept = pending_.empty() ? 0 : random() % (pending_.size() + 1);
    for (auto operation = pending_.begin(); kept > 0; ++operation, --kept) {
      for (const Change& change : *operation) apply_durable(change);
    }
  }
  pending_.clear();
  // What the durable tree reaches is left.
  std::set<Number> reached;
  std::vector<Number> next{kRoot};
  while (!next.empty()) {
    const Number number = next.back();
    next.pop_back();
    if (!reached.insert(number).second) continue;
    for (const auto& [name, child] : nodes_.at(number).durable_entries) next.push_back(child);
  }
  for (auto entry = nodes_.begin(); entry != nodes_.end();) {
    auto& [number, node] = *entry;
    if (node.fd >= 0) ::close(node.fd);
    node.fd = -1;
    if (!reached.contains(number)) {
      ::unlink(file(number, false).c_str());
      ::unlink(file(number, true).c_str());
      entry = nodes_.erase(entry);
      continue;
    }
    if (S_ISREG(node.live.mode)) {
      if (seed != 0) keep_some(node, random);
      revert(node);
    } else {
      node.live = node.durable;
    }
    node.entries = node.durable_entries;
    node.lookups = 0;
    node.opens = 0;
    node.links = node.durable_links = number == kRoot ? 1 : 0;
    ++entry;
  }
  for (const auto& [number, node] : nodes_) {
    for (const auto& [name, child] : node.entries) {
      ++nodes_.at(child).links;
      ++nodes_.at(child).durable_links;
    }
  }
}

}  // namespace powercut
