// Tags, collections, custom fields, summaries and a folder's page, on both databases.
#include "catalog/batch_service.hpp"
#include "catalog/collection_service.hpp"
#include "catalog/field.hpp"
#include "catalog/summary.hpp"
#include "catalog/tag_service.hpp"
#include "catalog/testing.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::catalog {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

class Organising : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
    tags_ = std::make_unique<TagService>(*library_->assets);
    collections_ = std::make_unique<CollectionService>(*library_->assets, library_->outbox);
    fields_ = std::make_unique<FieldService>(*library_->database);
    summaries_ = std::make_unique<SummaryService>(*library_->assets);
    for (auto& actions : {tags_->actions(), collections_->actions()})
      for (const BatchAction& action : actions) actions_[action.name] = action;
  }
  Library& library() { return *library_; }
  const Principal& admin() { return library().admin; }
  Asset folder(const std::string& name, std::optional<Uuid> parent = {}) {
    return Library::expect(library().make_folder(admin(), parent.value_or(library().bucket.id), name));
  }
  // A file as an upload leaves it, without content.
  Asset file(const std::string& name, const Uuid& parent, std::vector<std::string> tags = {},
             std::string media_type = "video", std::int64_t size = 10) {
    return Library::expect(library().database->write([&](db::Transaction& tx) -> Result<Asset> {
      RV_TRY(Asset made,
             library().assets->create_folder(tx, admin(), parent,
                                             {.displayName = name, .onConflict = {}, .tags = tags, .customFields = {}},
                                             AssetType::file, AssetStatus::available));
      made.media_type = media_type;
      made.size = size;
      made.duration_ms = 1000;
      library().assets->repository().update(tx, made, std::nullopt);
      return made;
    }));
  }
  Asset again(const Asset& asset) { return Library::expect(library().assets->get(asset.id)); }
  Result<void> act(const std::string& action, const Asset& asset, std::string_view arguments,
                   const Principal* by = nullptr) {
    const json::object parsed = json::parse(arguments).as_object();
    const BatchAction& declared = actions_.at(action);
    return library().database->write([&](db::Transaction& tx) -> Result<void> {
      BatchCall call{by ? *by : admin(), parsed};
      std::vector<FieldFault> faults;
      RV_CHECK(declared.check(tx, call, faults));
      if (!faults.empty()) return fail_field(faults[0].pointer, faults[0].detail);
      RV_TRY(Asset locked, library().assets->lock_permitted(tx, call.by, asset.id, declared.permission));
      BatchAction::Step step{.asset = std::move(locked), .named = true, .new_parent = {}};
      RV_CHECK(declared.act(tx, call, step));
      return {};
    });
  }
  void trash(const Asset& asset) {
    Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
      auto locked = library().assets->repository().lock(tx, asset.id);
      library().assets->repository().trash(tx, *locked, std::nullopt);
      library().assets->changed(tx, *locked, "trash");
      return {};
    }));
  }
  void untrash(const Asset& asset) {
    Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
      auto locked = library().assets->repository().lock(tx, asset.id);
      library().assets->repository().untrash(tx, *locked, locked->parent_row, locked->name, std::nullopt);
      library().assets->changed(tx, *locked, "undelete");
      return {};
    }));
  }
  std::map<std::string, std::int64_t> tags(const Principal& by, TagQuery query = {}) {
    std::map<std::string, std::int64_t> out;
    for (const TagJson& tag : Library::expect(tags_->list(by, query)).items) out[tag.name] = tag.count;
    return out;
  }
  CollectionJson collection(const std::string& name, const Principal* by = nullptr) {
    return Library::expect(collections_->create(by ? *by : admin(), {.name = name, .description = {}})).json;
  }
  std::vector<std::string> held(const Principal& by, const Uuid& id, CollectionItemQuery query = {}) {
    std::vector<std::string> out;
    for (const AssetJson& asset : Library::expect(collections_->items(by, id, query)).items)
      out.push_back(asset.displayName);
    return out;
  }
  Result<json::object> validated(std::string_view given, FieldUse use) {
    return library().database->read([&](db::Transaction& tx) {
      return validated_fields(tx, json::parse(given).as_object(), "/customFields", use);
    });
  }

  std::unique_ptr<Library> library_;
  std::unique_ptr<TagService> tags_;
  std::unique_ptr<CollectionService> collections_;
  std::unique_ptr<FieldService> fields_;
  std::unique_ptr<SummaryService> summaries_;
  std::map<std::string, BatchAction> actions_;
};

// ---- tags

TEST_P(Organising, CountsTagsAndForgetsThoseThatNothingUses) {
  Asset top = folder("top");
  Asset a = file("a", top.id, {"Night", "Rain"}), b = file("b", top.id, {"night"});
  EXPECT_EQ(tags(admin()), (std::map<std::string, std::int64_t>{{"Night", 2}, {"Rain", 1}}));
  EXPECT_EQ(tags(admin(), {.prefix = "RA"}), (std::map<std::string, std::int64_t>{{"Rain", 1}}));
  Library::expect(act("RemoveTag", a, R"({"tags":["RAIN","absent"]})"));
  EXPECT_EQ(tags(admin()), (std::map<std::string, std::int64_t>{{"Night", 2}}));
  trash(b);
  EXPECT_EQ(tags(admin()), (std::map<std::string, std::int64_t>{{"Night", 1}}));
  untrash(b);
  EXPECT_EQ(tags(admin()), (std::map<std::string, std::int64_t>{{"Night", 2}}));
  trash(top);
  EXPECT_THAT(tags(admin()), IsEmpty()) << "what lies below a folder in the bin";
}

TEST_P(Organising, AddsATagOnceHoweverItIsSpelled) {
  Asset a = file("a", folder("top").id, {"One"});
  std::int64_t revision = a.revision;
  Library::expect(act("AddTag", a, R"({"tags":["ONE"," two ","Two"]})"));
  EXPECT_EQ(again(a).tags_json, R"(["One","two"])");
  EXPECT_EQ(again(a).revision, revision + 1);
  Library::expect(act("AddTag", a, R"({"tags":["two"]})"));
  EXPECT_EQ(again(a).revision, revision + 1) << "nothing changed";
  for (const char* bad : {R"({})", R"({"tags":[]})", R"({"tags":"x"})", R"({"tags":[3]})", R"({"tags":[""]})"}) {
    auto refused = act("AddTag", a, bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().faults.at(0).pointer.starts_with("/tags")) << bad;
  }
}

TEST_P(Organising, ShowsOthersOnlyTheTagsOfWhatTheyMayRead) {
  Asset open = folder("open"), secret = folder("secret");
  file("a", open.id, {"shared", "mine"});
  file("b", secret.id, {"shared", "hidden"});
  folder("inner", open.id);
  Principal guest = library().user("guest", Role::viewer);
  EXPECT_THAT(tags(guest), IsEmpty());
  library().grant(guest, Permission::read, open);
  EXPECT_EQ(tags(guest), (std::map<std::string, std::int64_t>{{"mine", 1}, {"shared", 1}}));
  EXPECT_EQ(Library::expect(tags_->list(guest, {})).totalItemCount, 2);
  Library::expect(act("AddTag", open, R"({"tags":["folder tag"]})"));
  EXPECT_EQ(tags(guest).count("folder tag"), 1u) << "the granted folder's own";
  trash(open);
  EXPECT_THAT(tags(guest), IsEmpty());
}

TEST_P(Organising, PagesTagsByName) {
  Asset top = folder("top");
  file("a", top.id, {"c", "a", "e", "b", "d"});
  Principal guest = library().user("guest", Role::viewer);
  library().grant(guest, Permission::read, top);
  for (const Principal& by : {admin(), guest}) {
    std::vector<std::string> seen;
    TagQuery query{.pageSize = 2};
    while (true) {
      TagPage page = Library::expect(tags_->list(by, query));
      EXPECT_LE(page.items.size(), 2u);
      EXPECT_EQ(page.totalItemCount, 5);
      for (const TagJson& tag : page.items) seen.push_back(tag.name);
      if (!page.nextPageToken) break;
      query.pageToken = page.nextPageToken;
    }
    EXPECT_THAT(seen, ElementsAre("a", "b", "c", "d", "e"));
  }
}

TEST_P(Organising, FollowsAnAssetToAnotherFolderAndName) {
  Asset from = folder("from"), to = folder("to");
  Asset a = file("a", from.id, {"t"});
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    auto locked = library().assets->repository().lock(tx, a.id);
    library().assets->repository().reparent(tx, *locked, to.row, "z", std::nullopt);
    return {};
  }));
  ChildQuery query;
  query.tag = "T";
  EXPECT_THAT(library().names(from.id, query), IsEmpty());
  EXPECT_THAT(library().names(to.id, query), ElementsAre("z"));
}

// ---- collections

TEST_P(Organising, HoldsFilesAndFoldersInTheOrderOfAdding) {
  Asset top = folder("top");
  Asset b = file("b", top.id), a = file("a", top.id);
  CollectionJson best = collection("Best of");
  auto results = Library::expect(collections_->add_items(admin(), best.id, {b.id, top.id, a.id, b.id, Uuid::v7()}));
  EXPECT_EQ(results.totalCount, 4);
  EXPECT_EQ(results.succeededCount, 3);
  EXPECT_EQ(results.results.back().status, "Failed");
  EXPECT_THAT(held(admin(), best.id), ElementsAre("b", "top", "a"));
  EXPECT_THAT(held(admin(), best.id, {.sort = "-added"}), ElementsAre("a", "top", "b"));
  EXPECT_EQ(Library::expect(collections_->get(admin(), best.id)).json.itemCount, 3);
  EXPECT_THAT(library().assets->json(again(a)).collections, ElementsAre("Best of"));
  Library::expect(collections_->add_items(admin(), best.id, {b.id}));
  EXPECT_EQ(held(admin(), best.id).size(), 3u) << "added twice, there once";
  Library::expect(collections_->remove_items(admin(), best.id, {b.id, Uuid::v7()}));
  EXPECT_THAT(held(admin(), best.id), ElementsAre("top", "a"));
  EXPECT_THAT(library().assets->json(again(b)).collections, IsEmpty());
}

TEST_P(Organising, PagesACollectionWhileItGrows) {
  Asset top = folder("top");
  CollectionJson all = collection("all");
  std::vector<Uuid> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(file(std::to_string(i), top.id).id);
  Library::expect(collections_->add_items(admin(), all.id, ids));
  CollectionItemQuery query{.pageSize = 2};
  AssetPage first = Library::expect(collections_->items(admin(), all.id, query));
  EXPECT_EQ(first.totalItemCount, 5);
  Library::expect(collections_->add_items(admin(), all.id, {file("late", top.id).id}));
  query.pageToken = first.nextPageToken;
  EXPECT_THAT(held(admin(), all.id, query), ElementsAre("2", "3"));
  query.sort = "-added";
  EXPECT_FALSE(collections_->items(admin(), all.id, query)) << "a token of the other order";
}

TEST_P(Organising, LosesWhatIsInTheBinUntilItIsBack) {
  Asset top = folder("top");
  Asset inner = folder("inner", top.id);
  Asset a = file("a", inner.id), b = file("b", top.id);
  CollectionJson best = collection("Best of");
  Library::expect(collections_->add_items(admin(), best.id, {a.id, b.id, inner.id}));
  trash(inner);
  EXPECT_THAT(held(admin(), best.id), ElementsAre("b")) << "below a folder in the bin, too";
  EXPECT_EQ(Library::expect(collections_->get(admin(), best.id)).json.itemCount, 1);
  untrash(inner);
  EXPECT_EQ(held(admin(), best.id).size(), 3u);
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    library().assets->repository().remove(tx, *library().assets->repository().lock(tx, b.id));
    return {};
  }));
  EXPECT_EQ(held(admin(), best.id).size(), 2u);
}

TEST_P(Organising, ShowsACollectionToItsMakerAndToReadersOfSomethingInIt) {
  Asset open = folder("open"), secret = folder("secret");
  Asset a = file("a", open.id), b = file("b", secret.id);
  Principal maker = library().user("maker", Role::editor), guest = library().user("guest", Role::viewer);
  library().grant(maker, Permission::write, open);
  library().grant(maker, Permission::read, secret);
  CollectionJson mine = collection("Mine", &maker);
  EXPECT_EQ(collections_->get(guest, mine.id).error().code, Code::not_found);
  EXPECT_THAT(Library::expect(collections_->list(guest, {})).items, IsEmpty());
  EXPECT_EQ(Library::expect(collections_->list(maker, {})).items.size(), 1u);
  EXPECT_EQ(Library::expect(collections_->list(admin(), {})).items.size(), 1u);

  auto results = Library::expect(collections_->add_items(maker, mine.id, {a.id, b.id}));
  EXPECT_EQ(results.results.at(0).status, "Succeeded");
  EXPECT_EQ(results.results.at(1).error.value().code, "forbidden") << "needs write";
  Library::expect(collections_->add_items(admin(), mine.id, {b.id}));
  library().grant(guest, Permission::read, open);
  EXPECT_THAT(held(guest, mine.id), ElementsAre("a"));
  CollectionJson seen = Library::expect(collections_->get(guest, mine.id)).json;
  EXPECT_EQ(seen.itemCount, 1);
  EXPECT_FALSE(seen.canEdit);
  EXPECT_EQ(collections_->patch(guest, mine.id, {.name = {}, .description = {}}, "").error().code, Code::forbidden);
  EXPECT_EQ(collections_->remove(guest, mine.id, "").error().code, Code::forbidden);
  trash(a);
  EXPECT_EQ(collections_->get(guest, mine.id).error().code, Code::not_found);
}

TEST_P(Organising, TellsNobodyOfNamesThatOthersHaveTaken) {
  Principal one = library().user("one", Role::editor), other = library().user("other", Role::editor);
  collection("Spring", &one);
  collection("spring", &other);
  auto twice = collections_->create(one, {.name = " SPRING ", .description = {}});
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().type, "name-taken");
}

TEST_P(Organising, RenamesAndRemovesCollectionsWithoutTouchingWhatTheyHold) {
  Asset a = file("a", folder("top").id);
  auto made = Library::expect(collections_->create(admin(), {.name = "old", .description = "d"}));
  Library::expect(collections_->add_items(admin(), made.json.id, {a.id}));
  auto patched = [&](std::string_view body, std::string_view etag) -> Result<CollectionService::Found> {
    RV_TRY(const auto patch, dto::parse<CollectionPatch>(json::parse(body)));
    return collections_->patch(admin(), made.json.id, patch, etag);
  };
  auto fresh = Library::expect(patched(R"({"name":"new","description":null})", made.etag));
  EXPECT_EQ(fresh.json.name, "new");
  EXPECT_EQ(fresh.json.description, std::nullopt);
  EXPECT_EQ(patched(R"({"name":"late"})", made.etag).error().code, Code::precondition);
  EXPECT_EQ(patched(R"({"name":null})", "").error().faults.at(0).pointer, "/name");
  EXPECT_THAT(library().assets->json(again(a)).collections, ElementsAre("new"));
  CollectionNames loaded(*library().database);
  Library::expect(loaded.load());
  EXPECT_THAT(loaded.of(again(a).collections_json), ElementsAre("new"));
  Library::expect(collections_->remove(admin(), made.json.id, fresh.etag));
  EXPECT_EQ(collections_->get(admin(), made.json.id).error().code, Code::not_found);
  EXPECT_THAT(library().assets->json(again(a)).collections, IsEmpty());
  Library::expect(collections_->tidy());
  Library::expect(collections_->create(admin(), {.name = "new", .description = {}}));
  EXPECT_THAT(library().assets->json(again(a)).collections, IsEmpty()) << "another collection of the same name";
}

TEST_P(Organising, AddsToCollectionsByNameOrIdInBatches) {
  Asset top = folder("top");
  Asset a = file("a", top.id), b = file("b", top.id);
  Library::expect(act("AddCollection", a, R"({"collectionName":"Fresh"})"));
  Library::expect(act("AddCollection", b, R"({"collectionName":"fresh"})"));
  auto all = Library::expect(collections_->list(admin(), {}));
  ASSERT_EQ(all.items.size(), 1u);
  EXPECT_EQ(all.items[0].itemCount, 2);
  const std::string by_id = fmt::format(R"({{"collectionId":"{}"}})", all.items[0].id.text());
  Library::expect(act("AddCollection", a, by_id));
  Library::expect(act("RemoveCollection", a, by_id));
  Library::expect(act("RemoveCollection", a, R"({"collectionName":"FRESH"})"));
  EXPECT_THAT(held(admin(), all.items[0].id), ElementsAre("b"));
  Principal guest = library().user("guest", Role::editor);
  library().grant(guest, Permission::write, folder("other"));
  for (const char* bad : {R"({})", R"({"collectionId":"x"})", R"({"collectionName":" "})"})
    EXPECT_EQ(act("AddCollection", a, bad).error().code, Code::invalid) << bad;
  EXPECT_EQ(act("AddCollection", a, R"({"collectionId":"0190a0a0-0000-7000-8000-000000000000"})").error().code,
            Code::not_found);
  EXPECT_EQ(act("RemoveCollection", a, R"({"collectionName":"none"})").error().code, Code::not_found);
  EXPECT_EQ(act("AddCollection", a, by_id, &guest).error().code, Code::not_found)
      << "what they cannot see is not there";
}

// ---- custom fields

TEST_P(Organising, ValidatesCustomFieldsByTheirDefinitions) {
  auto define = [&](std::string_view body) {
    return Library::expect(fields_->create(Library::expect(dto::parse<NewField>(json::parse(body)))));
  };
  define(R"({"name":"rights","type":"choice","choices":["free","paid"]})");
  define(R"({"name":"shot","type":"date"})");
  define(R"({"name":"take","type":"number"})");
  define(R"({"name":"final","type":"boolean"})");
  define(R"({"name":"crew","type":"text","multiple":true})");
  struct Row {
    const char* given;
    const char* pointer;  // of the fault; empty: taken
  };
  const Row rows[] = {
      {R"({"rights":"free","shot":"2024-02-29","take":3.5,"final":true,"crew":["A","B"]})", ""},
      {R"({"rights":"stolen"})", "/customFields/rights"},
      {R"({"rights":"Free"})", "/customFields/rights"},
      {R"({"shot":"2023-02-29"})", "/customFields/shot"},
      {R"({"shot":"2024-02-29T00:00:00Z"})", "/customFields/shot"},
      {R"({"shot":20240229})", "/customFields/shot"},
      {R"({"take":"3"})", "/customFields/take"},
      {R"({"final":"true"})", "/customFields/final"},
      {R"({"final":1})", "/customFields/final"},
      {R"({"crew":["A",3]})", "/customFields/crew"},
      {R"({"rights":["free"]})", "/customFields/rights"},
      {R"({"free text":"x","n":1,"b":false})", ""},
      {R"({"list":[1]})", "/customFields/list"},
      {R"({"object":{}})", "/customFields/object"},
      {R"({"a/b":[]})", "/customFields/a~1b"},
  };
  for (const Row& row : rows) {
    auto out = validated(row.given, FieldUse::change);
    if (*row.pointer == '\0') {
      EXPECT_TRUE(out) << row.given;
    } else {
      ASSERT_FALSE(out) << row.given;
      EXPECT_EQ(out.error().faults.at(0).pointer, row.pointer) << row.given;
    }
  }
  EXPECT_EQ(validated(R"({"rights":"x","take":"y"})", FieldUse::change).error().faults.size(), 2u)
      << "all faults at once";
  EXPECT_EQ(Library::expect(validated(R"({"crew":"A"})", FieldUse::taken)),
            json::parse(R"({"crew":["A"]})").as_object());
}

TEST_P(Organising, AsksForRequiredFieldsAndLetsNobodyTakeThemAway) {
  Field rights = Library::expect(fields_->create(
      Library::expect(dto::parse<NewField>(json::parse(R"({"name":"rights","type":"text","required":true})")))));
  EXPECT_EQ(validated("{}", FieldUse::creation).error().faults.at(0).pointer, "/customFields/rights");
  EXPECT_TRUE(validated("{}", FieldUse::taken));
  EXPECT_TRUE(validated("{}", FieldUse::change));
  for (const char* empty : {R"({"rights":null})", R"({"rights":""})", R"({"rights":"  "})"})
    EXPECT_FALSE(validated(empty, FieldUse::change)) << empty;
  Library::expect(fields_->remove(rights.id, ""));
  EXPECT_TRUE(validated(R"({"rights":null})", FieldUse::change));
  EXPECT_TRUE(validated("{}", FieldUse::creation));
}

TEST_P(Organising, KeepsNameAndTypeOfAFieldForEver) {
  auto parse = [](std::string_view body) { return Library::expect(dto::parse<FieldPatch>(json::parse(body))); };
  Field field = Library::expect(fields_->create(
      Library::expect(dto::parse<NewField>(json::parse(R"({"name":"rights","type":"choice","choices":["a"]})")))));
  EXPECT_EQ(fields_->patch(field.id, parse(R"({"name":"other"})"), "").error().type, "field-is-fixed");
  EXPECT_EQ(fields_->patch(field.id, parse(R"({"type":"text"})"), "").error().type, "field-is-fixed");
  Field changed = Library::expect(
      fields_->patch(field.id, parse(R"({"label":"Rights","choices":["b","b","c"],"name":"rights"})"), etag_of(field)));
  EXPECT_EQ(changed.label, "Rights");
  EXPECT_THAT(changed.choices, ElementsAre("b", "c"));
  EXPECT_EQ(fields_->patch(field.id, parse(R"({"label":"late"})"), etag_of(field)).error().code, Code::precondition);
  EXPECT_EQ(fields_->patch(field.id, parse(R"({"choices":[]})"), "").error().faults.at(0).pointer, "/choices");
  for (const char* bad : {R"({"name":"1a","type":"text"})", R"({"name":"a b","type":"text"})",
                          R"({"name":"x","type":"choice"})", R"({"name":"x","type":"text","choices":["a"]})"})
    EXPECT_EQ(dto::parse<NewField>(json::parse(bad)).error().code, Code::invalid) << bad;
  EXPECT_EQ(fields_->create({.name = "1a", .type = "text"}).error().code, Code::invalid) << "whoever parsed it";
  EXPECT_EQ(fields_->create(Library::expect(dto::parse<NewField>(json::parse(R"({"name":"RIGHTS","type":"text"})"))))
                .error()
                .type,
            "name-taken");
}

// ---- properties

TEST_P(Organising, TellsAbsentNullAndEmptyApartInAPatch) {
  Asset made = folder("doc");
  auto patch = [&](std::string_view body) {
    auto parsed = Library::expect(dto::parse<AssetPatch>(json::parse(body)));
    return library().database->write(
        [&](db::Transaction& tx) { return library().assets->patch(tx, admin(), made.id, parsed, ""); });
  };
  Asset full = Library::expect(patch(
      R"({"description":"d","tags":["t"],"customFields":{"a":1},"languageCode":"PT-br","availableFrom":"2026-01-01T00:00:00Z","availableUntil":"2027-01-01T00:00:00Z"})"));
  EXPECT_EQ(full.language_code, "pt-BR");
  Asset same = Library::expect(patch("{}"));
  EXPECT_EQ(same.description, "d");
  EXPECT_EQ(same.tags_json, R"(["t"])");
  EXPECT_EQ(same.custom_fields_json, R"({"a":1})");
  EXPECT_TRUE(same.available_from && same.available_until && same.language_code);
  EXPECT_EQ(Library::expect(patch(R"({"description":""})")).description, "");
  EXPECT_EQ(Library::expect(patch(R"({"customFields":{}})")).custom_fields_json, R"({"a":1})");
  Asset none = Library::expect(patch(
      R"({"description":null,"tags":null,"customFields":null,"languageCode":null,"availableFrom":null,"availableUntil":null})"));
  EXPECT_EQ(none.description, std::nullopt);
  EXPECT_EQ(none.tags_json, "[]");
  EXPECT_EQ(none.custom_fields_json, "{}");
  EXPECT_FALSE(none.available_from || none.available_until || none.language_code);
  auto bad = patch(R"({"displayName":null,"languageCode":"","tags":[""],"customFields":{"x":[]}})");
  ASSERT_FALSE(bad);
  std::vector<std::string> pointers;
  for (const FieldFault& fault : bad.error().faults) pointers.push_back(fault.pointer);
  EXPECT_THAT(pointers, UnorderedElementsAre("/displayName", "/languageCode", "/tags/0", "/customFields/x"));
  EXPECT_EQ(patch(R"({"availableFrom":"2027-01-01T00:00:00Z","availableUntil":"2026-01-01T00:00:00Z"})")
                .error()
                .faults.at(0)
                .pointer,
            "/availableUntil");
}

TEST_P(Organising, HonoursIfMatchAsTheStandardHasIt) {
  Asset made = folder("doc");
  auto patch = [&](std::string_view if_match) {
    auto parsed = Library::expect(dto::parse<AssetPatch>(json::parse(R"({"description":"x"})")));
    return library().database->write(
        [&](db::Transaction& tx) { return library().assets->patch(tx, admin(), made.id, parsed, if_match); });
  };
  auto etag = [&] { return etag_of(again(made)); };
  EXPECT_TRUE(patch(etag()));
  EXPECT_TRUE(patch("\"other\", " + etag()));
  EXPECT_TRUE(patch("*"));
  EXPECT_EQ(patch("W/" + etag()).error().code, Code::precondition) << "a weak tag matches nothing here";
  EXPECT_EQ(patch("\"r1\"").error().code, Code::precondition);
}

// ---- pages of a folder

TEST_P(Organising, FiltersInAnyCombinationAndCountsWhatItFinds) {
  Asset top = folder("top");
  folder("Reel 1", top.id);
  for (int i = 1; i <= 12; ++i)
    file("Reel " + std::to_string(i) + " video", top.id,
         i % 2 ? std::vector<std::string>{"odd"} : std::vector<std::string>{}, i % 3 ? "video" : "audio", i);
  CollectionJson best = collection("Best");
  auto query = [&](auto set) {
    ChildQuery query;
    set(query);
    return query;
  };
  auto all = Library::expect(library().assets->children(top.id, {})).items;
  Library::expect(collections_->add_items(admin(), best.id, {all.at(1).id, all.at(2).id, all.at(3).id}));
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) {
                                q.name = "REEL 1";
                                q.assetType = 2;
                              })),
              ElementsAre("Reel 1 video", "Reel 10 video", "Reel 11 video", "Reel 12 video"));
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) {
                                q.name = "l 1";
                                q.assetType = 1;
                              })),
              ElementsAre("Reel 1"));
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) {
                                q.tag = "ODD";
                                q.mediaType = "audio";
                              })),
              ElementsAre("Reel 3 video", "Reel 9 video"));
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) {
                                q.collection = "best";
                                q.tag = "odd";
                              })),
              ElementsAre("Reel 1 video", "Reel 3 video"));
  EXPECT_THAT(library().names(top.id, query([&](ChildQuery& q) {
                                q.collection = best.id.text();
                                q.sort = "-size";
                              })),
              ElementsAre("Reel 3 video", "Reel 2 video", "Reel 1 video"));
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) { q.collection = "none"; })), IsEmpty());
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) { q.tag = "none"; })), IsEmpty());
  EXPECT_THAT(library().names(top.id, query([](ChildQuery& q) { q.assetStatus = 17; })), IsEmpty());
  EXPECT_EQ(library().names(top.id, query([](ChildQuery& q) { q.createdFrom = now() + std::chrono::hours(1); })).size(),
            0u);
  EXPECT_EQ(library()
                .names(top.id, query([](ChildQuery& q) {
                         q.createdFrom = now() - std::chrono::hours(1);
                         q.modifiedUntil = now() + std::chrono::hours(1);
                       }))
                .size(),
            13u);
  ChildQuery paged = query([](ChildQuery& q) {
    q.mediaType = "video";
    q.pageSize = 3;
    q.sort = "-size";
  });
  std::vector<std::string> seen;
  while (true) {
    AssetPage page = Library::expect(library().assets->children(top.id, paged));
    EXPECT_EQ(page.totalItemCount, 8);
    EXPECT_FALSE(page.totalIsEstimate);
    for (const AssetJson& asset : page.items) seen.push_back(asset.displayName);
    if (!page.nextPageToken) break;
    paged.pageToken = page.nextPageToken;
  }
  EXPECT_EQ(seen.size(), 8u);
  EXPECT_EQ(seen.front(), "Reel 11 video");
}

// Rows enough that pages are walked, not made from a few; their names and kinds repeat a pattern.
TEST_P(Organising, WalksAFolderOfThousandsWithShortPagesAndLosesNothing) {
  Asset top = folder("top");
  constexpr int total = 7'000;
  Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
    for (int i = 0; i < total; ++i) {
      Asset asset;
      asset.id = Uuid::v7();
      asset.parent_row = top.row;
      asset.type = i % 3 == 0 ? AssetType::folder : AssetType::file;
      asset.name = fmt::format("n{}", i);
      if (asset.type == AssetType::file) asset.media_type = i % 2 ? "video" : "image";
      asset.size = i;
      asset.created_at = asset.modified_at = from_unix_ms(1'700'000'000'000 + i);
      if (i % 2) asset.tags_json = R"(["half"])";
      if (i == 6'999) asset.status = AssetStatus::error;
      library().assets->repository().insert(tx, asset);
    }
    if (tx.kind() == db::Kind::postgres) tx.execute_raw("analyze");  // as the server does some seconds later
    return {};
  }));
  for (const char* sort : {"name", "-name", "createdAt", "-size"}) {
    ChildQuery query;
    query.sort = sort;
    query.tag = "half";
    query.mediaType = "video";
    query.pageSize = 500;
    std::set<std::string> seen;
    std::vector<std::int64_t> sizes;
    int pages = 0;
    while (true) {
      AssetPage page = Library::expect(library().assets->children(top.id, query));
      for (const AssetJson& asset : page.items) {
        EXPECT_TRUE(seen.insert(asset.displayName).second) << asset.displayName;
        sizes.push_back(asset.size);
      }
      ++pages;
      if (!page.nextPageToken) break;
      query.pageToken = page.nextPageToken;
    }
    int wanted = 0;
    for (int i = 0; i < total; ++i) wanted += i % 3 != 0 && i % 2;
    EXPECT_EQ(static_cast<int>(seen.size()), wanted) << sort;
    if (std::string_view(sort) == "-size") EXPECT_TRUE(std::ranges::is_sorted(sizes, std::greater{}));
    EXPECT_LT(pages, 12) << sort;
  }
  ChildQuery rare;  // a filter that lets nothing through looks at no more than a page may
  rare.name = "no such name";
  AssetPage page = Library::expect(library().assets->children(top.id, rare));
  EXPECT_THAT(page.items, IsEmpty());
  EXPECT_TRUE(page.nextPageToken) << "and says that there may be more";
  EXPECT_TRUE(page.totalIsEstimate);
  ChildQuery error;
  error.assetStatus = 17;
  error.tag = "half";
  page = Library::expect(library().assets->children(top.id, error));
  EXPECT_EQ(page.items.size(), 1u) << "the rarer filter drives";
  EXPECT_EQ(page.totalItemCount, 1);
  EXPECT_FALSE(page.nextPageToken);
  ChildQuery kind;
  kind.mediaType = "video";
  page = Library::expect(library().assets->children(top.id, kind));
  EXPECT_EQ(page.totalItemCount, 2'333);
  EXPECT_FALSE(page.totalIsEstimate);
}

TEST_P(Organising, CountsTheChildrenOfEveryFolderOfAPage) {
  Asset top = folder("top");
  Asset a = folder("a", top.id);
  folder("b", top.id);
  file("x", a.id);
  file("y", a.id);
  auto items = Library::expect(library().assets->children(top.id, {})).items;
  EXPECT_EQ(items.at(0).childCount, 2);
  EXPECT_EQ(items.at(1).childCount, 0);
}

// ---- summaries

TEST_P(Organising, SumsAllBelowAFolder) {
  Asset top = folder("top");
  Asset inner = folder("inner", folder("middle", top.id).id);
  file("v", inner.id, {}, "video", 100);
  file("a", inner.id, {}, "audio", 10);
  Asset i = file("i", top.id, {}, "image", 1);
  file("o", top.id, {}, "other", 5);
  SummaryJson all = Library::expect(summaries_->summary(top.id));
  EXPECT_EQ(all.totalAssets, 4);
  EXPECT_EQ(all.totalSize, 116);
  EXPECT_EQ(all.totalDurationMs, 4000);
  EXPECT_EQ(all.mediaTypes.video, 1);
  EXPECT_EQ(all.mediaTypes.other, 1);
  EXPECT_EQ(Library::expect(summaries_->summary(i.id)).totalSize, 1);
  EXPECT_EQ(Library::expect(summaries_->summary(i.id)).mediaTypes.image, 1);
  trash(inner);
  EXPECT_EQ(Library::expect(summaries_->summary(top.id)).totalAssets, 2) << "without what is in the bin";
  EXPECT_EQ(summaries_->summary(Uuid::v7()).error().code, Code::not_found);
}

TEST_P(Organising, KnowsWhichFoldersLieBelowAnother) {
  Asset top = folder("top");
  Asset a = folder("a", top.id), b = folder("b", a.id);
  EXPECT_THAT(library().tree.below(top.row).value(), ElementsAre(top.row, a.row, b.row));
  EXPECT_EQ(library().tree.below(top.row, 2), std::nullopt);
  FolderTree::Folder moved = *library().tree.folder(b.row);
  moved.parent_row = library().bucket.row;
  library().tree.put(moved);
  EXPECT_THAT(library().tree.below(top.row).value(), ElementsAre(top.row, a.row));
  library().tree.remove(a.row);
  EXPECT_THAT(library().tree.below(top.row).value(), ElementsAre(top.row));
}

INSTANTIATE_TEST_SUITE_P(Databases, Organising, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::catalog
