#include "storage/store_config.hpp"

#include "base/uuid.hpp"

#include <gtest/gtest.h>

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;

class StoreConfig : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_ / "media"); }
  void TearDown() override { fs::remove_all(folder_); }
  Result<Stores> make(const std::string& toml) {
    std::ofstream(folder_ / "config.toml") << "data.dir = \"" << (folder_ / "data").string() << "\"\n" << toml;
    auto config = Config::load(folder_ / "config.toml", {});
    if (!config) throw std::runtime_error(config.error().message);
    return configured_stores(*config);
  }
  std::vector<std::string> faults(const std::string& toml) {
    auto stores = make(toml);
    std::vector<std::string> pointers;
    if (stores) return pointers;
    for (const FieldFault& fault : stores.error().faults) pointers.push_back(fault.pointer);
    std::ranges::sort(pointers);
    return pointers;
  }
  const fs::path folder_ = fs::temp_directory_path() / ("reelvault-config-" + Uuid::v7().text());
};

TEST_F(StoreConfig, AlwaysHasALocalStoreInTheDataFolder) {
  auto stores = make("");
  ASSERT_TRUE(stores) << stores.error().detail;
  ASSERT_EQ(stores->all().size(), 1u);
  const Stores::Entry& entry = stores->at("local");
  ASSERT_NE(entry.parts, nullptr);
  EXPECT_EQ(entry.direct, nullptr);
  EXPECT_EQ(entry.parts->path("k"), fs::canonical(folder_) / "data/blobs/k");
  EXPECT_EQ(stores->find("media"), nullptr);
}

TEST_F(StoreConfig, MakesFurtherStores) {
  auto stores = make(
      "[stores.media]\nkind = \"local\"\nroot = \"" + (folder_ / "media").string() +
      "\"\n[stores.cloud]\nkind = \"s3\"\nendpoint = \"http://127.0.0.1:1\"\nbucket = \"b\"\nprefix = \"p/\"\n"
      "access_key = \"a\"\nsecret_key = \"s\"\npath_style = false\npublic_endpoint = \"https://cdn.example.com\"\n");
  ASSERT_TRUE(stores) << stores.error().message;
  EXPECT_EQ(stores->all().size(), 3u);
  EXPECT_NE(stores->at("media").parts, nullptr);
  const Stores::Entry& cloud = stores->at("cloud");
  EXPECT_EQ(cloud.parts, nullptr);
  ASSERT_NE(cloud.direct, nullptr);
  EXPECT_TRUE(cloud.direct->read_url("k", std::chrono::hours(1))->starts_with("https://b.cdn.example.com/p/k?"));
}

TEST_F(StoreConfig, LetsAnotherTakeTheDefaultsPlace) {
  auto stores = make("[stores.local]\nkind = \"local\"\nroot = \"" + (folder_ / "media").string() + "\"\n");
  ASSERT_TRUE(stores);
  EXPECT_EQ(stores->all().size(), 1u);
  EXPECT_EQ(stores->at("local").parts->path("k"), fs::canonical(folder_) / "media/k");
  EXPECT_FALSE(fs::exists(folder_ / "data/blobs"));
}

TEST_F(StoreConfig, NamesEveryFault) {
  EXPECT_EQ(faults("[stores.a]\nkind = \"tape\"\n[stores.b]\nkind = \"local\"\nroot = \"/nowhere\"\ncolour = \"red\"\n"
                   "[stores.c]\nkind = \"s3\"\nendpoint = \"ftp://x\"\nprefix = \"../x\"\npath_style = "
                   "\"perhaps\"\n[stores.d]\n"),
            (std::vector<std::string>{"stores.a.kind", "stores.b.colour", "stores.b.root", "stores.c.access_key",
                                      "stores.c.bucket", "stores.c.endpoint", "stores.c.path_style", "stores.c.prefix",
                                      "stores.c.secret_key", "stores.d.kind"}));
}

TEST_F(StoreConfig, RefusesTwoStoresInOneFolder) {
  const std::string root = (folder_ / "media").string();
  EXPECT_EQ(faults("[stores.a]\nkind = \"local\"\nroot = \"" + root + "\"\n[stores.b]\nkind = \"local\"\nroot = \"" +
                   root + "/../media\"\n"),
            (std::vector<std::string>{"stores.b.root"}));
}

}  // namespace
}  // namespace reelvault::storage
