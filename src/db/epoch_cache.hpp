// Values read from the database, kept in memory for as long as nothing was committed since: never stale, whatever it
// was that changed. A reader asks Database::epoch() before its read, and puts what it found under that epoch.
// Thread-safe, bounded.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace reelvault::db {

template <class Key, class Value, class Hash = std::hash<Key>>
class EpochCache {
 public:
  explicit EpochCache(std::size_t most) : most_per_shard_(std::max<std::size_t>(most / kShards, 1)) {}

  std::shared_ptr<const Value> find(const Key& key, std::uint64_t epoch) const {
    const Shard& shard = shard_of(key);
    std::lock_guard lock(shard.mutex);
    auto found = shard.entries.find(key);
    return found != shard.entries.end() && found->second.epoch == epoch ? found->second.value : nullptr;
  }

  void put(const Key& key, std::uint64_t epoch, std::shared_ptr<const Value> value) {
    Shard& shard = const_cast<Shard&>(shard_of(key));
    std::lock_guard lock(shard.mutex);
    if (shard.entries.size() >= most_per_shard_ && !shard.entries.contains(key)) shard.entries.clear();
    shard.entries.insert_or_assign(key, Entry{epoch, std::move(value)});
  }

 private:
  static constexpr std::size_t kShards = 16;
  struct Entry {
    std::uint64_t epoch;
    std::shared_ptr<const Value> value;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key, Entry, Hash> entries;
  };
  const Shard& shard_of(const Key& key) const {
    // The upper bits: the lower ones choose the bucket.
    std::size_t hash = Hash()(key);
    return shards_[(hash ^ hash >> 29) * 0x9E3779B97F4A7C15ULL >> 60];
  }

  const std::size_t most_per_shard_;
  std::array<Shard, kShards> shards_;
};

}  // namespace reelvault::db
