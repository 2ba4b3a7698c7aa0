#include "upload/upload.hpp"

#include "base/hash.hpp"
#include "upload/part_writers.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelvault::upload {
namespace {

TEST(ChunkSize, IsTheSmallestDoublingThatNeedsAtMostAThousandParts) {
  EXPECT_EQ(*chunk_size_for(0, {}), 8 * mib);
  EXPECT_EQ(*chunk_size_for(8000 * mib, {}), 8 * mib);
  EXPECT_EQ(*chunk_size_for(8000 * mib + 1, {}), 16 * mib);
  for (std::int64_t size : {std::int64_t{1}, std::int64_t{123456789}, 100 * 1024 * mib, file_size_max}) {
    std::int64_t chunk = *chunk_size_for(size, {});
    EXPECT_LE(part_count(size, chunk), parts_max) << size;
    EXPECT_LE(chunk, chunk_size_max) << size;
  }
}

TEST(ChunkSize, RefusesWishesBeyondTheLimits) {
  EXPECT_TRUE(chunk_size_for(10 * mib, chunk_size_min));
  EXPECT_EQ(chunk_size_for(10 * mib, chunk_size_min - 1).error().faults.at(0).pointer, "/chunkSize");
  EXPECT_FALSE(chunk_size_for(10 * mib, chunk_size_max + 1));
  EXPECT_TRUE(chunk_size_for(parts_max * chunk_size_min, chunk_size_min));
  EXPECT_FALSE(chunk_size_for(parts_max * chunk_size_min + 1, chunk_size_min)) << "10,001 parts";
}

TEST(Extents, CoverTheFileWithoutGapOrOverlap) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200; ++round) {
    Upload upload;
    upload.size = static_cast<std::int64_t>(random() % (3ull << 30));
    upload.chunk_size = chunk_size_min + static_cast<std::int64_t>(random() % (100 * mib));
    upload.part_count = part_count(upload.size, upload.chunk_size);
    std::int64_t at = 0;
    for (std::int64_t number = 1; number <= upload.part_count; ++number) {
      Extent extent = extent_of(upload, number);
      EXPECT_EQ(extent.offset, at);
      EXPECT_TRUE(extent.length > 0 || upload.size == 0);
      at += extent.length;
    }
    EXPECT_EQ(at, upload.size);
  }
}

TEST(PartIds, AreUuidsThatGiveUploadAndNumberBack) {
  Uuid base = new_part_base();
  for (std::int64_t number : {1, 2, 999, 10000}) {
    Uuid id = part_id(base, number);
    EXPECT_EQ(id.bytes[6] >> 4, 7) << "still version 7";
    EXPECT_EQ(id.bytes[8] >> 6, 2) << "still the RFC's variant";
    EXPECT_EQ(split_part_id(id), std::pair(base, number));
  }
  EXPECT_NE(new_part_base(), new_part_base());
}

TEST(Etags, AreTakenQuotedOrNotAndNeverWeak) {
  EXPECT_EQ(plain_etag("\"abc\""), "abc");
  EXPECT_EQ(plain_etag(" abc "), "abc");
  EXPECT_FALSE(plain_etag("W/\"abc\""));
  EXPECT_FALSE(plain_etag("\"\""));
  EXPECT_FALSE(plain_etag("a\"b"));
}

TEST(Checksums, AreReadInHexadecimalOrBase64) {
  auto crc = parse_checksum("CRC32:9AE0DAAF");
  ASSERT_TRUE(crc);
  EXPECT_EQ(hex(crc->bytes), "9ae0daaf");
  EXPECT_EQ(parse_checksum("md5:" + base64(md5(bytes_of("x"))))->bytes, md5(bytes_of("x")));
  for (const char* bad : {"9ae0daaf", "sha1:00", "crc32:zz", "sha256:00", "md5:"})
    EXPECT_EQ(parse_checksum(bad).error().faults.at(0).pointer, "/checksum") << bad;
}

// A store's part writer that remembers what it was given.
class RecordingWriter : public storage::PartWriter {
 public:
  explicit RecordingWriter(std::string& into) : into_(into) {}
  Result<void> write(std::string_view block) override {
    into_ += block;
    return {};
  }
  Result<Written> finish() override { return Written{into_.size(), "etag", 0}; }

 private:
  std::string& into_;
};

TEST(PartWriters, EndAnOlderWriterAtOnce) {
  PartWriters writers;
  std::string first_bytes, second_bytes;
  Uuid part = part_id(new_part_base(), 1);
  auto open = [](std::string& into, std::vector<bool>& heard) {
    return [&](bool older) -> Result<std::unique_ptr<storage::PartWriter>> {
      heard.push_back(older);
      return std::make_unique<RecordingWriter>(into);
    };
  };
  std::vector<bool> heard;
  auto first = writers.take(part, open(first_bytes, heard));
  ASSERT_TRUE((*first)->write("a"));
  auto second = writers.take(part, open(second_bytes, heard));
  EXPECT_EQ((*first)->write("b").error().type, "part-superseded");
  EXPECT_FALSE((*first)->finish());
  EXPECT_TRUE((*second)->write("c"));
  EXPECT_EQ(first_bytes, "a");
  EXPECT_EQ(heard, (std::vector<bool>{false, true}));
  first->reset();
  second->reset();
  auto third = writers.take(part, open(second_bytes, heard));
  EXPECT_EQ(heard.back(), false) << "whoever has left is not waited for";
}

TEST(PartWriters, LetOneWriterThroughOfManyAtOnce) {
  PartWriters writers;
  Uuid part = part_id(new_part_base(), 3);
  std::atomic<int> inside = 0, most = 0;
  struct Watching : storage::PartWriter {
    Watching(std::atomic<int>& i, std::atomic<int>& m) : inside(i), most(m) {}
    Result<void> write(std::string_view) override {
      int now_inside = ++inside;
      int seen = most.load();
      while (now_inside > seen && !most.compare_exchange_weak(seen, now_inside)) {}
      std::this_thread::yield();
      --inside;
      return {};
    }
    Result<Written> finish() override { return Written{}; }
    std::atomic<int>&inside, &most;
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        auto turn = writers.take(part, [&](bool) -> Result<std::unique_ptr<storage::PartWriter>> {
          return std::make_unique<Watching>(inside, most);
        });
        if (turn) (void)(*turn)->write("x");
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(most.load(), 1);
}

}  // namespace
}  // namespace reelvault::upload
