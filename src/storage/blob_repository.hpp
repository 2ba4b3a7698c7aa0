// Blobs: rows that say which immutable bytes exist, how many rows refer to them, and what they hash to. A blob whose
// count falls to 0 is removed by the sweep after a grace time, never while something reads or holds it.
#pragma once
#include "db/database.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::storage {

enum class BlobState : std::int64_t { staging = 0, live = 1 };

struct Blob {
  std::int64_t row = 0;
  Uuid id;
  Location location;
  std::uint64_t size = 0;
  std::optional<std::string> sha256;  // 32 raw bytes
  std::optional<std::uint32_t> crc32;
  bool owned = true;                  // false: registered in place; no sweep, deletion or archive touches it
  BlobState state = BlobState::staging;
  std::int64_t references = 0;
  std::int64_t mtime_ns = 0;          // of a registered object, to notice a change behind our back; 0: not checked
};

// All take the caller's transaction. References are counted by whoever makes or drops the row that refers.
class BlobRepository {
 public:
  std::int64_t insert(db::Transaction& tx, const Blob& blob);  // with references = 0 and `created_at` now
  std::optional<Blob> find(db::Transaction& tx, std::int64_t row);
  void publish(db::Transaction& tx, std::int64_t row);          // staging -> live
  void set_hashes(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& sha256, const std::optional<std::uint32_t>& crc32);
  void refer(db::Transaction& tx, std::int64_t row, int by = 1);
  void release(db::Transaction& tx, std::int64_t row, int by = 1);  // remembers when it fell to 0
};

// Removes owned bytes that nothing refers to, `grace` after the last reference went; first the row is marked, then the
// bytes go, then the row. Also finds files in the local stores that no row names (older than grace). Returns counts.
class Sweep {
 public:
  struct Report {
    std::int64_t blobs = 0;
    std::int64_t orphan_files = 0;
    std::uint64_t bytes = 0;
  };
  Sweep(db::Database& database, Stores& stores) : database_(database), stores_(stores) {}
  Result<Report> run(std::chrono::seconds grace, bool dry_run = false);

  // While a lease lives the blob is not swept (a stream, a ZIP, a job reads it). Cheap; any thread.
  static std::shared_ptr<const void> lease(std::int64_t blob_row);

 private:
  db::Database& database_;
  Stores& stores_;
};

}  // namespace reelvault::storage
