#include "catalog/testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Catalog : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
  }
  Library& library() { return *library_; }
  Asset folder(const std::string& name, std::optional<Uuid> parent = {}) {
    return Library::expect(library().make_folder(library().admin, parent.value_or(library().bucket.id), name));
  }
  Result<Asset> patch(const Uuid& id, std::string_view json, std::string_view if_match = "",
                      const Principal* by = nullptr) {
    auto body = Library::expect(dto::parse<AssetPatch>(boost::json::parse(json)));
    return library().database->write([&](db::Transaction& tx) {
      return library().assets->patch(tx, by ? *by : library().admin, id, body, if_match);
    });
  }

 private:
  std::unique_ptr<Library> library_;
};

TEST_P(Catalog, StartsWithADefaultBucketAndItsUploadsFolder) {
  EXPECT_THAT(library().names(library().bucket.id), ElementsAre("Uploads"));
  Library::expect(library().assets->ensure_default_bucket());
  EXPECT_EQ(Library::expect(library().assets->buckets(library().admin)).size(), 1u);
}

TEST_P(Catalog, RefusesANameThatIsTakenAndNamesTheHolder) {
  Asset first = folder("Rushes");
  auto second = library().make_folder(library().admin, library().bucket.id, "Rushes");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_EQ(second.error().type, "name-taken");
  EXPECT_EQ(second.error().extra.at("assetId").as_string(), first.id.text());
  EXPECT_EQ(Library::expect(library().make_folder(library().admin, library().bucket.id, "Rushes", "rename")).name,
            "Rushes (2)");
}

TEST_P(Catalog, TakesNamesInNfcSoThatTwinsAreOneName) {
  folder("caf\xC3\xA9");
  auto twin = library().make_folder(library().admin, library().bucket.id, "cafe\xCC\x81");
  ASSERT_FALSE(twin);
  EXPECT_EQ(twin.error().type, "name-taken");
  EXPECT_TRUE(library().make_folder(library().admin, library().bucket.id, "CAF\xC3\x89")) << "case counts";
}

TEST_P(Catalog, RefusesNamesThatNoTreeCanHold) {
  for (const char* name : {"", "  ", ".", "..", "a/b", "tab\there", "\u202E", "mov\u202Eexe", "\u200B", "\u3164"}) {
    auto made = library().make_folder(library().admin, library().bucket.id, name);
    ASSERT_FALSE(made) << name;
    EXPECT_EQ(made.error().code, Code::invalid) << name;
    EXPECT_EQ(made.error().faults.at(0).pointer, "/displayName") << name;
  }
  EXPECT_EQ(folder(" \xF0\x9F\x8E\xAC \xD7\xA1\xD7\xA8\xD7\x98 ").name, "\xF0\x9F\x8E\xAC \xD7\xA1\xD7\xA8\xD7\x98");
}

TEST_P(Catalog, SortsNamesAsPeopleExpect) {
  Asset top = folder("top");
  for (const char* name : {"Reel 10", "reel 2", "Abend", "\xC3\xA4hnlich", "zebra"}) folder(name, top.id);
  EXPECT_THAT(library().names(top.id), ElementsAre("Abend", "reel 2", "Reel 10", "zebra", "\xC3\xA4hnlich"));
  ChildQuery descending;
  descending.sort = "-name";
  EXPECT_EQ(library().names(top.id, descending).back(), "Abend");
}

TEST_P(Catalog, PagesByKeyAndStaysStableUnderInserts) {
  Asset top = folder("top");
  for (int i = 0; i < 7; ++i) folder("f" + std::to_string(i), top.id);
  ChildQuery query;
  query.pageSize = 3;
  auto first = Library::expect(library().assets->children(top.id, query));
  ASSERT_EQ(first.items.size(), 3u);
  ASSERT_TRUE(first.nextPageToken);
  EXPECT_EQ(first.totalItemCount, 7);
  folder("a new one before", top.id);
  query.pageToken = first.nextPageToken;
  auto second = Library::expect(library().assets->children(top.id, query));
  EXPECT_EQ(second.items.at(0).displayName, "f3");
  query.sort = "-createdAt";
  auto wrong = library().assets->children(top.id, query);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().faults.at(0).pointer, "?pageToken");
  query.pageToken = "rubbish";
  EXPECT_FALSE(library().assets->children(top.id, query));
}

TEST_P(Catalog, FindsByBucketAndKeyHoweverDeep) {
  Asset at = library().bucket;
  std::string key;
  for (int level = 0; level < 8; ++level) {
    at = folder("level " + std::to_string(level), at.id);
    key += (key.empty() ? "" : "/") + at.name;
  }
  EXPECT_EQ(Library::expect(library().assets->get_by_key(library().admin, "library", key)).id, at.id);
  auto json = library().assets->json(at);
  EXPECT_EQ(json.objectKey, key);
  EXPECT_EQ(json.path, "/library/" + key);
  EXPECT_EQ(json.bucketName, "library");
  auto above = Library::expect(library().assets->parent_folders(library().admin, at.id));
  ASSERT_EQ(above.size(), 8u);
  EXPECT_EQ(above.front().displayName, "library");
  EXPECT_EQ(above.back().displayName, "level 6");
  EXPECT_EQ(library().assets->get_by_key(library().admin, "library", "no/such").error().code, Code::not_found);
}

// Another node's memory has not heard of what was made here since it was loaded.
TEST_P(Catalog, AnotherNodeReadsFoldersItWasNotToldOf) {
  const Asset before = folder("before");
  auto node = [&] {
    auto tree = std::make_unique<FolderTree>(*library().database);
    Library::expect(tree->load());
    return tree;
  };
  std::vector<std::unique_ptr<FolderTree>> nodes;
  for (int i = 0; i < 6; ++i) nodes.push_back(node());
  const Asset top = folder("top", before.id);
  const Asset inner = folder("inner", top.id);
  const std::vector<std::int64_t> chain{inner.row, top.row, before.row, library().bucket.row};

  EXPECT_EQ(nodes[0]->chain(inner.id), chain);
  EXPECT_EQ(nodes[1]->folder(inner.id)->name, "inner");
  EXPECT_TRUE(nodes[1]->is_container(top.id));
  Library::expect(library().database->read([&](db::Transaction&) -> Result<void> {  // inside closures too
    EXPECT_EQ(nodes[2]->chain_of(inner), chain);
    EXPECT_EQ(nodes[3]->bucket_of(inner.row), library().bucket.row);
    EXPECT_EQ(nodes[4]->line(inner.row).size(), 4u);
    EXPECT_EQ(nodes[5]->chain_in_bin(inner), chain);
    return {};
  }));
  EXPECT_EQ(nodes[2]->below(before.row)->size(), 3u);

  Library::expect(library().database->write(
      [&](db::Transaction& tx) { return library().assets->trash(tx, library().admin, top.id); }));
  auto late = node();
  EXPECT_FALSE(late->chain(inner.id));
  EXPECT_FALSE(late->folder(Uuid::v7()));
}

TEST_P(Catalog, PatchMergesAndTellsAbsentFromNull) {
  Asset made = folder("doc");
  Asset one = Library::expect(
      patch(made.id, R"({"description":"first","customFields":{"a":1,"b":"x"},"tags":["Day","day","Night"]})"));
  EXPECT_EQ(one.description, "first");
  EXPECT_EQ(one.tags_json, R"(["Day","Night"])");
  Asset two = Library::expect(patch(made.id, R"({"customFields":{"a":null,"c":true}})"));
  EXPECT_EQ(two.description, "first");
  EXPECT_EQ(boost::json::parse(two.custom_fields_json), boost::json::parse(R"({"b":"x","c":true})"));
  EXPECT_EQ(Library::expect(patch(made.id, R"({"description":null})")).description, std::nullopt);
  EXPECT_EQ(Library::expect(patch(made.id, R"({"displayName":"renamed"})")).name, "renamed");
  EXPECT_EQ(library().tree.folder(made.id)->name, "renamed");
}

TEST_P(Catalog, PatchHonoursIfMatch) {
  Asset made = folder("doc");
  std::string etag = etag_of(made);
  Library::expect(patch(made.id, R"({"description":"mine"})", etag));
  auto late = patch(made.id, R"({"description":"lost update"})", etag);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::precondition);
}

TEST_P(Catalog, TrashFreesTheNameAndHidesWhatIsBelow) {
  Asset top = folder("top");
  Asset inner = folder("inner", top.id);
  Library::expect(library().database->write(
      [&](db::Transaction& tx) { return library().assets->trash(tx, library().admin, top.id); }));
  EXPECT_FALSE(library().tree.chain(top.id));
  EXPECT_FALSE(library().tree.chain(inner.id));
  EXPECT_EQ(library().access.require(library().admin, Permission::read, inner.id).error().code, Code::not_found);
  EXPECT_THAT(library().names(library().bucket.id), ElementsAre("Uploads"));
  EXPECT_TRUE(library().make_folder(library().admin, library().bucket.id, "top"));
}

TEST_P(Catalog, CountsDirectChildren) {
  Asset top = folder("top");
  folder("a", top.id);
  Asset b = folder("b", top.id);
  EXPECT_EQ(Library::expect(library().assets->children(top.id, {})).totalItemCount, 2);
  Library::expect(library().database->write(
      [&](db::Transaction& tx) { return library().assets->trash(tx, library().admin, b.id); }));
  EXPECT_EQ(Library::expect(library().assets->children(top.id, {})).totalItemCount, 1);
}

TEST_P(Catalog, ShowsAGuestOnlyWhatIsGranted) {
  Asset secret = folder("secret"), shared = folder("shared");
  Asset inner = folder("inner", shared.id);
  Principal guest = library().user("guest", Role::viewer);
  library().grant(guest, Permission::read, shared);
  EXPECT_EQ(library().access.require(guest, Permission::read, secret.id).error().code, Code::not_found);
  EXPECT_TRUE(library().access.require(guest, Permission::read, inner.id));
  EXPECT_EQ(library().access.require(guest, Permission::write, inner.id).error().code, Code::forbidden);
  auto roots = Library::expect(library().assets->roots(guest));
  ASSERT_EQ(roots.size(), 1u);
  EXPECT_EQ(roots.front().displayName, "shared");
  auto above = Library::expect(library().assets->parent_folders(guest, inner.id));
  ASSERT_EQ(above.size(), 1u) << "the bucket is none of the guest's business";
  EXPECT_EQ(library().assets->get_by_key(guest, "library", "secret").error().code, Code::not_found);
  EXPECT_EQ(library().make_folder(guest, shared.id, "mine").error().code, Code::forbidden);
  EXPECT_EQ(library().make_folder(guest, secret.id, "mine").error().code, Code::not_found);
}

TEST_P(Catalog, LoadsTheTreeAgainAfterARestart) {
  Asset inner = folder("inner", folder("top").id);
  FolderTree fresh(*library().database);
  Library::expect(fresh.load());
  EXPECT_EQ(fresh.chain(inner.id)->size(), 3u);
}

TEST_P(Catalog, TellsEveryChangeToTheOutbox) {
  std::int64_t before = Library::expect(library().outbox.head());
  Asset made = folder("told");
  auto events = Library::expect(library().outbox.read_after(before, 10));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].asset_id, made.id);
  EXPECT_THAT(events[0].payload, HasSubstr("\"displayName\":\"told\""));
}

// A step may end, or be tried again, when its asset has settled long since.
TEST_P(Catalog, SettlesOnceInTheHistory) {
  auto& content = *library().content;
  Asset asset = Library::expect(library().database->write([&](db::Transaction& tx) -> Result<Asset> {
    ContentService::NewUpload upload;
    upload.parent = library().bucket.id;
    upload.file_name = "a.txt";
    RV_TRY(auto place, content.reserve(tx, library().admin, upload));
    const std::int64_t blob = storage::BlobRepository{}.insert(tx, {.location = {"local", "a"}, .size = 1});
    return content.add_version(tx, library().admin, place.asset.row,
                               {.blob_row = blob,
                                .file_name = "a.txt",
                                .content_type = {},
                                .size = 1,
                                .expected_checksum = {},
                                .reason = "upload"});
  }));
  const auto settle = [&](std::optional<std::string> error) {
    Library::expect(
        library().database->write([&](db::Transaction& tx) { return content.settle(tx, asset.row, 1, error); }));
  };
  const auto statuses = [&] {
    std::vector<AssetStatus> out;
    for (const HistoryEntry& entry :
         Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::vector<HistoryEntry>> {
           return library().assets->repository().history(tx, asset.id);
         })))
      out.push_back(entry.to.value());
    return out;
  };
  using enum AssetStatus;
  settle({});
  settle({});
  EXPECT_THAT(statuses(), ElementsAre(uploading, creating, available));
}

INSTANTIATE_TEST_SUITE_P(Databases, Catalog, db::each_backend(), db::backend_name);

TEST(Lifecycle, RestoredPermitsWhateverAvailablePermits) {
  for (const Transition& row : transitions()) {
    if (row.from != AssetStatus::available) continue;
    EXPECT_TRUE(allowed(row.operation, AssetStatus::restored)) << operation_name(row.operation);
  }
}

TEST(Lifecycle, HasOneOutcomeForEachOperationAndStatus) {
  std::set<std::pair<Operation, AssetStatus>> seen;
  for (const Transition& row : transitions())
    EXPECT_TRUE(seen.insert({row.operation, row.from}).second)
        << operation_name(row.operation) << " " << status_name(row.from);
}

TEST(Lifecycle, NamesThePresentStatusWhenItRefuses) {
  auto refused = after(Operation::restore_request, AssetStatus::available);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_THAT(refused.error().message, HasSubstr("Available"));
  EXPECT_EQ(after(Operation::read_media, AssetStatus::archived).error().type, "asset-archived");
}

TEST(Lifecycle, LeavesNoPassingStatusWithoutAWayOut) {
  std::set<AssetStatus> leads;
  for (const Transition& row : transitions())
    if (row.from != row.to) leads.insert(row.from);
  for (const Transition& row : transitions())
    if (passing(row.to) && row.to != AssetStatus::deleting) EXPECT_TRUE(leads.contains(row.to)) << status_name(row.to);
}

TEST(ContentTypes, AreGuessedByNameAndDeclaredType) {
  EXPECT_EQ(guess_media_type("", "A001.MXF"), "video");
  EXPECT_EQ(guess_media_type("application/octet-stream", "song.FLAC"), "audio");
  EXPECT_EQ(guess_media_type("image/heic", "x"), "image");
  EXPECT_EQ(guess_media_type("text/plain; charset=utf-8", "x"), "document");
  EXPECT_EQ(guess_media_type("", "Makefile"), "other");
}

}  // namespace
}  // namespace reelvault::catalog
