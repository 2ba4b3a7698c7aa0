// What a power cut leaves of the local store, on a disk that forgets (base/power_cut.hpp).
#include "base/power_cut.hpp"
#include "base/uuid.hpp"
#include "storage/local_store.hpp"

#include <gtest/gtest.h>

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;

class PowerCut : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_ = PowerCutDisk::find();
    if (!disk_) GTEST_SKIP() << "REELVAULT_TEST_POWERCUT is not set";
    root_ = disk_->path() / Uuid::v7().text();
    ASSERT_TRUE(make_directories(root_));
    store_ = std::make_unique<LocalStore>("local", root_);
  }
  void cut() {
    store_.reset();
    ASSERT_TRUE(disk_->cut());
    store_ = std::make_unique<LocalStore>("local", root_);
  }
  PartWriter::Written write(const std::string& key, std::uint64_t offset, const std::string& bytes) {
    auto writer = store_->write_part(key, offset, bytes.size());
    EXPECT_TRUE(writer && (*writer)->write(bytes));
    return (*writer)->finish().value();
  }
  static std::string bytes(char with) { return std::string(3 << 20, with); }

  std::optional<PowerCutDisk> disk_;
  fs::path root_;
  std::unique_ptr<LocalStore> store_;
};

TEST_F(PowerCut, LeavesWhatWasAllocated) {
  const std::string key = random_key();
  ASSERT_TRUE(store_->allocate(key, 5 << 20));
  cut();
  EXPECT_EQ(store_->stat(key)->size, 5u << 20);
}

TEST_F(PowerCut, LeavesPartsThatWereSynced) {
  const std::string key = random_key();
  ASSERT_TRUE(store_->allocate(key, 6 << 20));
  const auto first = write(key, 0, bytes('a'));
  ASSERT_TRUE(store_->sync(key));
  const auto second = write(key, 3 << 20, bytes('b'));
  cut();
  EXPECT_EQ(store_->hash_part(key, 0, 3 << 20)->etag, first.etag);
  EXPECT_NE(store_->hash_part(key, 3 << 20, 3 << 20)->etag, second.etag) << "handing over to the disk is no sync";
  EXPECT_EQ(write(key, 3 << 20, bytes('b')).etag, second.etag);
  ASSERT_TRUE(store_->sync(key));
  cut();
  EXPECT_EQ(store_->read(key, 0, 6 << 20), bytes('a') + bytes('b'));
}

// Bytes that went past the page cache are no more durable than others before the sync, and no less after it.
TEST_F(PowerCut, LeavesPartsThatWereWrittenPastThePageCacheAndSynced) {
  store_ = std::make_unique<LocalStore>("local", root_, 1);
  const std::string key = random_key();
  constexpr std::size_t kPart = 3 << 20, kTail = 100;
  std::unique_ptr<char, decltype(&std::free)> pages(static_cast<char*>(std::aligned_alloc(4096, kPart + 4096)),
                                                    &std::free);
  std::memset(pages.get(), 'd', kPart + 4096);
  auto write_aligned = [&](std::uint64_t offset, std::size_t length) {
    auto writer = store_->write_part(key, offset, length);
    EXPECT_TRUE(writer && (*writer)->write({pages.get(), length}));
    return (*writer)->finish().value();
  };
  ASSERT_TRUE(store_->allocate(key, 2 * kPart + kTail));
  const auto first = write_aligned(0, kPart);
  ASSERT_TRUE(store_->sync(key));
  const auto second = write_aligned(kPart, kPart + kTail);
  cut();
  EXPECT_EQ(store_->hash_part(key, 0, kPart)->etag, first.etag);
  EXPECT_NE(store_->hash_part(key, kPart, kPart + kTail)->etag, second.etag);
  store_ = std::make_unique<LocalStore>("local", root_, 1);
  write_aligned(kPart, kPart + kTail);
  ASSERT_TRUE(store_->sync(key));
  cut();
  EXPECT_EQ(store_->read(key, 0, 2 * kPart + kTail), std::string(2 * kPart + kTail, 'd'));
}

TEST_F(PowerCut, LeavesPartsWhoseDescriptorWasTidiedAway) {
  const std::string key = random_key();
  ASSERT_TRUE(store_->allocate(key, 3 << 20));
  const auto written = write(key, 0, bytes('a'));
  store_->tidy(std::chrono::seconds(0));
  cut();
  EXPECT_EQ(store_->hash_part(key, 0, 3 << 20)->etag, written.etag);
}

TEST_F(PowerCut, LeavesWhatWasAdopted) {
  const std::string moved = random_key();
  const std::string copied = random_key();
  const fs::path here = root_ / "incoming";
  const fs::path elsewhere = fs::temp_directory_path() / Uuid::v7().text();
  std::ofstream(here) << "from the same disk";
  std::ofstream(elsewhere) << "from another";
  ASSERT_TRUE(store_->adopt(here, moved));
  ASSERT_TRUE(store_->adopt(elsewhere, copied));
  cut();
  EXPECT_EQ(store_->read(moved, 0, 100), "from the same disk");
  EXPECT_EQ(store_->read(copied, 0, 100), "from another");
}

TEST_F(PowerCut, LeavesFilesInFoldersThatAKilledProcessMade) {
  const std::string key = random_key();
  fs::create_directories((root_ / key).parent_path());  // and never came to sync them
  ASSERT_TRUE(store_->allocate(key, 10));
  cut();
  EXPECT_TRUE(store_->stat(key));
}

TEST_F(PowerCut, AFailedSyncStaysFailed) {
  const std::string key = random_key();
  ASSERT_TRUE(store_->allocate(key, 3 << 20));
  write(key, 0, bytes('a'));
  ASSERT_TRUE(disk_->command("fail-syncs 1"));
  EXPECT_FALSE(store_->sync(key));
  EXPECT_FALSE(store_->sync(key)) << "though the disk would say that all is well";
  store_->tidy(std::chrono::seconds(0));
  EXPECT_FALSE(store_->write_part(key, 0, 1));
}

TEST_F(PowerCut, AFailedSyncWhileAllocatingLeavesNothing) {
  const std::string key = random_key();
  ASSERT_TRUE(disk_->command("fail-syncs 4"));
  EXPECT_FALSE(store_->allocate(key, 10));
  ASSERT_TRUE(disk_->command("fail-syncs 0"));
  EXPECT_EQ(store_->stat(key).error().code, Code::not_found);
  EXPECT_TRUE(store_->allocate(key, 10));
}

}  // namespace
}  // namespace reelvault::storage
