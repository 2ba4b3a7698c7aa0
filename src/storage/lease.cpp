#include "storage/lease.hpp"

namespace reelvault::storage {
namespace {

struct Shard {
  std::mutex mutex;
  std::unordered_map<std::int64_t, std::int64_t> count;
};

Shard& shard_of(std::int64_t blob_row) {
  // Never destroyed: a response may end after main has.
  static auto& shards = *new std::array<Shard, 32>;
  return shards[static_cast<std::uint64_t>(blob_row) % shards.size()];
}

class Lease {
 public:
  explicit Lease(std::int64_t blob_row) : blob_row_(blob_row) {
    Shard& shard = shard_of(blob_row_);
    std::scoped_lock lock(shard.mutex);
    ++shard.count[blob_row_];
  }
  ~Lease() {
    Shard& shard = shard_of(blob_row_);
    std::scoped_lock lock(shard.mutex);
    auto held = shard.count.find(blob_row_);
    if (--held->second == 0) shard.count.erase(held);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

 private:
  const std::int64_t blob_row_;
};

}  // namespace

std::shared_ptr<const void> take_lease(std::int64_t blob_row) { return std::make_shared<Lease>(blob_row); }

bool leased(std::int64_t blob_row) {
  Shard& shard = shard_of(blob_row);
  std::scoped_lock lock(shard.mutex);
  return shard.count.contains(blob_row);
}

}  // namespace reelvault::storage
