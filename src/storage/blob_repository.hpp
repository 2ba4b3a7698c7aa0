// Blobs: rows that say which immutable bytes exist, how many rows refer to them, and what they hash to. A blob whose
// count falls to 0 is removed by the sweep (storage/sweep.hpp) after a grace time, never while something reads or holds
// it. Whatever keeps a blob refers to it: a content version, a rendition's file, and an open upload its staging blob.
#pragma once
#include "db/database.hpp"
#include "storage/blob_store.hpp"
#include "storage/sweep.hpp"

namespace reelvault::storage {

enum class BlobState : std::int64_t {
  staging = 0,
  live = 1,
  overwritten = 2,  // a registered object that is something else by now: these bytes are nowhere
};

struct Blob {
  std::int64_t row = 0;
  Uuid id;  // nil: insert makes one
  Location location;
  std::uint64_t size = 0;
  std::optional<std::string> sha256;  // 32 raw bytes
  std::optional<std::uint32_t> crc32;
  bool owned = true;  // false: registered in place; no sweep, deletion or archive touches it
  BlobState state = BlobState::staging;
  std::int64_t references = 0;
  std::int64_t mtime_ns = 0;        // of a registered object, to notice a change behind our back; 0: not checked
  std::optional<std::string> etag;  // of a registered object, likewise
  std::optional<std::string> storage_class;  // S3's word, where it is not the store's usual class

  ObjectInfo expected() const { return {size, mtime_ns, etag.value_or("")}; }  // for Store::segment
};

// Whether an object is not what it was when it was registered. An etag tells more than a time, where a store has them.
bool changed(const ObjectInfo& before, const ObjectInfo& now);

// All take the caller's transaction. References are counted by whoever makes or drops the row that refers. Where a row
// is not there any more (the sweep took it), refer, release, publish and set_hashes end the closure with an Error:
// Code::conflict, type "blob-gone".
class BlobRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Blob& blob);  // with references = 0 and `created_at` now
  std::optional<Blob> find(db::Transaction& tx, std::int64_t row);
  // The newest at that place, owned or not: whether an object is registered already, or is a blob of ours.
  std::optional<Blob> find(db::Transaction& tx, const Location& location);
  void publish(db::Transaction& tx, std::int64_t row);  // staging -> live
  // Sets those given, leaves the others.
  void set_hashes(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& sha256,
                  const std::optional<std::uint32_t>& crc32);
  void refer(db::Transaction& tx, std::int64_t row, int by = 1);
  void release(db::Transaction& tx, std::int64_t row, int by = 1);  // remembers when it fell to 0
  // A registered object that nothing refers to any more becomes this server's own, so that the sweep removes its bytes:
  // of a managed bucket.
  void own_unreferenced(db::Transaction& tx, std::int64_t row);
  // A registered object got another key in its store: every row of that place follows, and what is known of it where it
  // is what `before` says.
  void relocate(db::Transaction& tx, const Location& from, const std::string& to, const ObjectInfo& before,
                const ObjectInfo& after);
  // What lies there was found to be another content, which `row` stands for: what was registered of it before is gone.
  void overwrite(db::Transaction& tx, const Location& location, std::int64_t row);
  // What lies there is ours to remove from now on.
  void own(db::Transaction& tx, const Location& location);
  bool in_use(db::Transaction& tx, const Location& location);  // something refers to what lies there
  // The row goes when nothing refers to it: the caller has just removed the bytes itself.
  void forget(db::Transaction& tx, std::int64_t row);
};

}  // namespace reelvault::storage
