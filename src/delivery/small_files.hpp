// The bytes of small files that are asked for again and again: playlists, indexes of sprites. Blobs never change, so
// what was read once is right for ever; whether one may see it is asked each time, elsewhere. They are known by their
// key in the store, which is never given twice, as rows of blobs are. Thread-safe, bounded.
#pragma once
#include "http/body.hpp"

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace reelvault::delivery {

class SmallFiles {
 public:
  static constexpr std::uint64_t kBytesMax = 32 << 10;  // of one
  static constexpr std::size_t kEntriesMax = 512;       // 16 MiB at most

  // The same bytes in memory, where the file is small and the kernel has it in memory too; else the segment itself.
  // Does not wait for a disk, so that event loops may call it.
  http::Segment in_memory(const std::string& key, http::Segment segment);
  // What is there already, without looking for a file.
  std::shared_ptr<const std::string> find(const std::string& key, std::uint64_t size);

 private:
  static constexpr std::size_t kShards = 8;
  struct Shard {
    std::mutex mutex;
    std::unordered_map<std::string, std::shared_ptr<const std::string>> entries;
  };
  Shard& shard_of(const std::string& key) { return shards_[std::hash<std::string>{}(key) % kShards]; }
  std::array<Shard, kShards> shards_;
};

}  // namespace reelvault::delivery
