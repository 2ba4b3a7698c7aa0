#include "base/file.hpp"
#include "catalog/testing.hpp"
#include "ingest/register_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace reelvault::ingest {
namespace {

using catalog::Asset;
using catalog::AssetStatus;
using catalog::Library;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;
using Outcome = Registered::Outcome;

class Register : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
    registers_ = std::make_unique<RegisterService>(*library_->assets, *library_->content, library_->stores);
  }
  Library& library() { return *library_; }
  RegisterService& registers() { return *registers_; }

  void put(const std::string& key, std::string_view content) {
    const auto path = library().folder / key;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
  }
  Result<Registered> take(const std::string& key, std::string display_name = {}, const Principal* by = nullptr,
                          Terms terms = {.bucket = "library"}) {
    return registers().take_one(by ? *by : library().admin, terms,
                                {.key = key, .display_name = std::move(display_name)});
  }
  Registered expect(Result<Registered> result) { return Library::expect(std::move(result)); }
  std::int64_t count(std::string_view table) {
    return *Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::optional<std::int64_t>> {
      return tx.value<std::int64_t>(fmt::format("select count(*) from {}", table));
    }));
  }
  std::string path_of(const Asset& asset) { return library().assets->json(asset).path; }
  Asset reread(const Asset& asset) { return Library::expect(library().assets->get(asset.id)); }
  void settle(const Asset& asset, std::int64_t version) {
    Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
      auto locked = library().assets->repository().lock_row(tx, asset.row);
      RV_CHECK(library().content->looked_at(tx, *locked));
      return library().content->settle(tx, asset.row, version, std::nullopt);
    }));
  }

 private:
  std::unique_ptr<Library> library_;
  std::unique_ptr<RegisterService> registers_;
};

TEST_P(Register, TakesAnObjectInPlaceAndMakesTheFoldersAlongItsKey) {
  put("rushes/day 1/A001.mov", "film");
  Registered done = expect(take("rushes/day 1/A001.mov"));
  EXPECT_EQ(done.outcome, Outcome::registered);
  EXPECT_EQ(done.asset.status, AssetStatus::registering);
  EXPECT_EQ(done.asset.source_key, "rushes/day 1/A001.mov");
  EXPECT_EQ(done.asset.size, 4);
  EXPECT_EQ(done.asset.version, 1);
  EXPECT_EQ(path_of(done.asset), "/library/rushes/day 1/A001.mov");
  auto blob =
      Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::optional<storage::Blob>> {
        return storage::BlobRepository{}.find(tx, storage::Location{"local", "rushes/day 1/A001.mov"});
      }));
  ASSERT_TRUE(blob);
  EXPECT_FALSE(blob->owned);
  EXPECT_EQ(blob->references, 1);
  EXPECT_NE(blob->mtime_ns, 0);
}

TEST_P(Register, IsCreatingOnceTheProbeHasLooked) {
  put("a.mov", "film");
  Asset asset = expect(take("a.mov")).asset;
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto locked = library().assets->repository().lock_row(tx, asset.row);
    return library().content->looked_at(tx, *locked);
  }));
  EXPECT_EQ(reread(asset).status, AssetStatus::creating);
  settle(asset, 1);
  EXPECT_EQ(reread(asset).status, AssetStatus::available);
}

TEST_P(Register, TheSameObjectAgainIsTheSameAsset) {
  put("a.mov", "film");
  Asset first = expect(take("a.mov")).asset;
  Registered again = expect(take("a.mov"));
  EXPECT_EQ(again.outcome, Outcome::unchanged);
  EXPECT_EQ(again.asset.id, first.id);
  EXPECT_EQ(count("asset_version"), 1);
  EXPECT_EQ(count("blob"), 1);
}

TEST_P(Register, FindsItWhereverItWasMovedAndMakesAVersionOfAChange) {
  put("in/a.mov", "film");
  Asset asset = expect(take("in/a.mov")).asset;
  settle(asset, 1);
  Asset elsewhere = Library::expect(library().make_folder(library().admin, library().bucket.id, "elsewhere"));
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto locked = library().assets->repository().lock_row(tx, asset.row);
    library().assets->repository().reparent(tx, *locked, elsewhere.row, "other.mov", std::nullopt);
    return {};
  }));
  put("in/a.mov", "a longer film");
  Registered again = expect(take("in/a.mov"));
  EXPECT_EQ(again.outcome, Outcome::refreshed);
  EXPECT_EQ(again.asset.id, asset.id);
  EXPECT_EQ(again.asset.status, AssetStatus::replacing);
  settle(asset, 2);
  EXPECT_EQ(reread(asset).size, 13);
  EXPECT_EQ(path_of(reread(asset)), "/library/elsewhere/other.mov");
  EXPECT_EQ(expect(take("in/a.mov")).outcome, Outcome::unchanged);
}

TEST_P(Register, RefusesKeysThatLeadElsewhereAndNamesTheField) {
  put("a.mov", "film");
  std::filesystem::create_symlink("/etc/hostname", library().folder / "out.txt");
  std::filesystem::create_directory_symlink("/etc", library().folder / "etc");
  for (const char* key :
       {"../a.mov", "x/../a.mov", "/a.mov", "./a.mov", "a//b", "out.txt", "etc/hostname", ".reelvault-store"}) {
    auto refused = take(key);
    ASSERT_FALSE(refused) << key;
    EXPECT_EQ(refused.error().code, Code::invalid) << key;
    ASSERT_FALSE(refused.error().faults.empty()) << key;
    EXPECT_EQ(refused.error().faults.at(0).pointer, "/objectKey") << key;
  }
  EXPECT_EQ(count("registered_object"), 0);
  for (const char* key : {"nothing.mov", "a.mov/below", "etc"}) {
    auto absent = take(key);
    ASSERT_FALSE(absent) << key;
    EXPECT_EQ(absent.error().code == Code::not_found || absent.error().code == Code::invalid, true)
        << key << " " << absent.error().message;
  }
  EXPECT_THAT(library().names(library().bucket.id), ElementsAre("Uploads"));
}

TEST_P(Register, NeverTakesTheLibrarysOwnBlobs) {
  const std::string key = storage::random_key();
  put(key, "ours");
  EXPECT_EQ(take(key).error().faults.at(0).pointer, "/objectKey");
  put("film.mov", "theirs");
  Listing listing = Library::expect(registers().list(library().bucket.id, "", "", 100, false));
  ASSERT_EQ(listing.objects.size(), 1u);
  EXPECT_EQ(listing.objects[0].key, "film.mov");
  EXPECT_EQ(listing.ignored, 1);
}

TEST_P(Register, NeedsWriteWhereItGoesAndTellsNothingToOthers) {
  put("team/a.mov", "film");
  Asset team = Library::expect(library().make_folder(library().admin, library().bucket.id, "team"));
  Principal writer = library().user("writer", Role::editor), reader = library().user("reader", Role::editor),
            stranger = library().user("stranger", Role::editor);
  library().grant(writer, Permission::write, team);
  library().grant(reader, Permission::read, team);
  EXPECT_EQ(take("team/a.mov", {}, &reader).error().code, Code::forbidden);
  EXPECT_EQ(take("team/a.mov", {}, &stranger).error().code, Code::not_found);
  EXPECT_EQ(take("team/nothing.mov", {}, &stranger).error().message, take("team/a.mov", {}, &stranger).error().message);
  EXPECT_EQ(take("other/a.mov", {}, &writer).error().code, Code::not_found) << "the bucket itself is not theirs to see";
  EXPECT_EQ(take("team/a.mov", {}, &writer).error().code, Code::forbidden)
      << "a right to a folder is none to what the store has under the folder's name";
  EXPECT_EQ(expect(take("team/a.mov")).outcome, Outcome::registered);
  EXPECT_EQ(expect(take("team/a.mov", {}, &writer)).outcome, Outcome::unchanged) << "what is in the tree is theirs";
  EXPECT_EQ(take("team/a.mov", {}, &reader).error().code, Code::forbidden);
  Principal librarian = library().user("librarian", Role::editor);
  library().grant(librarian, Permission::write, library().bucket);
  put("team/b.mov", "film");
  EXPECT_EQ(expect(take("team/b.mov", {}, &librarian)).outcome, Outcome::registered);
}

TEST_P(Register, ATakenNameIsAConflictUnlessANumberIsWanted) {
  Library::expect(library().make_folder(library().admin, library().bucket.id, "a.mov"));
  put("a.mov", "film");
  auto taken = take("a.mov");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().type, "name-taken");
  EXPECT_EQ(expect(take("a.mov", {}, nullptr, {.bucket = "library", .rename_on_conflict = true})).asset.name,
            "a (2).mov");
  put("b.mov", "film");
  EXPECT_EQ(expect(take("b.mov", "Second")).asset.name, "Second");
  put("c.mov", "film");
  EXPECT_EQ(take("c.mov", "a/b").error().faults.at(0).pointer, "/displayName");
}

TEST_P(Register, AFileOnTheWayIsAConflict) {
  put("a.mov", "film");
  expect(take("a.mov", "folder"));
  put("folder/b.mov", "film");
  EXPECT_EQ(take("folder/b.mov").error().type, "not-a-folder");
}

TEST_P(Register, WhatIsInTheBinStaysThere) {
  put("a.mov", "film");
  Asset asset = expect(take("a.mov")).asset;
  Library::expect(library().database->write(
      [&](db::Transaction& tx) { return library().assets->trash(tx, library().admin, asset.id); }));
  EXPECT_EQ(take("a.mov").error().type, "in-bin");
  put("a.mov", "another film");
  EXPECT_EQ(take("a.mov").error().type, "in-bin");
  EXPECT_EQ(Library::expect(registers().list(library().bucket.id, "", "", 100, true)).objects.size(), 0u);
}

TEST_P(Register, ManyStandEachForItself) {
  std::vector<Wanted> wanted;
  for (int i = 0; i < 120; ++i) {
    put(fmt::format("d{}/f{}.mov", i % 7, i), "x");
    wanted.push_back({.key = fmt::format("d{}/f{}.mov", i % 7, i), .display_name = {}});
  }
  wanted.push_back({.key = "d1/absent.mov", .display_name = {}});
  wanted.push_back({.key = "../out", .display_name = {}});
  wanted.push_back({.key = "d0/f0.mov", .display_name = {}});  // named twice
  auto results =
      Library::expect(registers().take(library().admin, {.bucket = "library", .tags = {"one", "two"}}, wanted));
  ASSERT_EQ(results.size(), 123u);
  for (int i = 0; i < 120; ++i) {
    ASSERT_TRUE(results[i]) << results[i].error().message;
    EXPECT_EQ(results[i]->outcome, Outcome::registered);
  }
  EXPECT_EQ(results[120].error().code, Code::not_found);
  EXPECT_EQ(results[121].error().code, Code::invalid);
  ASSERT_TRUE(results[122]);
  EXPECT_EQ(results[122]->asset.id, results[0]->asset.id);
  EXPECT_EQ(count("asset_version"), 120);
  auto counter = Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::int64_t> {
    auto folder = library().assets->repository().child(tx, library().bucket.row, "d0");
    return library().assets->repository().counter(tx, folder->row).files;
  }));
  EXPECT_EQ(counter, 18);
  auto again = Library::expect(registers().take(library().admin, {.bucket = "library"}, wanted));
  EXPECT_EQ(std::ranges::count_if(again, [](const auto& r) { return r && r->outcome == Outcome::unchanged; }), 121);
}

TEST_P(Register, TwoAtOnceMakeOneAsset) {
  for (int round = 0; round < 10; ++round) {
    const std::string key = fmt::format("r{}/x/a.mov", round);
    put(key, "film");
    std::vector<Result<Registered>> results(4, Result<Registered>(Registered{}));
    {
      std::vector<std::jthread> threads;
      for (auto& result : results) threads.emplace_back([&] { result = take(key); });
    }
    std::set<std::string> ids;
    int made = 0;
    for (auto& result : results) {
      ASSERT_TRUE(result) << result.error().message << " " << result.error().detail;
      ids.insert(result->asset.id.text());
      made += result->outcome == Outcome::registered ? 1 : 0;
    }
    EXPECT_EQ(ids.size(), 1u);
    EXPECT_EQ(made, 1);
  }
  EXPECT_EQ(count("asset_version"), 10);
}

TEST_P(Register, ListsPageByPageWhatIsStillToBeDone) {
  for (const char* key : {"a/1.mov", "a/2.mov", "a.mov", "b/3.mov", "b/.hidden", "b/half.mov.part", "z.mov"})
    put(key, "x");
  expect(take("a/1.mov"));
  expect(take("z.mov"));
  put("z.mov", "changed");
  std::vector<std::string> keys;
  std::string after;
  do {
    Listing page = Library::expect(registers().list(library().bucket.id, "", after, 2, true));
    for (const auto& object : page.objects)
      keys.push_back(object.key + (object.state == Listing::Object::State::changed ? "*" : ""));
    after = page.next;
  } while (!after.empty());
  EXPECT_THAT(keys, ElementsAre("a.mov", "a/2.mov", "b/3.mov", "z.mov*"));
  EXPECT_EQ(Library::expect(registers().list(library().bucket.id, "a", "", 100, false)).objects.size(), 2u);
  EXPECT_EQ(Library::expect(registers().list(library().bucket.id, (library().folder / "b").string(), "", 100, false))
                .objects.size(),
            1u);
  EXPECT_EQ(Library::expect(registers().list(library().bucket.id, "a.mov", "", 100, false)).objects.size(), 1u);
  EXPECT_EQ(registers().list(library().bucket.id, "/etc", "", 100, false).error().faults.at(0).pointer, "?below");
}

TEST_P(Register, TellsWhatIsGoneUnlessTheStoreLooksUnmounted) {
  put("a.mov", "x");
  put("b.mov", "x");
  Asset gone = expect(take("a.mov")).asset;
  expect(take("b.mov"));
  std::filesystem::remove(library().folder / "a.mov");
  Missing missing = Library::expect(registers().missing(library().bucket.id, "", "", 100));
  ASSERT_EQ(missing.objects.size(), 1u);
  EXPECT_EQ(missing.objects[0].asset, gone.id);
  EXPECT_EQ(missing.registered, 2);
  std::filesystem::remove(library().folder / "b.mov");
  EXPECT_EQ(registers().missing(library().bucket.id, "", "", 100).error().type, "store-empty");
}

TEST(IgnoredNames, AreThoseOfPassingThings) {
  for (const char* key :
       {".DS_Store", "a/.cache/b.mov", "a.mov.part", "A.TMP", "~$doc.docx", "b.mov~", "x/Thumbs.db", "#a#"})
    EXPECT_TRUE(ignored_name(key)) << key;
  for (const char* key : {"a.mov", "part/a.mov", "tmp/a.mov", "a..mov", "temperature.csv", "a/../b.mov", "./a.mov"})
    EXPECT_FALSE(ignored_name(key)) << key;
}

INSTANTIATE_TEST_SUITE_P(Databases, Register, ::testing::Values(db::Kind::sqlite, db::Kind::postgres),
                         [](const auto& info) { return info.param == db::Kind::sqlite ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace reelvault::ingest
