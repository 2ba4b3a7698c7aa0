#include "storage/local_store.hpp"

#include "base/file.hpp"
#include "base/uuid.hpp"
#include "storage/beneath.hpp"
#include "storage/testing.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;

class Local : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_);
    fs::create_directories(outside_);
    std::ofstream(outside_ / "secret") << "secret";
  }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path file(const std::string& content) {
    std::ofstream(folder_ / "incoming", std::ios::binary) << content;
    return folder_ / "incoming";
  }

  const fs::path folder_ = fs::temp_directory_path() / ("reelvault-local-" + Uuid::v7().text());
  const fs::path root_ = folder_ / "store";
  const fs::path outside_ = folder_ / "outside";
  LocalStore store_{"local", root_};
};

// A small file system of its own, where this user may mount one.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& where, const char* options) : where_(where) {
    fs::create_directories(where);
    mounted_ = ::mount("tmpfs", where.c_str(), "tmpfs", 0, options) == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(where_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }

 private:
  const fs::path where_;
  bool mounted_;
};

TEST_F(Local, RenamesWithoutReplacingAndLeavesNoEmptyFolder) {
  ASSERT_TRUE(store_.adopt(file("one"), "a/b/one"));
  ASSERT_TRUE(store_.adopt(file("two"), "c/two"));
  auto taken = store_.rename("a/b/one", "c/two");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().type, "object-exists");
  EXPECT_EQ(store_.read("c/two", 0, 10).value(), "two");
  ASSERT_TRUE(store_.rename("a/b/one", "new/folder/one"));
  EXPECT_EQ(store_.read("new/folder/one", 0, 10).value(), "one");
  EXPECT_FALSE(fs::exists(root_ / "a"));
  EXPECT_EQ(store_.rename("a/b/one", "x").error().code, Code::not_found);
  // A folder that went comes again.
  ASSERT_TRUE(store_.adopt(file("three"), "a/b/three"));
  ASSERT_TRUE(store_.rename("c/two", "c/2"));
  EXPECT_TRUE(fs::exists(root_ / "c/2"));
}

TEST_F(Local, RenamesNothingToOutside) {
  ASSERT_TRUE(store_.adopt(file("one"), "one"));
  fs::create_directory_symlink(outside_, root_ / "folder");
  EXPECT_FALSE(store_.rename("one", "folder/one"));
  EXPECT_FALSE(store_.rename("one", "../one"));
  EXPECT_TRUE(fs::exists(root_ / "one"));
}

TEST_F(Local, LetsNoLinkLeadOutside) {
  fs::create_symlink(outside_ / "secret", root_ / "absolute");
  fs::create_symlink("../outside/secret", root_ / "relative");
  fs::create_directory_symlink(outside_, root_ / "folder");
  fs::create_symlink("/proc/self/root/etc/passwd", root_ / "magic");
  for (const std::string& key :
       {std::string("absolute"), std::string("relative"), std::string("folder/secret"), std::string("magic")}) {
    EXPECT_EQ(store_.stat(key).error().code, Code::invalid) << key;
    EXPECT_EQ(store_.read(key, 0, 10).error().code, Code::invalid) << key;
    EXPECT_EQ(store_.hash_part(key, 0, 1).error().code, Code::invalid) << key;
    EXPECT_EQ(store_.write_part(key, 0, 1).error().code, Code::invalid) << key;
    const auto segment = std::get<http::RemoteRange>(store_.segment(key, 0, 6, {}, {}));
    EXPECT_EQ(segment.read(0, 6).error().type, "version-gone") << key;
  }
  EXPECT_FALSE(store_.allocate("folder/new", 1));
  EXPECT_FALSE(store_.adopt(file("x"), "folder/new"));
  EXPECT_FALSE(store_.remove("folder/secret"));
  EXPECT_FALSE(fs::exists(outside_ / "new"));
  EXPECT_TRUE(fs::exists(outside_ / "secret"));
  auto listed = store_.list("", "", 100);
  ASSERT_TRUE(listed);
  EXPECT_TRUE(listed->empty());
}

TEST_F(Local, FollowsLinksThatStayInside) {
  fs::create_directories(root_ / "films");
  std::ofstream(root_ / "films/one") << "one";
  fs::create_symlink("films/one", root_ / "link");
  EXPECT_EQ(store_.read("link", 0, 10), "one");
  auto listed = store_.list("", "", 100);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[1].key, "link");
}

TEST_F(Local, SendsTheFileThatItLookedAtThoughALinkTookItsPlace) {
  std::ofstream(root_ / "film") << "film";
  const auto segment = std::get<http::FileRange>(store_.segment("film", 0, 4, {}, {}));
  fs::remove(root_ / "film");
  fs::create_symlink(outside_ / "secret", root_ / "film");
  EXPECT_EQ(read_whole_file(segment.path), "film");
}

TEST_F(Local, TakesNothingButFilesForObjects) {
  fs::create_directories(root_ / "folder/inner");
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(store_.stat("folder").error().code, Code::not_found);
  EXPECT_EQ(store_.stat("pipe").error().code, Code::not_found);
  EXPECT_EQ(store_.read("pipe", 0, 1).error().code, Code::not_found);
  EXPECT_TRUE(store_.list("", "", 10)->empty());
}

TEST_F(Local, LeavesOutNamesThatAreNoText) {
  std::ofstream(root_ / "caf\xe9") << "x";
  std::ofstream(root_ / "fine") << "x";
  auto listed = store_.list("", "", 10);
  ASSERT_TRUE(listed);
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->front().key, "fine");
}

TEST_F(Local, TellsWhatIsLeftOutOfAListAndWhy) {
  fs::create_directories(root_ / "folder");
  std::ofstream(root_ / "folder/caf\xe9") << "x";
  std::ofstream(root_ / "folder/fine") << "x";
  std::ofstream(root_ / "zebra") << "x";
  fs::create_symlink("nowhere", root_ / "broken");
  fs::create_symlink(outside_ / "secret", root_ / "out");
  fs::create_directory_symlink("folder", root_ / "linked");
  fs::create_symlink("folder/fine", root_ / "a good link");
  ASSERT_EQ(::mkfifo((root_ / "pipe").c_str(), 0600), 0);
  const std::vector<std::pair<std::string, std::string>> expected{
      {"broken", "It is a link that leads nowhere."},
      {"folder/caf\\xe9", "Its name is not valid UTF-8."},
      {"linked", "It is a link to a folder, and those are not followed."},
      {"out", "It is a link that leads out of the store."},
      {"pipe", "It is neither a file nor a folder."},
  };
  // In pages of any size each is told of once.
  for (int limit : {1, 2, 3, 100}) {
    std::vector<std::pair<std::string, std::string>> told;
    std::vector<std::string> keys;
    for (bool more = true; more;) {
      auto found = store_.list_with_left_out("", keys.empty() ? "" : keys.back(), limit);
      ASSERT_TRUE(found);
      EXPECT_GE(found->left_out_count, static_cast<std::int64_t>(found->left_out.size()));
      for (const auto& each : found->left_out) told.emplace_back(each.key, each.reason);
      for (const auto& each : found->objects) keys.push_back(each.key);
      more = std::cmp_equal(found->objects.size(), limit);
    }
    EXPECT_EQ(keys, (std::vector<std::string>{"a good link", "folder/fine", "zebra"}));
    if (limit == 100) EXPECT_EQ(told, expected);
    for (const auto& each : told) EXPECT_EQ(std::ranges::count(told, each), 1) << each.first;
  }
  auto below = store_.list_with_left_out("folder/", "", 10);
  ASSERT_TRUE(below);
  EXPECT_EQ(below->left_out_count, 1);
}

// Root may read everything.
class AsNobody {
 public:
  AsNobody() : user_(::geteuid()) {
    if (user_ == 0) EXPECT_EQ(::seteuid(65534), 0);
  }
  ~AsNobody() { EXPECT_EQ(::seteuid(user_), 0); }

 private:
  const uid_t user_;
};

TEST_F(Local, TellsOfWhatItHasNoPermissionToRead) {
  fs::create_directories(root_ / "closed");
  fs::create_directories(root_ / "names only");
  for (const char* name : {"closed/in.txt", "fine.txt", "names only/in.txt", "secret.txt"})
    std::ofstream(root_ / name) << "x";
  fs::create_symlink("secret.txt", root_ / "to secret.txt");
  fs::permissions(root_ / "closed", fs::perms::none);
  fs::permissions(root_ / "names only", fs::perms(0444));
  fs::permissions(root_ / "secret.txt", fs::perms::none);
  const AsNobody nobody;
  const auto opens = [&](const char* name) { return std::ifstream(root_ / name).good(); };
  if (!opens("fine.txt") || opens("secret.txt")) GTEST_SKIP() << "this disk knows one user alone";
  auto found = store_.list_with_left_out("", "", 10);
  ASSERT_TRUE(found);
  std::map<std::string, std::string> told;
  for (const auto& each : found->left_out) told.emplace(each.key, each.reason);
  const std::string reason = "The server has no permission to open it.";
  EXPECT_EQ(told, (std::map<std::string, std::string>{{"closed", "The folder cannot be read: Permission denied."},
                                                      {"names only/in.txt", reason},
                                                      {"secret.txt", reason},
                                                      {"to secret.txt", reason}}));
  ASSERT_EQ(found->objects.size(), 1u);
  EXPECT_EQ(found->objects.front().key, "fine.txt");
  EXPECT_EQ(store_.stat("secret.txt").error().type, "no-permission");
  EXPECT_EQ(store_.stat("closed/in.txt").error().type, "no-permission");
}

TEST_F(Local, SaysThatThereIsNoSpaceAndKeepsNothing) {
  SmallDisk disk(root_, "size=4m");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  const std::string key = random_key();
  EXPECT_EQ(store_.allocate(key, 1ull << 40).error().code, Code::no_space);
  EXPECT_EQ(store_.allocate(key, 5 << 20).error().code, Code::no_space);
  EXPECT_FALSE(fs::exists(root_ / key));
  EXPECT_TRUE(store_.allocate(key, 1 << 20));
  EXPECT_EQ(store_.adopt(file(std::string(8 << 20, 'x')), random_key()).error().code, Code::no_space);
  EXPECT_TRUE(fs::exists(folder_ / "incoming"));
}

TEST_F(Local, KeepsEarlierPartsWhenTheDiskFillsUp) {
  SmallDisk disk(root_, "size=4m");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  const std::string key = random_key();
  ASSERT_TRUE(store_.allocate(key, 0));  // nothing reserved, as where the file system cannot
  auto first = store_.write_part(key, 0, 1 << 20);
  ASSERT_TRUE((*first)->write(std::string(1 << 20, 'a')));
  ASSERT_TRUE((*first)->finish());
  std::ofstream(root_ / "other") << std::string(8 << 20, 'x');
  auto second = store_.write_part(key, 1 << 20, 1 << 20);
  auto written = (*second)->write(std::string(1 << 20, 'b'));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::no_space);
  fs::remove(root_ / "other");
  auto again = store_.write_part(key, 1 << 20, 1 << 20);
  ASSERT_TRUE((*again)->write(std::string(1 << 20, 'b')));
  ASSERT_TRUE((*again)->finish());
  ASSERT_TRUE(store_.sync(key));
  EXPECT_EQ(store_.read(key, (1 << 20) - 1, 2), "ab");
}

TEST_F(Local, CopiesFilesOfOtherFileSystems) {
  SmallDisk disk(folder_ / "disk", "size=8m");
  if (!disk.mounted()) GTEST_SKIP() << "may not mount here";
  const std::string content(3 << 20, 'y');
  std::ofstream(folder_ / "disk/file") << content;
  const std::string key = random_key();
  ASSERT_TRUE(store_.adopt(folder_ / "disk/file", key));
  EXPECT_FALSE(fs::exists(folder_ / "disk/file"));
  EXPECT_EQ(store_.read(key, 0, 4 << 20), content);
}

TEST_F(Local, CopiesWhatOthersCouldGoOnWritingTo) {
  fs::create_hard_link(file("bytes"), folder_ / "second");
  const std::string key = random_key();
  ASSERT_TRUE(store_.adopt(folder_ / "incoming", key));
  std::ofstream(folder_ / "second") << "other";
  EXPECT_EQ(store_.read(key, 0, 10), "bytes");
}

TEST_F(Local, AdoptsNoLinks) {
  fs::create_symlink(outside_ / "secret", folder_ / "incoming");
  EXPECT_FALSE(store_.adopt(folder_ / "incoming", random_key()));
  EXPECT_TRUE(fs::exists(outside_ / "secret"));
}

TEST_F(Local, NeverOverwrites) {
  const std::string key = random_key();
  ASSERT_TRUE(store_.adopt(file("first"), key));
  EXPECT_EQ(store_.adopt(file("second"), key).error().code, Code::conflict);
  EXPECT_EQ(store_.read(key, 0, 10), "first");
}

TEST_F(Local, StampsWhatItAdopts) {
  file("bytes");
  fs::last_write_time(folder_ / "incoming", fs::file_time_type::clock::now() - std::chrono::hours(100));
  const std::string key = random_key();
  const std::int64_t before = unix_ms(now());
  ASSERT_TRUE(store_.adopt(folder_ / "incoming", key));
  EXPECT_GE(store_.stat(key)->mtime_ns / 1'000'000, before - 1000);
}

TEST_F(Local, MakesFoldersAgainThatWereTakenAway) {
  const std::string key = random_key();
  ASSERT_TRUE(store_.allocate(key, 1));
  fs::remove_all(root_ / key.substr(0, 2));
  EXPECT_TRUE(store_.allocate(key, 1));
}

TEST_F(Local, ListsFoldersOfManyFilesInSmallPages) {
  for (int i = 0; i < 1000; ++i) std::ofstream(root_ / fmt::format("{:04}", i)) << "x";
  std::vector<std::string> keys;
  while (true) {
    auto page = store_.list("", keys.empty() ? "" : keys.back(), 33);
    ASSERT_TRUE(page);
    for (const ListedObject& object : *page) keys.push_back(object.key);
    if (page->size() < 33) break;
  }
  ASSERT_EQ(keys.size(), 1000u);
  EXPECT_TRUE(std::ranges::is_sorted(keys));
}

TEST_F(Local, RandomKeysAreToldApartFromUsersFiles) {
  const std::string key = random_key();
  EXPECT_TRUE(is_random_key(key)) << key;
  EXPECT_NE(key, random_key());
  EXPECT_TRUE(check_key(key));
  EXPECT_FALSE(is_random_key("ab/cd/abcdef.blob"));
  EXPECT_FALSE(is_random_key("ab/cd/00000000000000000000000000000000.blob"));
  EXPECT_FALSE(is_random_key("00/00/0000000000000000000000000000000G.blob"));
  EXPECT_FALSE(is_random_key(key + "x"));
  EXPECT_FALSE(is_random_key("films/" + key));
}

// Blocks as http/ gives them: at the beginning of a page.
class Pages {
 public:
  explicit Pages(std::size_t size) : size_(size), bytes_(static_cast<char*>(std::aligned_alloc(4096, size))) {
    for (std::size_t i = 0; i < size; ++i) bytes_.get()[i] = static_cast<char>(i * 31 + i / 4096);
  }
  std::string_view view(std::size_t from, std::size_t length) const { return {bytes_.get() + from, length}; }
  std::string_view all() const { return view(0, size_); }

 private:
  struct Free {
    void operator()(char* bytes) const { std::free(bytes); }
  };
  std::size_t size_;
  std::unique_ptr<char, Free> bytes_;
};

TEST_F(Local, WritesPastThePageCacheWhateverTheBlocksAre) {
  LocalStore direct("direct", root_, 1);
  const Pages pages(64 << 10);
  // Whole pages, a tail, parts that share a page, blocks that begin anywhere, one that is sent twice.
  const std::vector<std::vector<std::size_t>> blocks_of_parts = {
      {8192, 4096, 4096}, {12288, 100}, {3996, 4096}, {1, 8191, 77}};
  const std::string key = random_key();
  std::size_t size = 0;
  for (const auto& blocks : blocks_of_parts) size = std::accumulate(blocks.begin(), blocks.end(), size);
  ASSERT_TRUE(direct.allocate(key, size));
  for (int time = 0; time < 2; ++time) {
    std::size_t at = 0;
    for (const auto& blocks : blocks_of_parts) {
      const std::size_t begin = at;
      const std::size_t length = std::accumulate(blocks.begin(), blocks.end(), std::size_t{0});
      auto writer = direct.write_part(key, begin, length);
      ASSERT_TRUE(writer);
      for (std::size_t block : blocks) {
        ASSERT_TRUE((*writer)->write(pages.view(at, block)));
        at += block;
      }
      auto written = (*writer)->finish();
      ASSERT_TRUE(written);
      EXPECT_EQ(written->crc32, crc32(bytes_of(pages.view(begin, length))));
      EXPECT_EQ(direct.hash_part(key, begin, length)->etag, written->etag);
    }
    ASSERT_TRUE(direct.sync(key));
    EXPECT_EQ(direct.read(key, 0, size + 1), pages.view(0, size));
  }
}

TEST_F(Local, LeavesNothingInThePageCacheOfWhatItWrotePastIt) {
  const Pages pages(1 << 20);
  auto cached_after_writing = [&](LocalStore& store) {
    const std::string key = random_key();
    EXPECT_TRUE(store.allocate(key, 1 << 20));
    auto writer = store.write_part(key, 0, 1 << 20);
    EXPECT_TRUE((*writer)->write(pages.all()) && (*writer)->finish() && store.sync(key));
    auto fd = open_file(store.path(key), O_RDONLY);
    void* mapped = ::mmap(nullptr, 1 << 20, PROT_READ, MAP_SHARED, fd->get(), 0);
    std::vector<unsigned char> resident(256);
    EXPECT_EQ(::mincore(mapped, 1 << 20, resident.data()), 0);
    ::munmap(mapped, 1 << 20);
    return std::ranges::count_if(resident, [](unsigned char page) { return page & 1; });
  };
  LocalStore direct("direct", root_, 1), cached("cached", root_, 0), larger("larger", root_, (1 << 20) + 1);
  EXPECT_EQ(cached_after_writing(cached), 256);
  EXPECT_EQ(cached_after_writing(larger), 256);
  UniqueFd able(::open((root_ / "able").c_str(), O_WRONLY | O_CREAT | O_DIRECT, 0600));
  if (!able) GTEST_SKIP() << "this file system always caches";
  EXPECT_EQ(cached_after_writing(direct), 0);
}

TEST(OpenFiles, TellADiskThatTakesNoSuchWriteFromOneThatFails) {
  const Pages pages(4096);
  const fs::path path = fs::temp_directory_path() / ("reelvault-direct-" + Uuid::v7().text());
  UniqueFd fd = *open_file(path, O_RDWR | O_CREAT | O_EXCL);
  UniqueFd direct(::open(path.c_str(), O_WRONLY | O_DIRECT));
  fs::remove(path);
  if (!direct) GTEST_SKIP() << "this file system always caches";
  OpenFile file(std::move(fd), path, std::move(direct));
  // No block of any disk begins there; a file system that copies takes it all the same.
  EXPECT_TRUE(file.write_direct(bytes_of(pages.all()), 1));
  EXPECT_EQ(file.write_direct(bytes_of(pages.all()), 4096), true);
  OpenFile broken(UniqueFd(::memfd_create("test", 0)), path, UniqueFd(::open("/dev/full", O_WRONLY)));
  EXPECT_EQ(broken.write_direct(bytes_of(pages.all()), 0).error().code, Code::no_space);
}

TEST(OpenFiles, RememberThatASyncFailedAndNeverTryAgain) {
  // A pipe cannot be synced; then the number is given to a file that could be.
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd writer(ends[1]);
  OpenFile file(UniqueFd(ends[0]), "pipe");
  EXPECT_TRUE(file.check());
  EXPECT_FALSE(file.sync());
  UniqueFd good(::memfd_create("good", 0));
  ASSERT_GE(::dup2(good.get(), file.fd()), 0);
  ASSERT_EQ(::fdatasync(file.fd()), 0);
  EXPECT_FALSE(file.sync());
  EXPECT_FALSE(file.check());
  EXPECT_FALSE(file.write(bytes_of("x"), 0));
}

std::shared_ptr<OpenFile> memory() { return std::make_shared<OpenFile>(UniqueFd(::memfd_create("test", 0)), "memory"); }

TEST(OpenFiles, ShareOneDescriptor) {
  OpenFiles files;
  auto first = files.get("a", [] { return memory(); });
  auto second = files.get(
      "a", []() -> Result<std::shared_ptr<OpenFile>> { return fail(Code::internal, "", "", "opened twice"); });
  ASSERT_TRUE(first && second);
  EXPECT_EQ(*first, *second);
}

TEST(OpenFiles, CloseWhatIsIdleButNotWhatIsHeldOrBroken) {
  OpenFiles files;
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd writer(ends[1]);
  ASSERT_TRUE(files.get("broken", [&] { return std::make_shared<OpenFile>(UniqueFd(ends[0]), "broken"); }));
  ASSERT_TRUE(files.get("idle", [] { return memory(); }));
  auto held = files.get("held", [] { return memory(); });
  files.tidy(std::chrono::hours(1));
  EXPECT_EQ(files.size(), 3u);
  files.tidy(std::chrono::seconds(0));
  EXPECT_EQ(files.size(), 2u);
  EXPECT_FALSE(files.get("broken", [] { return memory(); }));
  files.close("broken");
  EXPECT_TRUE(files.get("broken", [] { return memory(); }));
}

TEST(OpenFiles, KeepNoMoreThanTheirLimit) {
  OpenFiles files(3);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(files.get(std::to_string(i), [] { return memory(); }));
  EXPECT_EQ(files.size(), 3u);
  bool opened = false;
  ASSERT_TRUE(files.get("9", [&] {
    opened = true;
    return memory();
  }));
  EXPECT_FALSE(opened) << "the newest stay";
}

TEST(OpenFiles, SyncForManyThreadsAtOnce) {
  const fs::path path = fs::temp_directory_path() / ("reelvault-sync-" + Uuid::v7().text());
  OpenFile file(*open_file(path, O_RDWR | O_CREAT | O_EXCL), path);
  std::vector<std::thread> threads;
  std::atomic<int> good = 0;
  for (std::uint64_t t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint64_t i = 0; i < 5; ++i) {
        if (file.write(bytes_of("x"), t * 100 + i) && file.sync()) ++good;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 40);
  fs::remove(path);
}

}  // namespace
}  // namespace reelvault::storage
