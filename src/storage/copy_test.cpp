#include "storage/copy.hpp"

#include "base/file.hpp"
#include "base/uuid.hpp"
#include "storage/testing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() : path(fs::temp_directory_path() / ("reelvault-copy-" + Uuid::v7().text())) { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  const fs::path path;
};

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>((i * 2654435761u) >> 13);
  return bytes;
}

std::string sha256_of(const std::string& content) {
  const auto digest = sha256(bytes_of(content));
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::shared_ptr<Store> make_store(const std::string& kind, const std::string& name, const Folder& folder) {
  if (kind == "S3") return test_s3(name);
  if (kind == "Memory") return std::make_shared<MemoryPartStore>(name);
  if (kind == "MemoryDirect") return std::make_shared<MemoryDirectStore>(name);
  fs::create_directories(folder.path / name);
  return local_store(name, folder.path / name);
}

class CopyTest : public ::testing::Test {
 protected:
  // `kind_from` and `kind_to`: Local, Memory, MemoryDirect, S3. False: not available here.
  bool make(const std::string& kind_from, const std::string& kind_to) {
    for (const auto& [kind, name] : {std::pair{kind_from, "hot"}, std::pair{kind_to, "cold"}}) {
      auto store = make_store(kind, name, folder_);
      if (!store) return false;
      stores_.add(std::move(store));
    }
    return true;
  }
  Store& hot() { return *stores_.at("hot").store; }
  Store& cold() { return *stores_.at("cold").store; }
  Copy put(const std::string& content) {
    const fs::path file = folder_.path / "incoming";
    std::ofstream(file, std::ios::binary) << content;
    Copy copy{
        {"hot", random_key()}, content.size(), sha256_of(content), {"cold", random_key()}, folder_.path / "scratch"};
    EXPECT_TRUE(hot().adopt(file, copy.from.key));
    return copy;
  }
  void expect_nothing_made() {
    auto listed = cold().list("", "", 10);
    ASSERT_TRUE(listed);
    EXPECT_TRUE(listed->empty());
    EXPECT_TRUE(!fs::exists(folder_.path / "scratch") || fs::is_empty(folder_.path / "scratch"));
  }
  void overwrite(const std::string& store, const std::string& key, std::uint64_t offset, const std::string& bytes) {
    const UniqueFd fd(::open((folder_.path / store / key).c_str(), O_WRONLY));
    ASSERT_TRUE(write_all_at(fd.get(), bytes_of(bytes), offset));
  }

  Folder folder_;
  Stores stores_;
};

struct Pair {
  const char* from;
  const char* to;
};
void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.from << "To" << pair.to; }
class CopyContract : public CopyTest, public ::testing::WithParamInterface<Pair> {
 protected:
  void SetUp() override {
    if (!make(GetParam().from, GetParam().to)) GTEST_SKIP() << "not available here";
  }
};

TEST_P(CopyContract, CopiesAndSaysWhatItHashesTo) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{10'000'000}}) {
    const std::string content = pattern(size);
    const Copy copy = put(content);
    std::uint64_t last = 0;
    auto copied = copy_object(stores_, copy, [&](std::uint64_t done, std::uint64_t total) {
      EXPECT_GE(done, last);
      EXPECT_LT(done, total);
      last = done;
      return true;
    });
    ASSERT_TRUE(copied) << copied.error().detail;
    EXPECT_EQ(copied->size, size);
    EXPECT_EQ(copied->sha256, sha256_of(content));
    EXPECT_EQ(copied->crc32, crc32(bytes_of(content)));
    EXPECT_EQ(cold().read(copy.to.key, 0, size + 1), content);
    EXPECT_EQ(hot().read(copy.from.key, 0, size + 1), content);
  }
  EXPECT_TRUE(!fs::exists(folder_.path / "scratch") || fs::is_empty(folder_.path / "scratch"));
}

TEST_P(CopyContract, RefusesASourceThatIsNotWhatWasRecorded) {
  Copy copy = put("as it came");
  copy.sha256 = sha256_of("as it cams");
  auto copied = copy_object(stores_, copy);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().type, "source-damaged");
  expect_nothing_made();

  copy = put("as it came");
  for (const std::uint64_t size : {9, 11}) {
    copy.size = size;
    copied = copy_object(stores_, copy);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().type, "source-damaged");
  }
  expect_nothing_made();
}

TEST_P(CopyContract, StopsWhenAsked) {
  const std::string content = pattern(9'000'000);
  for (const std::uint64_t stop_at : {std::uint64_t{0}, std::uint64_t{8'000'000}, std::uint64_t{content.size()}}) {
    auto copied = copy_object(stores_, put(content), [&](std::uint64_t done, std::uint64_t) { return done < stop_at; });
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().type, "copy-stopped");
    expect_nothing_made();
  }
}

TEST_P(CopyContract, SaysThatTheSourceOrAStoreIsNotThere) {
  Copy copy = put("content");
  ASSERT_TRUE(hot().remove(copy.from.key));
  auto copied = copy_object(stores_, copy);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().code, Code::not_found);
  expect_nothing_made();
  copy.to.store = "lost";
  EXPECT_EQ(copy_object(stores_, copy).error().type, "store-unknown");
}

TEST_P(CopyContract, NeverOverwrites) {
  Copy copy = put("first");
  ASSERT_TRUE(copy_object(stores_, copy));
  Copy second = put("other");
  second.to = copy.to;
  auto copied = copy_object(stores_, second);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().type, "object-exists");
  EXPECT_EQ(cold().read(copy.to.key, 0, 10), "first");
}

INSTANTIATE_TEST_SUITE_P(Stores, CopyContract,
                         ::testing::Values(Pair{"Local", "Local"}, Pair{"Memory", "MemoryDirect"},
                                           Pair{"MemoryDirect", "Memory"}, Pair{"Local", "S3"}, Pair{"S3", "Local"},
                                           Pair{"S3", "S3"}),
                         [](const auto& info) { return std::string(info.param.from) + "To" + info.param.to; });

TEST_F(CopyTest, FindsOneFlippedByteOfTheCopy) {
  ASSERT_TRUE(make("Local", "Local"));
  const std::string content = pattern(3'000'000);
  const Copy copy = put(content);
  bool flipped = false;
  auto copied = copy_object(stores_, copy, [&](std::uint64_t done, std::uint64_t) {
    // Written and synced, about to be read back.
    if (!std::exchange(flipped, done >= content.size())) {
      if (flipped) overwrite("cold", copy.to.key, 2'999'999, std::string(1, static_cast<char>(content.back() ^ 1)));
    }
    return true;
  });
  ASSERT_TRUE(flipped);
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().type, "copy-damaged");
  expect_nothing_made();
  EXPECT_EQ(hot().read(copy.from.key, 0, content.size()), content);
}

TEST_F(CopyTest, FindsACopyThatWasCutShort) {
  ASSERT_TRUE(make("Local", "Local"));
  const Copy copy = put(pattern(3'000'000));
  auto copied = copy_object(stores_, copy, [&](std::uint64_t done, std::uint64_t) {
    if (done >= copy.size) fs::resize_file(folder_.path / "cold" / copy.to.key, 2'000'000);
    return true;
  });
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().type, "copy-damaged");
  expect_nothing_made();
}

TEST_F(CopyTest, NoticesASourceThatChangesMeanwhile) {
  ASSERT_TRUE(make("Local", "Local"));
  Copy copy = put(pattern(3'000'000));
  copy.sha256.reset();
  auto copied = copy_object(stores_, copy, [&](std::uint64_t done, std::uint64_t) {
    if (done == 1 << 20) overwrite("hot", copy.from.key, 0, "other");
    return true;
  });
  ASSERT_FALSE(copied);
  EXPECT_EQ(copied.error().type, "source-damaged");
  expect_nothing_made();
}

TEST_F(CopyTest, RemovesWhatItMadeWhenTheStoreFails) {
  struct Case {
    const char* kind;
    const char* operation;
  };
  for (const auto& [kind, operation] :
       {Case{"Memory", "allocate"}, Case{"Memory", "write_part"}, Case{"Memory", "write"}, Case{"Memory", "sync"},
        Case{"Memory", "read"}, Case{"MemoryDirect", "stat"}, Case{"MemoryDirect", "adopt"},
        Case{"MemoryDirect", "read"}}) {
    SCOPED_TRACE(operation);
    stores_ = Stores();
    ASSERT_TRUE(make("Memory", kind));
    const Copy copy = put("content");
    dynamic_cast<MemoryStore&>(cold()).fail_next(operation, fail(Code::no_space, "no-space", "Full.").error());
    auto copied = copy_object(stores_, copy);
    ASSERT_FALSE(copied);
    EXPECT_EQ(copied.error().code, Code::no_space);
    expect_nothing_made();
    EXPECT_TRUE(copy_object(stores_, copy));
  }
}

}  // namespace
}  // namespace reelvault::storage
