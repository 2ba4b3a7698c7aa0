#include "storage/copy.hpp"

#include "base/file.hpp"
#include "base/uuid.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace reelvault::storage {
namespace {

constexpr std::uint64_t kLocalBlock = 1 << 20;
constexpr std::uint64_t kRemoteBlock = 8 << 20;  // each is a request

std::unexpected<Error> stopped() { return fail(Code::conflict, "copy-stopped", "The copying was stopped."); }

std::unexpected<Error> source_damaged(const Location& from, std::string detail) {
  return fail(Code::conflict, "source-damaged",
              "The content in the store is not what was recorded when it came: its size or checksum differs.",
              from.store + "/" + from.key + ": " + std::move(detail));
}

// Takes the object's bytes in order, each block once.
using Take = std::function<Result<void>(std::string_view block, std::uint64_t done)>;

Result<Copied> read_through(const Stores::Entry& entry, const std::string& key, std::uint64_t size, const Take& take) {
  const std::uint64_t largest = entry.parts != nullptr ? kLocalBlock : kRemoteBlock;
  Digest digest(Digest::Kind::sha256);
  Copied copied;
  while (copied.size < size) {
    RV_TRY(const std::string block, entry.store->read(key, copied.size, std::min(largest, size - copied.size)));
    if (block.empty()) {
      return source_damaged({entry.store->name(), key}, fmt::format("ends after {} of {} bytes", copied.size, size));
    }
    RV_CHECK(take(block, copied.size));
    digest.update(bytes_of(block));
    copied.crc32 = crc32(bytes_of(block), copied.crc32);
    copied.size += block.size();
  }
  copied.sha256 = digest.finish();
  return copied;
}

// Where the copy is written to, block after block.
class Target {
 public:
  virtual ~Target() = default;
  virtual Result<void> write(std::string_view block) = 0;
  virtual Result<void> finish() = 0;  // durable under its key
  virtual void remove() = 0;          // what was made so far
};

class PartTarget final : public Target {
 public:
  static Result<std::unique_ptr<Target>> make(const Stores::Entry& entry, const std::string& key, std::uint64_t size) {
    RV_CHECK(entry.parts->allocate(key, size));
    auto writer = entry.parts->write_part(key, 0, size);
    auto target = std::make_unique<PartTarget>(entry, key);
    if (!writer) {
      target->remove();
      return fail(std::move(writer).error());
    }
    target->writer_ = std::move(*writer);
    return target;
  }
  PartTarget(const Stores::Entry& entry, std::string key) : entry_(entry), key_(std::move(key)) {}

  Result<void> write(std::string_view block) override { return writer_->write(block); }
  Result<void> finish() override {
    RV_CHECK(writer_->finish());
    RV_CHECK(entry_.parts->sync(key_));
    writer_.reset();
    entry_.parts->close(key_);
    return {};
  }
  void remove() override {
    writer_.reset();
    entry_.parts->close(key_);
    (void)entry_.store->remove(key_);
  }

 private:
  const Stores::Entry& entry_;
  const std::string key_;
  std::unique_ptr<PartWriter> writer_;
};

class WholeTarget final : public Target {
 public:
  static Result<std::unique_ptr<Target>> make(const Stores::Entry& entry, const std::string& key,
                                              const std::filesystem::path& scratch,
                                              const std::optional<std::string>& storage_class) {
    if (storage_class && entry.classes == nullptr) {
      return fail(Code::conflict, "store-unknown", "The store of this content knows no storage classes.", key);
    }
    RV_CHECK(make_directories(scratch));
    const std::filesystem::path file = scratch / (Uuid::v7().text() + ".copy");
    RV_TRY(UniqueFd fd, open_file(file, O_RDWR | O_CREAT | O_EXCL, 0600));
    return std::make_unique<WholeTarget>(entry, key, file, std::move(fd), storage_class);
  }
  WholeTarget(const Stores::Entry& entry, std::string key, std::filesystem::path file, UniqueFd fd,
              std::optional<std::string> storage_class)
      : entry_(entry),
        key_(std::move(key)),
        file_(std::move(file)),
        fd_(std::move(fd)),
        class_(std::move(storage_class)) {}
  ~WholeTarget() override { ::unlink(file_.c_str()); }

  Result<void> write(std::string_view block) override {
    RV_CHECK(write_all_at(fd_.get(), bytes_of(block), written_));
    written_ += block.size();
    return {};
  }
  Result<void> finish() override {
    stored_ = true;  // or half so
    return class_ ? entry_.classes->adopt_as(file_, key_, *class_) : entry_.store->adopt(file_, key_);
  }
  void remove() override {
    if (stored_) (void)entry_.store->remove(key_);
  }

 private:
  const Stores::Entry& entry_;
  const std::string key_;
  const std::filesystem::path file_;
  const UniqueFd fd_;
  const std::optional<std::string> class_;
  std::uint64_t written_ = 0;
  bool stored_ = false;
};

Result<std::unique_ptr<Target>> target_for(const Stores::Entry& entry, const Copy& copy) {
  if (entry.parts != nullptr && !copy.storage_class) return PartTarget::make(entry, copy.to.key, copy.size);
  // Whole files go over what is there.
  auto there = entry.store->stat(copy.to.key);
  if (there) return fail(Code::conflict, "object-exists", "The object is there already.", copy.to.key);
  if (there.error().code != Code::not_found) return fail(std::move(there).error());
  return WholeTarget::make(entry, copy.to.key, copy.scratch, copy.storage_class);
}

// Reads the source whole, whose size and checksum must be as recorded, and which must not change meanwhile.
Result<Copied> read_source(const Stores::Entry& source, const Location& from, std::uint64_t size,
                           const std::optional<std::string>& sha256, const GoOn& go_on,
                           const std::function<Result<void>(std::string_view)>& write) {
  RV_TRY(const ObjectInfo before, source.store->stat(from.key));
  if (before.size != size) return source_damaged(from, fmt::format("has {} bytes, expected {}", before.size, size));
  RV_TRY(Copied copied,
         read_through(source, from.key, size, [&](std::string_view block, std::uint64_t done) -> Result<void> {
           if (go_on && !go_on(done, 2 * size)) return stopped();
           return write(block);
         }));
  if (sha256 && copied.sha256 != *sha256) {
    return source_damaged(from, fmt::format("hashes to {}, expected {}", hex(copied.sha256), hex(*sha256)));
  }
  RV_TRY(const ObjectInfo after, source.store->stat(from.key));
  if (after.size != before.size || after.mtime_ns != before.mtime_ns || after.etag != before.etag) {
    return source_damaged(from, "changed while it was read");
  }
  return copied;
}

std::unexpected<Error> copy_damaged(std::string detail) {
  return fail(Code::conflict, "copy-damaged", "The copy that was made is not the same as what it was made from.",
              std::move(detail));
}

Result<void> compare(const Stores::Entry& entry, const Copy& copy, const Copied& copied, const GoOn& go_on) {
  const std::string where = copy.to.store + "/" + copy.to.key;
  RV_TRY(const ObjectInfo info, entry.store->stat(copy.to.key));
  if (info.size != copy.size) {
    return copy_damaged(fmt::format("{} has {} bytes, expected {}", where, info.size, copy.size));
  }
  if (copy.storage_class) {
    RV_TRY(const ClassStore::Readiness readiness, entry.classes->readiness(copy.to.key));
    if (readiness != ClassStore::Readiness::readable) return {};
  }
  auto read = hash_object(entry, copy.to.key, copy.size, true,
                          [&](std::uint64_t done) { return !go_on || go_on(copy.size + done, 2 * copy.size); });
  if (!read) {
    if (read.error().type == "source-damaged") return copy_damaged(read.error().detail);
    return fail(std::move(read).error());
  }
  if (read->sha256 != copied.sha256) {
    return copy_damaged(fmt::format("{} hashes to {}, expected {}", where, hex(read->sha256), hex(copied.sha256)));
  }
  return {};
}

}  // namespace

Result<Copied> hash_object(const Stores::Entry& entry, const std::string& key, std::uint64_t size, bool fresh,
                           const std::function<bool(std::uint64_t done)>& go_on) {
  if (fresh && entry.parts != nullptr) {
    const std::filesystem::path path = entry.parts->path(key);
    // Only pages that are on the disk go: the file was synced.
    if (!path.empty()) {
      RV_TRY(const UniqueFd fd, open_file(path, O_RDONLY));
      (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    }
  }
  return read_through(entry, key, size, [&](std::string_view, std::uint64_t done) -> Result<void> {
    if (go_on && !go_on(done)) return stopped();
    return {};
  });
}

Result<Copied> copy_object(const Stores& stores, const Copy& copy, const GoOn& go_on) {
  const Stores::Entry* source = stores.find(copy.from.store);
  const Stores::Entry* entry = stores.find(copy.to.store);
  if (source == nullptr || entry == nullptr) {
    return fail(Code::conflict, "store-unknown", "The store of this content is not configured.",
                source == nullptr ? copy.from.store : copy.to.store);
  }
  RV_CHECK(source->store->stat(copy.from.key));  // before room is taken for it
  RV_TRY(const std::unique_ptr<Target> target, target_for(*entry, copy));
  auto settle = [&]() -> Result<Copied> {
    RV_TRY(Copied copied, read_source(*source, copy.from, copy.size, copy.sha256, go_on,
                                      [&](std::string_view block) { return target->write(block); }));
    RV_CHECK(target->finish());
    RV_CHECK(compare(*entry, copy, copied, go_on));
    return copied;
  };
  auto settled = settle();
  if (!settled) target->remove();
  return settled;
}

Result<Copied> copy_to_file(const Stores& stores, const Location& from, std::uint64_t size,
                            const std::optional<std::string>& sha256, int fd, const std::filesystem::path& path,
                            const GoOn& go_on) {
  const Stores::Entry* source = stores.find(from.store);
  if (source == nullptr) {
    return fail(Code::conflict, "store-unknown", "The store of this content is not configured.", from.store);
  }
  std::uint64_t written = 0;
  RV_TRY(Copied copied, read_source(*source, from, size, sha256, go_on, [&](std::string_view block) -> Result<void> {
           RV_CHECK(write_all_at(fd, bytes_of(block), written));
           written += block.size();
           return {};
         }));
  if (::fsync(fd) != 0) return fail_errno(errno, "syncing " + path.string());
  (void)::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  Digest digest(Digest::Kind::sha256);
  std::vector<std::byte> block(kLocalBlock);
  for (std::uint64_t done = 0;;) {
    if (go_on && !go_on(size + std::min(done, size), 2 * size)) return stopped();
    RV_TRY(const std::size_t got, read_at(fd, block, done));
    if (got == 0) break;
    digest.update(std::span(block).first(got));
    done += got;
  }
  if (digest.finish() != copied.sha256) return copy_damaged(path.string() + " is not what was read");
  return copied;
}

}  // namespace reelvault::storage
