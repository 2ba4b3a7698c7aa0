// The sweep: removes owned bytes that nothing refers to. In one transaction a blob's row goes and a row of what is to
// be removed comes (any row that still refers to it forbids that, whatever its count says), then the bytes go, then
// that row; a crash between two of these is made good by the next run. It also finds files in local stores that no row
// names: keys of our making (storage/object_key.hpp), last written before the grace time, in stores that bear this
// database's mark. The grace time must exceed what lies between storing bytes and committing the row that names them.
#pragma once
#include "base/error.hpp"
#include "base/time.hpp"
#include "db/database.hpp"
#include "storage/blob_store.hpp"

#include <chrono>
#include <memory>

namespace reelvault::storage {

class Sweep {
 public:
  struct Report {
    std::int64_t blobs = 0;
    std::int64_t orphan_files = 0;
    std::uint64_t bytes = 0;
    std::int64_t failures = 0;  // logged, and tried again by the next run
  };
  Sweep(db::Database& database, Stores& stores) : database_(database), stores_(stores) {}
  // `grace`: how long after the last reference went. A dry run changes nothing and says what a run would remove.
  Result<Report> run(std::chrono::seconds grace, bool dry_run = false);

  // While a lease lives the blob is not swept (a stream, a ZIP, a job of this process reads it). Cheap; any thread.
  static std::shared_ptr<const void> lease(std::int64_t blob_row);

 private:
  struct Run;
  Result<void> decide(Run& run);
  Result<void> remove_decided(Run& run);
  Result<void> remove_orphans(Run& run, const Stores::Entry& entry);
  Result<bool> bears_our_mark(Run& run, const Stores::Entry& entry);

  db::Database& database_;
  Stores& stores_;
};

}  // namespace reelvault::storage
