#include "ingest/watcher.hpp"

#include "catalog/testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace reelvault::ingest {
namespace {

using catalog::Asset;
using catalog::Library;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

class Watching : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
    registers_ = std::make_unique<RegisterService>(*library_->assets, *library_->content, library_->stores);
  }
  Library& library() { return *library_; }
  Watcher watcher(Watcher::Options options = {.stable = 0ms}) {
    return Watcher(*registers_, *library().assets, std::move(options));
  }
  void put(const std::string& key, std::string_view content) {
    const auto path = library().folder / key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  ScanReport look(Watcher& watcher) { return Library::expect(watcher.look(library().bucket.id)); }
  std::vector<std::string> names() {
    auto out = library().names(library().bucket.id);
    std::erase(out, "Uploads");
    return out;
  }

 private:
  std::unique_ptr<Library> library_;
  std::unique_ptr<RegisterService> registers_;
};

TEST_P(Watching, TakesWhatWasTheSameInTwoLooks) {
  Watcher watcher = this->watcher();
  put("a.txt", "one");
  EXPECT_EQ(look(watcher).waiting, 1);
  EXPECT_THAT(names(), ElementsAre());
  put("a.txt", "one and more");
  EXPECT_EQ(look(watcher).waiting, 1);
  EXPECT_THAT(names(), ElementsAre());
  EXPECT_EQ(look(watcher).registered, 1);
  EXPECT_THAT(names(), ElementsAre("a.txt"));
  EXPECT_EQ(look(watcher).registered, 0);
}

TEST_P(Watching, AlsoWaitsForTheTimeThatIsSet) {
  Watcher watcher = this->watcher({.stable = 300ms});
  put("a.txt", "one");
  look(watcher);
  EXPECT_EQ(look(watcher).registered, 0);
  std::this_thread::sleep_for(350ms);
  EXPECT_EQ(look(watcher).registered, 1);
}

TEST_P(Watching, DoesNotBringBackWhatWasDeletedForGoodAndForgetsWhatIsGone) {
  Watcher watcher = this->watcher();
  put("a.txt", "one");
  put("b.txt", "stays, so that the store shows something");
  look(watcher);
  look(watcher);
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto asset = library().assets->repository().child(tx, library().bucket.row, "a.txt");
    tx.execute("delete from asset_version where asset_id = :row", {{"row", asset->row}});
    library().assets->repository().remove(tx, *asset);
    return {};
  }));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(look(watcher).registered, 0);
  std::filesystem::remove(library().folder / "a.txt");
  look(watcher);
  put("a.txt", "one");
  look(watcher);
  EXPECT_EQ(look(watcher).registered, 1) << "it came anew";
}

TEST_P(Watching, AnEmptyStoreMakesItForgetNothing) {
  Watcher watcher = this->watcher();
  put("a.txt", "one");
  look(watcher);
  look(watcher);
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto asset = library().assets->repository().child(tx, library().bucket.row, "a.txt");
    tx.execute("delete from asset_version where asset_id = :row", {{"row", asset->row}});
    library().assets->repository().remove(tx, *asset);
    return {};
  }));
  const auto path = library().folder / "a.txt";
  const auto time = std::filesystem::last_write_time(path);
  std::filesystem::remove(path);
  look(watcher);
  put("a.txt", "one");
  std::filesystem::last_write_time(path, time);
  look(watcher);
  EXPECT_EQ(look(watcher).registered, 0);
}

TEST_P(Watching, RemembersFailuresAndTriesLaterAndLater) {
  Watcher watcher = this->watcher({.stable = 0ms, .node = {}, .backoff = 200ms});
  put("folder", "a file");
  look(watcher);
  look(watcher);
  std::filesystem::remove(library().folder / "folder");
  put("folder/a.txt", "one");
  look(watcher);
  look(watcher);
  WatchStatus status = Library::expect(watcher.status(library().bucket.id));
  ASSERT_EQ(status.failures.size(), 1u);
  EXPECT_EQ(status.failures[0].object_key, "folder/a.txt");
  EXPECT_EQ(status.failures[0].attempts, 1);
  EXPECT_THAT(status.failures[0].error, HasSubstr("is a file"));
  look(watcher);
  look(watcher);
  EXPECT_EQ(Library::expect(watcher.status(library().bucket.id)).failures[0].attempts, 1) << "not before its time";
  std::this_thread::sleep_for(250ms);
  look(watcher);
  look(watcher);
  EXPECT_EQ(Library::expect(watcher.status(library().bucket.id)).failures[0].attempts, 2);
  auto file = Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::optional<Asset>> {
    return library().assets->repository().child(tx, library().bucket.row, "folder");
  }));
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto asset = library().assets->repository().lock_row(tx, file->row);
    return library().assets->trash(tx, library().admin, *asset);
  }));
  std::this_thread::sleep_for(450ms);
  look(watcher);
  look(watcher);
  EXPECT_EQ(Library::expect(watcher.status(library().bucket.id)).failed, 0);
  EXPECT_THAT(names(), ElementsAre("folder"));
}

TEST_P(Watching, OneNodeLooksAtATime) {
  Watcher first = watcher({.stable = 0ms, .node = "first"}), second = watcher({.stable = 0ms, .node = "second"});
  look(first);
  EXPECT_EQ(second.look(library().bucket.id).error().type, "watched-elsewhere");
  look(first);
}

INSTANTIATE_TEST_SUITE_P(Databases, Watching, ::testing::Values(db::Kind::sqlite, db::Kind::postgres),
                         [](const auto& info) { return info.param == db::Kind::sqlite ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace reelvault::ingest
