#include "storage/local_store.hpp"

#include "http/content_gone.hpp"
#include "storage/beneath.hpp"
#include "storage/local_list.hpp"
#include "storage/local_stat.hpp"
#include "storage/object_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace reelvault::storage {
namespace {

constexpr std::uint64_t kWriteBackBytes = 1 << 20;
constexpr std::size_t kHashBlock = 256 << 10;
constexpr std::size_t kMostFoldersKept = 100'000;
constexpr auto kIdle = std::chrono::minutes(5);

std::string folder_part(const std::string& key) {
  const std::size_t slash = key.rfind('/');
  return slash == std::string::npos ? "" : key.substr(0, slash);
}

class LocalPartWriter final : public PartWriter {
 public:
  LocalPartWriter(std::shared_ptr<OpenFile> file, std::uint64_t offset, std::uint64_t length, bool direct)
      : file_(std::move(file)), offset_(offset), length_(length), direct_(direct) {}

  Result<void> write(std::string_view block) override {
    if (block.size() > length_ - written_) {
      return fail(Code::invalid, "wrong-part-length", "The body is longer than the part.");
    }
    const ByteView bytes = bytes_of(block);
    digest_.update(bytes);
    crc32_ = reelvault::crc32(bytes, crc32_);
    RV_TRY(const std::size_t past_cache, write_direct(bytes));
    if (past_cache > 0) {
      RV_CHECK(hand_over());
      written_ += past_cache;
      handed_over_ = written_;
    }
    const ByteView rest = bytes.subspan(past_cache);
    if (rest.empty()) return {};
    RV_CHECK(file_->write(rest, offset_ + written_));
    written_ += rest.size();
    if (written_ - handed_over_ >= kWriteBackBytes) return hand_over();
    return {};
  }

  Result<Written> finish() override {
    if (written_ != length_) return fail(Code::invalid, "wrong-part-length", "The body is shorter than the part.");
    RV_CHECK(hand_over());
    return Written{written_, hex(digest_.finish()), crc32_};
  }

 private:
  // As much as can be; the number of bytes, from the beginning.
  Result<std::size_t> write_direct(ByteView bytes) {
    constexpr auto kBlock = OpenFile::kDirectBlock;
    if (!direct_ || (offset_ + written_) % kBlock != 0 ||
        reinterpret_cast<std::uintptr_t>(bytes.data()) % kBlock != 0) {
      return 0;
    }
    const std::size_t whole = bytes.size() / kBlock * kBlock;
    if (whole == 0) return 0;
    RV_TRY(const bool wrote, file_->write_direct(bytes.first(whole), offset_ + written_));
    direct_ = wrote;
    return wrote ? whole : 0;
  }
  Result<void> hand_over() {
    const std::uint64_t from = std::exchange(handed_over_, written_);
    return file_->begin_write_back(offset_ + from, written_ - from);
  }

  const std::shared_ptr<OpenFile> file_;
  const std::uint64_t offset_;
  const std::uint64_t length_;
  bool direct_;
  std::uint64_t written_ = 0;
  std::uint64_t handed_over_ = 0;
  Digest digest_{Digest::Kind::xxh3_128};
  std::uint32_t crc32_ = 0;
};

// Reserves the bytes; where the file system cannot, the size alone is set. What does not fit is refused beforehand: a
// fallocate that fails has filled the disk for everyone else by then, and a database beside needs room to go on.
Result<void> reserve(int fd, std::uint64_t size, const std::filesystem::path& path) {
  if (size == 0) return {};
  if (size > static_cast<std::uint64_t>(INT64_MAX)) {
    return fail(Code::too_large, "too-large", "The file is too large.");
  }
  if (auto room = room_on_disk(fd); room && size > *room) return fail_errno(ENOSPC, "allocating " + path.string());
  int result = 0;
  do {
    result = ::fallocate(fd, 0, 0, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return {};
  if (errno == EFBIG) return fail(Code::too_large, "too-large", "The file is too large for this store.");
  if (errno != EOPNOTSUPP && errno != ENOSYS) return fail_errno(errno, "allocating " + path.string());
  if (::ftruncate(fd, static_cast<off_t>(size)) != 0) return fail_errno(errno, "allocating " + path.string());
  return {};
}

Result<void> sync_descriptor(int fd, const std::filesystem::path& path) {
  if (::fsync(fd) != 0) return fail_errno(errno, "syncing " + path.string());
  return {};
}

}  // namespace

Result<ObjectInfo> LocalStore::stat(const std::string& key) { return stat_object(root_, key); }

Result<void> LocalStore::remove(const std::string& key) {
  RV_CHECK(check_key(key));
  auto folder = folder_of(key);
  if (!folder && folder.error().code == Code::not_found) return {};
  if (!folder) return std::unexpected(std::move(folder).error());
  if (::unlinkat(folder->get(), key.substr(key.rfind('/') + 1).c_str(), 0) != 0 && errno != ENOENT) {
    return fail_errno(errno, "removing " + path(key).string());
  }
  // Not synced: should a power cut bring the file back, the next sweep finds it.
  return {};
}

http::Segment LocalStore::segment(const std::string& key, std::uint64_t offset, std::uint64_t length,
                                  const ObjectInfo& expected, std::shared_ptr<const void> hold) {
  http::FileRange range{path(key).string(), offset, length, expected.size, expected.mtime_ns, std::move(hold)};
  if (is_random_key(key)) return range;
  // The path of a registered object may hold links, and be changed by others before http/ opens it: what is opened
  // here, confined to the root, is what is sent. What does not open is told when its turn comes.
  struct Held {
    UniqueFd fd;
    std::shared_ptr<const void> hold;
  };
  auto held = std::make_shared<Held>();
  auto fd = open_beneath(root_, key, O_PATH);
  if (!fd) {
    Error error = std::move(fd).error();
    if (error.code == Code::not_found || error.code == Code::invalid)
      error = http::fail_content_gone(std::move(error.detail)).error();
    return http::RemoteRange{
        [error = std::move(error)](std::uint64_t, std::uint64_t) -> Result<std::string> { return fail(error); }, offset,
        length};
  }
  held->fd = std::move(*fd);
  held->hold = std::move(range.hold);
  range.path = "/proc/self/fd/" + std::to_string(held->fd.get());
  range.hold = std::move(held);
  return range;
}

Result<std::string> LocalStore::read(const std::string& key, std::uint64_t offset, std::uint64_t length) {
  RV_TRY(ObjectInfo info, stat(key));
  RV_TRY(UniqueFd fd, open_beneath(root_, key, O_RDONLY | O_NONBLOCK));
  std::string content;
  content.resize(offset >= info.size ? 0 : std::min(length, info.size - offset));
  RV_TRY(const std::size_t got, read_at(fd.get(), std::as_writable_bytes(std::span(content)), offset));
  content.resize(got);
  return content;
}

Result<std::vector<ListedObject>> LocalStore::list(const std::string& prefix, const std::string& after, int limit) {
  RV_TRY(auto found, list_directory(root_, prefix, after, limit, false));
  return std::move(found.objects);
}

Result<LeftOutStore::Found> LocalStore::list_with_left_out(const std::string& prefix, const std::string& after,
                                                           int limit) {
  return list_directory(root_, prefix, after, limit, true);
}

std::optional<std::uint64_t> LocalStore::free_bytes() {
  struct statvfs space{};
  if (::statvfs(root_.c_str(), &space) != 0) return std::nullopt;
  return std::uint64_t{space.f_bavail} * space.f_frsize;
}

Result<UniqueFd> LocalStore::folder_of(const std::string& key) {
  const std::string folder = folder_part(key);
  if (folder.empty()) return open_file(root_, O_RDONLY | O_DIRECTORY);
  return open_beneath(root_, folder, O_RDONLY | O_DIRECTORY);
}

Result<void> LocalStore::sync_folder_of(const std::string& key) {
  RV_TRY(UniqueFd folder, folder_of(key));
  return sync_descriptor(folder.get(), path(key).parent_path());
}

Result<void> LocalStore::make_folders(const std::string& key) {
  for (std::size_t slash = key.find('/'); slash != std::string::npos; slash = key.find('/', slash + 1)) {
    const std::string folder = key.substr(0, slash);
    {
      std::scoped_lock lock(mutex_);
      if (durable_folders_.contains(folder)) continue;
    }
    RV_TRY(UniqueFd parent, folder_of(folder));
    if (::mkdirat(parent.get(), folder.substr(folder.rfind('/') + 1).c_str(), 0750) != 0 && errno != EEXIST) {
      return fail_errno(errno, "making the folder " + path(folder).string());
    }
    // One that was there already too: whoever made it may not have come to sync it, or was killed before.
    RV_CHECK(sync_descriptor(parent.get(), path(folder).parent_path()));
    std::scoped_lock lock(mutex_);
    if (durable_folders_.size() >= kMostFoldersKept) durable_folders_.clear();
    durable_folders_.insert(folder);
  }
  return {};
}

Result<UniqueFd> LocalStore::create(const std::string& key) {
  RV_CHECK(check_key(key));
  RV_CHECK(make_folders(key));
  auto fd = open_beneath(root_, key, O_RDWR | O_CREAT | O_EXCL);
  if (fd || fd.error().code != Code::not_found) return fd;
  {
    std::scoped_lock lock(mutex_);
    durable_folders_.clear();
  }
  RV_CHECK(make_folders(key));
  return open_beneath(root_, key, O_RDWR | O_CREAT | O_EXCL);
}

Result<void> LocalStore::allocate(const std::string& key, std::uint64_t size) {
  RV_TRY(UniqueFd fd, create(key));
  auto settle = [&]() -> Result<void> {
    RV_CHECK(reserve(fd.get(), size, path(key)));
    RV_CHECK(sync_descriptor(fd.get(), path(key)));
    return sync_folder_of(key);
  };
  if (auto settled = settle(); !settled) {
    (void)remove(key);
    return settled;
  }
  open_files_.add(key, opened(std::move(fd), key));
  return {};
}

std::shared_ptr<OpenFile> LocalStore::opened(UniqueFd fd, const std::string& key) {
  UniqueFd direct;
  struct stat status{};
  if (direct_bytes_ > 0 && ::fstat(fd.get(), &status) == 0 &&
      static_cast<std::uint64_t>(status.st_size) >= direct_bytes_)
    direct = UniqueFd(::open(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC));
  return std::make_shared<OpenFile>(std::move(fd), path(key), std::move(direct));
}

Result<std::shared_ptr<OpenFile>> LocalStore::open_upload(const std::string& key) {
  open_files_.tidy(kIdle);
  return open_files_.get(key, [&]() -> Result<std::shared_ptr<OpenFile>> {
    RV_TRY(UniqueFd fd, open_beneath(root_, key, O_RDWR));
    return opened(std::move(fd), key);
  });
}

Result<std::unique_ptr<PartWriter>> LocalStore::write_part(const std::string& key, std::uint64_t offset,
                                                           std::uint64_t length) {
  RV_TRY(std::shared_ptr<OpenFile> file, open_upload(key));
  // A part that shares a page with its neighbour goes through the page cache, where both find it; at the file's end
  // nobody else is.
  bool direct = file->direct() && offset % OpenFile::kDirectBlock == 0;
  if (direct && length % OpenFile::kDirectBlock != 0) {
    struct stat status{};
    direct = ::fstat(file->fd(), &status) == 0 && static_cast<std::uint64_t>(status.st_size) == offset + length;
  }
  return std::make_unique<LocalPartWriter>(std::move(file), offset, length, direct);
}

Result<PartWriter::Written> LocalStore::hash_part(const std::string& key, std::uint64_t offset, std::uint64_t length) {
  RV_TRY(UniqueFd fd, open_beneath(root_, key, O_RDONLY));
  (void)::posix_fadvise(fd.get(), static_cast<off_t>(offset), static_cast<off_t>(length), POSIX_FADV_SEQUENTIAL);
  std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(length, kHashBlock)));
  Digest digest(Digest::Kind::xxh3_128);
  std::uint32_t crc = 0;
  for (std::uint64_t done = 0; done < length;) {
    std::span<std::byte> into(block.data(),
                              static_cast<std::size_t>(std::min<std::uint64_t>(length - done, block.size())));
    RV_TRY(const std::size_t got, read_at(fd.get(), into, offset + done));
    if (got < into.size())
      return fail(Code::not_found, "not-found", "The part's bytes are not there.", path(key).string());
    digest.update(into);
    crc = crc32(into, crc);
    done += got;
  }
  return PartWriter::Written{length, hex(digest.finish()), crc};
}

Result<void> LocalStore::sync(const std::string& key) {
  RV_TRY(std::shared_ptr<OpenFile> file, open_upload(key));
  return file->sync();
}

Result<bool> LocalStore::move_in(const std::filesystem::path& file, const std::string& key) {
  RV_TRY(UniqueFd folder, folder_of(key));
  const std::string name = key.substr(key.rfind('/') + 1);
  if (::renameat2(AT_FDCWD, file.c_str(), folder.get(), name.c_str(), RENAME_NOREPLACE) == 0) {
    RV_CHECK(sync_descriptor(folder.get(), path(key).parent_path()));
    return true;
  }
  if (errno == EEXIST) return fail(Code::conflict, "object-exists", "The object is there already.", path(key).string());
  // Another file system, or one that cannot rename without replacing.
  if (errno == EXDEV || errno == EINVAL || errno == ENOSYS) return false;
  return fail_errno(errno, "moving " + file.string() + " to " + path(key).string());
}

Result<void> LocalStore::copy_in(int from, std::uint64_t size, const std::string& key) {
  RV_TRY(UniqueFd to, create(key));
  RV_CHECK(reserve(to.get(), size, path(key)));
  std::vector<std::byte> block(kWriteBackBytes);
  for (std::uint64_t done = 0; done < size;) {
    RV_TRY(const std::size_t got, read_at(from, block, done));
    if (got == 0) return fail(Code::internal, "", "", "the file shrank while it was copied to " + path(key).string());
    RV_CHECK(write_all_at(to.get(), std::span(block).first(got), done));
    done += got;
  }
  RV_CHECK(sync_descriptor(to.get(), path(key)));
  return sync_folder_of(key);
}

Result<void> LocalStore::adopt(const std::filesystem::path& file, const std::string& key) {
  RV_CHECK(check_key(key));
  // Files come from sandboxed programs too: a link is not followed, and what others may go on writing to (a second
  // link, another user's file) is copied.
  RV_TRY(UniqueFd from, open_file(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat status{};
  if (::fstat(from.get(), &status) != 0) return fail_errno(errno, "looking at " + file.string());
  if (!S_ISREG(status.st_mode)) {
    return fail(Code::invalid, "not-a-file", "What is to be stored is not a file.", file.string());
  }
  bool moved = false;
  if (status.st_nlink == 1 && status.st_uid == ::geteuid()) {
    // A new time, for the sweep goes by it: the row that names this object comes after it.
    if (::futimens(from.get(), nullptr) != 0) return fail_errno(errno, "stamping " + file.string());
    (void)::fchmod(from.get(), 0640);
    RV_CHECK(sync_descriptor(from.get(), file));
    RV_CHECK(make_folders(key));
    RV_TRY(moved, move_in(file, key));
  }
  if (moved) return {};
  if (auto copied = copy_in(from.get(), static_cast<std::uint64_t>(status.st_size), key); !copied) {
    if (copied.error().code != Code::conflict) (void)remove(key);
    return copied;
  }
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) return fail_errno(errno, "removing " + file.string());
  return {};
}

Result<void> LocalStore::rename(const std::string& from, const std::string& to) {
  RV_CHECK(check_key(from));
  RV_CHECK(check_key(to));
  RV_CHECK(make_folders(to));
  auto target = folder_of(to);
  if (!target && target.error().code == Code::not_found) {
    {
      std::scoped_lock lock(mutex_);
      durable_folders_.clear();
    }
    RV_CHECK(make_folders(to));
    target = folder_of(to);
  }
  if (!target) return std::unexpected(std::move(target).error());
  RV_TRY(UniqueFd source, folder_of(from));
  const std::string old_name = from.substr(from.rfind('/') + 1);
  const std::string new_name = to.substr(to.rfind('/') + 1);
  int fault =
      ::renameat2(source.get(), old_name.c_str(), target->get(), new_name.c_str(), RENAME_NOREPLACE) == 0 ? 0 : errno;
  // A file system that cannot rename without replacing: a second name does not replace either.
  if (fault == EINVAL || fault == ENOSYS) {
    fault = ::linkat(source.get(), old_name.c_str(), target->get(), new_name.c_str(), 0) == 0 ? 0 : errno;
    if (fault == 0 && ::unlinkat(source.get(), old_name.c_str(), 0) != 0) fault = errno;
  }
  if (fault == EEXIST) return fail(Code::conflict, "object-exists", "The object is there already.", path(to).string());
  if (fault == ENOENT) return fail_not_found("object");
  if (fault != 0) return fail_errno(fault, "renaming " + path(from).string() + " to " + path(to).string());
  RV_CHECK(sync_descriptor(target->get(), path(to).parent_path()));
  RV_CHECK(sync_descriptor(source.get(), path(from).parent_path()));
  remove_empty_folders(from);
  return {};
}

void LocalStore::remove_empty_folders(const std::string& key) {
  for (std::string folder = folder_part(key); !folder.empty(); folder = folder_part(folder)) {
    auto above = folder_of(folder);
    if (!above || ::unlinkat(above->get(), folder.substr(folder.rfind('/') + 1).c_str(), AT_REMOVEDIR) != 0) return;
    std::scoped_lock lock(mutex_);
    durable_folders_.erase(folder);
  }
}

std::shared_ptr<Store> local_store(std::string name, std::filesystem::path root) {
  return std::make_shared<LocalStore>(std::move(name), std::move(root));
}

}  // namespace reelvault::storage
