// The sweep: removes owned bytes that nothing refers to. In one transaction a blob's row goes and a row of what is to
// be removed comes (any row that still refers to it forbids that, whatever its count says), then the bytes go, then
// that row; a crash between two of these is made good by the next run. It also finds what no row names: objects, and
// uploads in parts that were begun, with keys of our making (storage/object_key.hpp), from before the grace time, in
// stores that bear this database's mark. The grace time must exceed what lies between storing bytes and committing the
// row that names them.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "db/database.hpp"
#include "storage/blob_store.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <set>

namespace reelvault::storage {

class Sweep {
 public:
  struct Report {
    std::int64_t blobs = 0;
    std::int64_t orphan_files = 0;
    std::int64_t orphan_uploads = 0;
    std::uint64_t bytes = 0;
    std::int64_t failures = 0;  // logged, and tried again by the next run
  };
  // Between two looks for orphans in one remote store, where each question costs money; none is longer than the grace.
  struct Pauses {
    std::chrono::milliseconds remote = std::chrono::hours(6);
    std::chrono::milliseconds away = std::chrono::minutes(15);  // after one that the store did not answer
  };
  Sweep(db::Database& database, Stores& stores, Pauses pauses)
      : database_(database), stores_(stores), pauses_(pauses) {}
  Sweep(db::Database& database, Stores& stores) : Sweep(database, stores, Pauses{}) {}
  // `grace`: how long after the last reference went. A dry run changes nothing and says what a run would remove. One
  // thread at a time.
  Result<Report> run(std::chrono::seconds grace, bool dry_run = false);
  // From any thread: the run, and each later one, ends after the bytes that it is at.
  void stop() { stopping_ = true; }

  // While a lease lives the blob is not swept (a stream, a ZIP, a job of this process reads it). Cheap; any thread.
  static std::shared_ptr<const void> lease(std::int64_t blob_row);

 private:
  struct Run;
  Result<void> decide(Run& run);
  Result<void> remove_decided(Run& run);
  Result<void> remove_orphans(Run& run, const Stores::Entry& entry);
  Result<void> look_for_orphans(Run& run, const Stores::Entry& entry);
  Result<void> remove_orphan_files(Run& run, const Stores::Entry& entry);
  Result<void> remove_orphan_uploads(Run& run, const Stores::Entry& entry);
  Result<std::set<std::string>> known_keys(const std::string& store, const std::vector<std::string>& keys);
  Result<bool> bears_our_mark(Run& run, const Stores::Entry& entry);

  db::Database& database_;
  Stores& stores_;
  const Pauses pauses_;
  std::atomic<bool> stopping_ = false;
  std::map<std::string, std::chrono::steady_clock::time_point> next_look_;  // for orphans in remote stores
};

}  // namespace reelvault::storage
