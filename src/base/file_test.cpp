#include "base/file.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdlib>

namespace reelvault {
namespace {

namespace fs = std::filesystem;

class File : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::temp_directory_path() / ("reelvault_file_" + hex(random_bytes(8)));
    ASSERT_TRUE(make_directories(dir_));
  }
  void TearDown() override { fs::remove_all(dir_); }
  fs::path dir_;
};

TEST_F(File, ReplacingLeavesTheNewContentAlone) {
  ASSERT_TRUE(replace_file(dir_ / "a", "old"));
  ASSERT_TRUE(replace_file(dir_ / "a", "new", 0600));
  EXPECT_EQ(read_whole_file(dir_ / "a").value(), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1);
  EXPECT_EQ(fs::status(dir_ / "a").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(File, AFailedReplacementLeavesTheOldAndNothingElse) {
  ASSERT_TRUE(make_directories(dir_ / "a" / "inside"));
  EXPECT_FALSE(replace_file(dir_ / "a", "text"));  // a folder is there
  EXPECT_TRUE(fs::is_directory(dir_ / "a" / "inside"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_), fs::directory_iterator()), 1);
}

TEST_F(File, WritesAndReadsAtOffsets) {
  UniqueFd fd = open_file(dir_ / "a", O_RDWR | O_CREAT).value();
  ASSERT_TRUE(write_all_at(fd.get(), bytes_of("world"), 6));
  ASSERT_TRUE(write_all_at(fd.get(), bytes_of("hello "), 0));
  ASSERT_TRUE(sync_data(fd.get(), dir_ / "a"));
  std::array<std::byte, 20> buffer;
  EXPECT_EQ(read_at(fd.get(), buffer, 6).value(), 5u);
  EXPECT_EQ(read_at(fd.get(), buffer, 11).value(), 0u);
  EXPECT_EQ(reelvault::file_size(dir_ / "a").value(), 11u);
  EXPECT_EQ(read_whole_file(dir_ / "a").value(), "hello world");
}

TEST_F(File, ReadsWholeFilesOfAnySizeUpToTheLimit) {
  std::string content(200'000, 'x');
  ASSERT_TRUE(replace_file(dir_ / "a", content));
  EXPECT_EQ(read_whole_file(dir_ / "a").value(), content);
  EXPECT_EQ(read_whole_file(dir_ / "a", content.size()).value(), content);
  EXPECT_EQ(read_whole_file(dir_ / "a", content.size() - 1).error().code, Code::too_large);
  EXPECT_FALSE(read_whole_file("/proc/self/status").value().empty());
}

TEST_F(File, FaultsNameThePathInTheDetailAlone) {
  Error error = read_whole_file(dir_ / "missing").error();
  EXPECT_NE(error.detail.find("missing"), std::string::npos);
  EXPECT_EQ(error.message.find("missing"), std::string::npos);
  EXPECT_FALSE(reelvault::file_size(dir_ / "missing"));
  EXPECT_FALSE(sync_directory(dir_ / "missing"));
}

TEST_F(File, MakesDirectoriesOnceAndAgain) {
  fs::path deep = dir_ / "a" / "b" / "c";
  ASSERT_TRUE(make_directories(deep));
  ASSERT_TRUE(make_directories(deep));
  ASSERT_TRUE(make_directories(dir_ / "d" / "e" / ""));
  EXPECT_TRUE(fs::is_directory(dir_ / "d" / "e"));
  ASSERT_TRUE(replace_file(dir_ / "file", ""));
  EXPECT_FALSE(make_directories(dir_ / "file"));
  EXPECT_FALSE(make_directories(dir_ / "file" / "below"));
}

TEST_F(File, DescriptorsCloseOnceAndMove) {
  UniqueFd first = open_file(dir_, O_RDONLY | O_DIRECTORY).value();
  int raw = first.get();
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first);  // NOLINT(bugprone-use-after-move): that it is empty is the contract
  EXPECT_EQ(second.get(), raw);
  second.reset();
  EXPECT_EQ(::fcntl(raw, F_GETFD), -1);
}

TEST(BootId, IsStableAndCanBeSet) {
  ::unsetenv("REELVAULT_BOOT_ID");
  std::string kernel = boot_id();
  EXPECT_FALSE(kernel.empty());
  EXPECT_EQ(boot_id(), kernel);
  ::setenv("REELVAULT_BOOT_ID", "another", 1);
  EXPECT_EQ(boot_id(), "another");
  ::unsetenv("REELVAULT_BOOT_ID");
  EXPECT_EQ(boot_id(), kernel);
}

}  // namespace
}  // namespace reelvault
