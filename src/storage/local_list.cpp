#include "storage/local_list.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "storage/beneath.hpp"
#include "storage/local_stat.hpp"
#include "storage/object_key.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace reelvault::storage {
namespace {

constexpr int kDeepest = 64;
constexpr std::size_t kLeastWindow = 64;

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

class Lister {
 public:
  Lister(const std::filesystem::path& root, const std::string& prefix, const std::string& after, int limit,
         bool with_left_out)
      : root_(root),
        prefix_(prefix),
        after_(after),
        limit_(static_cast<std::size_t>(std::max(limit, 0))),
        with_left_out_(with_left_out) {}

  Result<LeftOutStore::Found> run() {
    if (limit_ == 0) return std::move(found_);
    // Everything that begins with the prefix is below its last folder.
    const std::size_t slash = prefix_.rfind('/');
    const std::string below = slash == std::string::npos ? "" : prefix_.substr(0, slash + 1);
    RV_TRY(UniqueFd root, open_file(root_, O_RDONLY | O_DIRECTORY));
    if (!below.empty()) {
      auto start = open_beneath(root_, below.substr(0, slash), O_RDONLY | O_DIRECTORY);
      if (!start && start.error().code == Code::not_found) return std::move(found_);
      if (!start) return std::unexpected(std::move(start).error());
      root = std::move(*start);
    }
    RV_CHECK(visit(std::move(root), below, 0));
    return std::move(found_);
  }

 private:
  bool full() const { return found_.objects.size() >= limit_; }

  // Whether a key with this beginning (a folder) or this key (a file) may belong to the answer.
  bool wanted_folder(const std::string& key) const {
    const bool on_the_way = prefix_.starts_with(key) || key.starts_with(prefix_);
    return on_the_way && (key > after_ || after_.starts_with(key));
  }
  bool wanted_file(const std::string& key) const { return key > after_ && key.starts_with(prefix_); }

  enum class Kind { file, folder, other };
  Kind kind_of(int directory, const dirent& entry, const std::string& key) const {
    switch (entry.d_type) {
      case DT_REG: return Kind::file;
      case DT_DIR: return Kind::folder;
      case DT_LNK: return stat_object(root_, key) ? Kind::file : Kind::other;
      case DT_UNKNOWN: break;
      default: return Kind::other;
    }
    struct stat status{};
    if (::fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return Kind::other;
    if (S_ISREG(status.st_mode)) return Kind::file;
    if (S_ISDIR(status.st_mode)) return Kind::folder;
    return S_ISLNK(status.st_mode) && stat_object(root_, key) ? Kind::file : Kind::other;
  }

  void leave_out(const std::string& key, std::string reason) {
    found_.leave_out(key, std::move(reason), static_cast<int>(limit_));
  }

  static std::string reason_of(const Error& error) {
    return error.type == "no-permission" ? error.message : "It cannot be looked at.";
  }

  // Why an entry that is no file and no folder, or has no name that could be a key, cannot be taken.
  std::string reason_of(const std::string& key) const {
    if (!valid_utf8(key)) return "Its name is not valid UTF-8.";
    if (auto checked = check_key(key); !checked) return checked.error().message;
    auto target = open_beneath(root_, key, O_PATH);
    if (!target) {
      if (target.error().code == Code::not_found) return "It is a link that leads nowhere.";
      if (target.error().code == Code::invalid) return "It is a link that leads out of the store.";
      return reason_of(target.error());
    }
    struct stat status{};
    if (::fstat(target->get(), &status) != 0) return "It cannot be looked at.";
    if (S_ISREG(status.st_mode)) {
      auto info = stat_object(root_, key);
      return info ? "It came while the folder was looked through." : reason_of(info.error());
    }
    if (S_ISDIR(status.st_mode)) return "It is a link to a folder, and those are not followed.";
    return "It is neither a file nor a folder.";
  }

  // The `window` first entries after `low`, sorted, a folder as "name/" since that is how its keys go on; what is left
  // out, where that is asked for, as "name" and a NUL.
  Result<std::vector<std::string>> read_window(DIR* directory, const std::string& below, const std::string& low,
                                               std::size_t window) {
    std::vector<std::string> names;  // a heap with the last name on top
    ::rewinddir(directory);
    while (true) {
      errno = 0;
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) {
        if (errno != 0) return fail_errno(errno, "listing " + (root_ / below).string());
        break;
      }
      std::string name = entry->d_name;
      if (name == "." || name == ".." || name.starts_with(".reelvault-")) continue;
      // Most entries of a large folder are outside the window: found out before anything is asked of the file.
      if (names.size() == window && name > names.front()) continue;
      const std::string key = below + name;
      const bool a_key = check_key(key).has_value();
      if (!a_key && !with_left_out_)
        log::warning("a name that cannot be a key is left out", {{"folder", (root_ / below).string()}});
      const Kind kind = a_key ? kind_of(::dirfd(directory), *entry, key) : Kind::other;
      if (kind == Kind::folder) name += '/';
      if (kind == Kind::other) {
        if (!with_left_out_) continue;
        name += '\0';
      }
      if (name <= low) continue;
      if (kind == Kind::folder ? !wanted_folder(key + "/") : !wanted_file(key)) continue;
      names.push_back(std::move(name));
      std::ranges::push_heap(names);
      if (names.size() > window) {
        std::ranges::pop_heap(names);
        names.pop_back();
      }
    }
    std::ranges::sort_heap(names);
    return names;
  }

  Result<void> visit(UniqueFd fd, const std::string& below, int depth) {
    const int number = fd.get();
    Directory directory(::fdopendir(number));
    if (!directory) return fail_errno(errno, "listing " + (root_ / below).string());
    (void)fd.release();
    std::string low;
    while (true) {
      const std::size_t window = std::max(limit_ - found_.objects.size(), kLeastWindow);
      RV_TRY(std::vector<std::string> names, read_window(directory.get(), below, low, window));
      for (const std::string& name : names) {
        if (name.ends_with('/')) {
          RV_CHECK(enter(number, below, name, depth));
        } else if (name.ends_with('\0')) {
          const std::string key = below + name.substr(0, name.size() - 1);
          leave_out(key, reason_of(key));
        } else if (auto info = stat_object(root_, below + name)) {
          found_.objects.push_back({below + name, std::move(*info)});
        } else if (info.error().code != Code::not_found && with_left_out_) {
          leave_out(below + name, reason_of(info.error()));
        }
        if (full()) return {};
      }
      if (names.size() < window) return {};
      low = names.back();
    }
  }

  Result<void> enter(int directory, const std::string& below, const std::string& name, int depth) {
    const std::string bare = name.substr(0, name.size() - 1);
    UniqueFd inner(::openat(directory, bare.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (inner && depth < kDeepest) return visit(std::move(inner), below + name, depth + 1);
    if (!inner && errno == ENOENT) return {};
    const int error_number = errno;
    if (with_left_out_) {
      leave_out(below + bare, inner ? "The folder is too deep."
                                    : fmt::format("The folder cannot be read: {}.", std::strerror(error_number)));
    } else {
      log::warning("a folder is left out of a listing", {{"folder", (root_ / below / bare).string()},
                                                         {"detail", inner ? "too deep" : std::strerror(error_number)}});
    }
    return {};
  }

  const std::filesystem::path& root_;
  const std::string& prefix_;
  const std::string& after_;
  const std::size_t limit_;
  const bool with_left_out_;
  LeftOutStore::Found found_;
};

}  // namespace

Result<LeftOutStore::Found> list_directory(const std::filesystem::path& root, const std::string& prefix,
                                           const std::string& after, int limit, bool with_left_out) {
  return Lister(root, prefix, after, limit, with_left_out).run();
}

}  // namespace reelvault::storage
