// What is remembered of looking through watched buckets: who does it, how the last time went, and what failed.
#pragma once
#include "base/time.hpp"
#include "base/uuid.hpp"
#include "db/database.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace reelvault::ingest {

struct ScanReport {
  std::optional<Timestamp> started_at, ended_at;
  std::optional<std::string> error;
  std::int64_t objects = 0, ignored = 0, waiting = 0, registered = 0;
};

struct WatchFailure {
  std::string object_key;  // below the bucket's prefix
  std::string error;
  int attempts = 0;
  Timestamp first_at, last_at, next_at;
};

class WatchRepository {
 public:
  std::vector<Uuid> watched(db::Transaction& tx);
  // False: another node has it, and was heard of since.
  bool hold(db::Transaction& tx, std::int64_t bucket_row, const std::string& node, Timestamp now, Timestamp until);
  void release(db::Transaction& tx, const std::string& node, Timestamp now);
  void report(db::Transaction& tx, std::int64_t bucket_row, const ScanReport& report);
  std::optional<ScanReport> last(db::Transaction& tx, std::int64_t bucket_row);

  std::vector<WatchFailure> failures(db::Transaction& tx, std::int64_t bucket_row, int limit);  // the latest first
  std::int64_t count_failures(db::Transaction& tx, std::int64_t bucket_row);
  void put_failure(db::Transaction& tx, std::int64_t bucket_row, const WatchFailure& failure);
  void remove_failures(db::Transaction& tx, std::int64_t bucket_row, const std::vector<std::string>& keys);
};

}  // namespace reelvault::ingest
