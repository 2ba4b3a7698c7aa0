// Stores hold immutable bytes under random keys: a local directory or an S3 bucket. Names, trees and rights are the
// catalogue's business. Every interface here is small; what only some stores can do is an interface of its own. All of
// them may be called on any thread and block: never on an event loop. Errors: not_found where the object is not there,
// invalid for a key that no store takes (storage/object_key.hpp), no_space, unavailable when a remote store does not
// answer.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "http/body.hpp"
#include "storage/object_key.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::storage {

// Where bytes lie: the store's configured name and the key in it (storage/object_key.hpp).
struct Location {
  std::string store;
  std::string key;
};

struct ObjectInfo {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::string etag;           // the store's own, never a checksum of ours
  std::int64_t ctime_ns = 0;  // when anything about it last changed, which nobody can set back; 0: not known
};

// When bytes were last changed: what the store says of a registered object, else when they were written.
inline Timestamp modified_at(std::int64_t mtime_ns, Timestamp written) {
  if (mtime_ns <= 0) return written;
  return Timestamp(std::chrono::duration_cast<Timestamp::duration>(std::chrono::nanoseconds(mtime_ns)));
}

struct ListedObject {
  std::string key;
  ObjectInfo info;
};

// Any store.
class Store {
 public:
  virtual ~Store() = default;
  virtual const std::string& name() const = 0;
  virtual Result<ObjectInfo> stat(const std::string& key) = 0;
  virtual Result<void> remove(const std::string& key) = 0;  // absent is fine
  // A segment of the object for a response; `hold` is kept while it is sent. `expected.mtime_ns` 0: not checked.
  virtual http::Segment segment(const std::string& key, std::uint64_t offset, std::uint64_t length,
                                const ObjectInfo& expected, std::shared_ptr<const void> hold = {}) = 0;
  // Reads at most `length` bytes (a worker's or checksum's need); short only at the end.
  virtual Result<std::string> read(const std::string& key, std::uint64_t offset, std::uint64_t length) = 0;
  // Keys in byte order, after `after`, at most `limit`, that start with `prefix`; for import, verify and the sweep.
  // Fewer than `limit`: there are no more. Memory is bounded by `limit`, however much there is.
  virtual Result<std::vector<ListedObject>> list(const std::string& prefix, const std::string& after, int limit) = 0;
  // Puts a finished local file into the store under a `key` that is new; the local store renames where it can (same
  // file system) and syncs; the bytes are durable when this returns. The source file is gone afterwards. On an error
  // it may be gone or not, and what is under `key` is found by the sweep.
  virtual Result<void> adopt(const std::filesystem::path& file, const std::string& key) = 0;
  // Bytes free, where the store knows.
  virtual std::optional<std::uint64_t> free_bytes() = 0;
};

// A writer of one part: bytes go to their final offset. One thread at a time.
class PartWriter {
 public:
  virtual ~PartWriter() = default;
  virtual Result<void> write(std::string_view block) = 0;  // no_space; past the part's length: invalid
  struct Written {
    std::uint64_t length;
    std::string etag;  // XXH3-128, hex
    std::uint32_t crc32;
  };
  virtual Result<Written> finish() = 0;  // invalid when fewer bytes came than the part's length
};

// What a local directory can do: parts are written in place, completing copies nothing.
class PartStore {
 public:
  virtual ~PartStore() = default;
  // Allocates the file under its final key (fallocate; no_space when it does not fit, conflict when the key is taken)
  // and syncs it and its directory entry, those of new directories included.
  virtual Result<void> allocate(const std::string& key, std::uint64_t size) = 0;
  // One open descriptor per upload is shared by its writers.
  virtual Result<std::unique_ptr<PartWriter>> write_part(const std::string& key, std::uint64_t offset,
                                                         std::uint64_t length) = 0;
  // Hashes a range again (after another boot, before it is trusted). not_found when the file ends before it.
  virtual Result<PartWriter::Written> hash_part(const std::string& key, std::uint64_t offset, std::uint64_t length) = 0;
  // fdatasync of everything written so far. A failure is final for that upload: it and every later write_part, write
  // and sync of that key fail until close.
  virtual Result<void> sync(const std::string& key) = 0;
  virtual void close(const std::string& key) = 0;  // the upload ended: its descriptor may go
  // Syncs and closes descriptors that nothing used for `idle`; the next use opens them again. Called now and then.
  virtual void tidy(std::chrono::seconds idle) = 0;
  // The path a worker on this machine may read.
  virtual std::filesystem::path path(const std::string& key) const = 0;
};

// What S3 can do: clients send parts straight to it.
class DirectPartStore {
 public:
  virtual ~DirectPartStore() = default;
  virtual Result<std::string> begin(const std::string& key, const std::string& content_type) = 0;  // the multipart id
  virtual Result<std::string> part_url(const std::string& key, const std::string& multipart, int number,
                                       std::chrono::seconds lifetime) = 0;
  struct StoredPart {
    int number;
    std::string etag;  // without quotes
    std::uint64_t size;
  };
  virtual Result<std::vector<StoredPart>> parts(const std::string& key, const std::string& multipart) = 0;
  // 200 with an <Error> body is an error; NoSuchUpload on a retry is fine when the object is there with `size`.
  virtual Result<ObjectInfo> finish(const std::string& key, const std::string& multipart,
                                    const std::vector<StoredPart>& parts, std::uint64_t size) = 0;
  virtual Result<void> cancel(const std::string& key, const std::string& multipart) = 0;  // absent is fine
  struct Begun {
    std::string key;
    std::string multipart;
    Timestamp at;
  };
  // What was begun and neither finished nor cancelled, by anybody, in the order of keys, at most `limit` after `after`.
  virtual Result<std::vector<Begun>> begun(const std::optional<Begun>& after, int limit) = 0;
  virtual Result<std::string> read_url(const std::string& key, std::chrono::seconds lifetime) = 0;
};

// What S3 can do besides: storage classes, some of which are not read before they were thawed.
class ClassStore {
 public:
  virtual ~ClassStore() = default;
  // Like Store::adopt, into a storage class ("GLACIER", …).
  virtual Result<void> adopt_as(const std::filesystem::path& file, const std::string& key,
                                const std::string& storage_class) = 0;
  enum class Readiness { readable, thawing, frozen };
  virtual Result<Readiness> readiness(const std::string& key) = 0;
  // Asks for a copy that can be read for some days. `tier`: "Expedited", "Standard" or "Bulk". Asked before: fine.
  virtual Result<void> thaw(const std::string& key, const std::string& tier, int days) = 0;
};

// The configured stores by name, and which can do what. Made once by the composition root.
class Stores {
 public:
  struct Entry {
    std::shared_ptr<Store> store;
    PartStore* parts = nullptr;  // null: it cannot
    DirectPartStore* direct = nullptr;
    ClassStore* classes = nullptr;
  };
  void add(Entry entry);                   // a second of the same name is a bug
  void add(std::shared_ptr<Store> store);  // finds out what it can do
  const Entry* find(std::string_view name) const;
  const Entry& at(std::string_view name) const;  // a name that is not configured is a bug; rows may hold one: use find
  const std::vector<Entry>& all() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

std::shared_ptr<Store> local_store(std::string name, std::filesystem::path root);  // also a PartStore
struct S3Options {
  std::string endpoint, region, bucket, prefix, access_key, secret_key;
  std::string public_endpoint;  // what clients reach, when not `endpoint`
  bool path_style = true;
};
std::shared_ptr<Store> s3_store(std::string name, S3Options options);  // also a DirectPartStore

}  // namespace reelvault::storage
