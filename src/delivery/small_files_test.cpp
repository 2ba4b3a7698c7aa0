#include "delivery/small_files.hpp"

#include "base/file.hpp"
#include "base/uuid.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace reelvault::delivery {
namespace {

class SmallFilesTest : public ::testing::Test {
 protected:
  std::filesystem::path folder_ = std::filesystem::temp_directory_path() / ("small-files-" + Uuid::v7().text());
  SmallFiles files_;

  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  http::FileRange file(const std::string& name, const std::string& content) {
    std::filesystem::path path = folder_ / name;
    std::ofstream(path) << content;
    struct stat status{};
    EXPECT_EQ(stat(path.c_str(), &status), 0);
    auto mtime = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec;
    return {path.string(), 0, content.size(), content.size(), mtime, {}};
  }
  std::optional<std::string> bytes(const http::Segment& segment) {
    auto* found = std::get_if<http::Bytes>(&segment);
    return found ? std::optional(found->data->substr(found->offset, found->length)) : std::nullopt;
  }
};

TEST_F(SmallFilesTest, AreReadOnceAndThenNeedNoFile) {
  auto playlist = file("a.m3u8", "#EXTM3U\n");
  EXPECT_EQ(bytes(files_.in_memory("1", playlist)), "#EXTM3U\n");
  std::filesystem::remove(playlist.path);
  EXPECT_EQ(bytes(files_.in_memory("1", playlist)), "#EXTM3U\n");
  EXPECT_FALSE(bytes(files_.in_memory("2", playlist))) << "another blob has bytes of its own";
}

TEST_F(SmallFilesTest, LeaveLargeFilesAndPartsOfFilesAsTheyAre) {
  auto large = file("large", std::string(SmallFiles::kBytesMax + 1, 'x'));
  EXPECT_FALSE(bytes(files_.in_memory("1", large)));
  auto part = file("part", "0123456789");
  part.offset = 2;
  part.length = 3;
  EXPECT_FALSE(bytes(files_.in_memory("2", part)));
  EXPECT_FALSE(bytes(files_.in_memory("3", http::RemoteRange{})));
}

TEST_F(SmallFilesTest, TakeNothingThatIsNotWhatTheRowSays) {
  auto changed = file("changed", "0123");
  changed.expected_mtime_ns += 1;
  EXPECT_FALSE(bytes(files_.in_memory("1", changed)));
  auto longer = file("longer", "0123");
  ASSERT_TRUE(replace_file(longer.path, std::string("01234")));
  longer.expected_mtime_ns = 0;
  EXPECT_FALSE(bytes(files_.in_memory("2", longer)));
}

TEST_F(SmallFilesTest, AreBounded) {
  for (std::size_t i = 0; i < 3 * SmallFiles::kEntriesMax; ++i) {
    std::string content = "file " + std::to_string(i);
    EXPECT_EQ(bytes(files_.in_memory(std::to_string(i), file("f", content))), content);
  }
}

}  // namespace
}  // namespace reelvault::delivery
