#include "http/cold_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace reelvault::http {
namespace {

class ColdFileTest : public ::testing::Test {
 public:
  ColdFileTest() {
    std::ofstream(path_, std::ios::binary) << std::string(8 << 20, 'x');
    UniqueFd file(open(path_.c_str(), O_RDONLY));
    fsync(file.get());
  }
  ~ColdFileTest() override { std::filesystem::remove(path_); }

 protected:
  void forget() {
    UniqueFd file(open(path_.c_str(), O_RDONLY));
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
  }
  bool in_memory_only() {
    struct statfs found{};
    return statfs(path_.c_str(), &found) == 0 && found.f_type == TMPFS_MAGIC;
  }
  std::string path_ = "/tmp/rv-cold-" + std::to_string(getpid());
};

TEST_F(ColdFileTest, KnowsWhatIsInMemory) {
  auto file = ColdFile::open_cached(path_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->resident(0, 8 << 20));
  EXPECT_TRUE(file->resident(5, 0));
  if (in_memory_only()) GTEST_SKIP() << "tmpfs is never cold";
  forget();
  EXPECT_FALSE(file->resident(0, 8 << 20));
  EXPECT_FALSE(file->resident(5 << 20, 1));
  ASSERT_TRUE(file->warm(4 << 20, 2 << 20, 0));
  EXPECT_TRUE(file->resident(4 << 20, 2 << 20));
}

TEST_F(ColdFileTest, NoticesChanges) {
  auto file = ColdFile::open(path_);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->unchanged());
  EXPECT_TRUE(file->matches({.path = path_, .offset = 1, .length = (8 << 20) - 1}));
  EXPECT_FALSE(file->matches({.path = path_, .offset = 2, .length = (8 << 20) - 1}));
  EXPECT_FALSE(file->matches({.path = path_, .offset = UINT64_MAX, .length = 2}));
  EXPECT_FALSE(file->matches({.path = path_, .length = 1, .expected_size = 7}));
  std::filesystem::resize_file(path_, 4 << 20);
  EXPECT_FALSE(file->unchanged());
  auto warmed = file->warm(3 << 20, 2 << 20, 0);
  EXPECT_FALSE(warmed);
}

TEST_F(ColdFileTest, OpensRegularFilesOnly) {
  EXPECT_FALSE(ColdFile::open("/tmp"));
  EXPECT_FALSE(ColdFile::open("/dev/null"));
  auto missing = ColdFile::open_cached(path_ + "-missing");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::unavailable);  // to be asked for where waiting is allowed
}

}  // namespace
}  // namespace reelvault::http
