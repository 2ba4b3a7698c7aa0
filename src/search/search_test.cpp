#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "catalog/testing.hpp"
#include "search/candidates.hpp"
#include "search/index.hpp"
#include "search/search_service.hpp"

namespace reelvault::search {
namespace {

using catalog::Asset;
using catalog::AssetStatus;
using catalog::AssetType;
using catalog::Library;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Searching : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
    index_ = std::make_unique<Index>(*library_->database);
    Library::expect(index_->prepare());
    library_->assets->set_search(index_.get());
    service_ = std::make_unique<SearchService>(*library_->assets, index_->postings());
    Library::expect(index_->tidy(std::chrono::seconds(10)));
  }
  Library& library() { return *library_; }
  Index& index() { return *index_; }

  Asset folder(const std::string& name, std::optional<Uuid> parent = {}) {
    return Library::expect(library().make_folder(library().admin, parent.value_or(library().bucket.id), name));
  }
  Asset file(const std::string& name, std::optional<Uuid> parent = {}, std::vector<std::string> tags = {},
             std::string_view fields = "{}") {
    return Library::expect(library().database->write([&](db::Transaction& tx) -> Result<Asset> {
      RV_TRY(Asset asset,
             library().assets->create_folder(tx, library().admin, parent.value_or(library().bucket.id),
                                             {.displayName = name, .onConflict = {}, .tags = tags, .customFields = {}},
                                             AssetType::file, AssetStatus::placeholder));
      // Whatever a library's definitions of fields allow.
      if (fields == "{}") return asset;
      asset.custom_fields_json = fields;
      library().assets->repository().update(tx, asset, {});
      library().assets->changed(tx, asset, "update");
      return asset;
    }));
  }
  template <class F>
  void write(F fn) {
    Library::expect(library().database->write([&](db::Transaction& tx) -> Result<void> {
      fn(tx);
      return {};
    }));
  }
  Asset patch(const Asset& asset, std::string_view json) {
    auto body = Library::expect(dto::parse<catalog::AssetPatch>(boost::json::parse(json)));
    return Library::expect(library().database->write(
        [&](db::Transaction& tx) { return library().assets->patch(tx, library().admin, asset.id, body, ""); }));
  }
  void trash(const Asset& asset) {
    Library::expect(library().database->write(
        [&](db::Transaction& tx) { return library().assets->trash(tx, library().admin, asset.id); }));
  }
  SearchPage search(std::string_view json, const Principal* by = nullptr) {
    auto request = Library::expect(dto::parse<SearchRequest>(boost::json::parse(json)));
    return Library::expect(service_->search(by ? *by : library().admin, request));
  }
  static std::vector<std::string> names(const SearchPage& page) {
    std::vector<std::string> out;
    for (const SearchItem& item : page.items) out.push_back(item.displayName);
    return out;
  }
  std::vector<std::string> found(std::string_view query, const Principal* by = nullptr) {
    boost::json::object request{{"query", query}, {"pageSize", 500}};
    return names(search(boost::json::serialize(request), by));
  }
  // All pages of a request.
  std::vector<std::string> all(boost::json::object request, const Principal* by = nullptr,
                               const std::function<void()>& between = {}) {
    std::vector<std::string> out;
    for (int pages = 0; pages < 1000; ++pages) {
      SearchPage page = search(boost::json::serialize(request), by);
      for (const std::string& name : names(page)) out.push_back(name);
      if (!page.nextPageToken) return out;
      request["pageToken"] = *page.nextPageToken;
      if (between) between();
    }
    ADD_FAILURE() << "pages without end";
    return out;
  }
  static std::map<std::string, std::int64_t> counts(const SearchPage& page, const std::string& facet) {
    std::map<std::string, std::int64_t> out;
    for (const SearchFacet& value : page.facets.at(facet))
      out[value.value.is_string() ? std::string(value.value.as_string().c_str())
                                  : boost::json::serialize(value.value)] = value.count;
    return out;
  }
  SearchSuggestions suggest(const std::string& prefix, const Principal* by = nullptr) {
    return Library::expect(service_->suggest(by ? *by : library().admin, {.prefix = prefix, .limit = {}}));
  }
  std::unique_ptr<SearchService> service_;

 private:
  std::unique_ptr<Library> library_;
  std::unique_ptr<Index> index_;
};

TEST_P(Searching, FindsNamesDescriptionsTagsAndFields) {
  Asset asset = file("Harbour_low-tide.mov", {}, {"Rushes", "day one"}, R"({"scene": "Lighthouse", "take": 7})");
  patch(asset, R"({"description": "A café by the sea"})");
  for (const char* query :
       {"harbour", "LOW tide", "\"low tide\"", "harbour_low-tide.mov", "rushes", "\"day one\"", "lighthouse", "7",
        "cafe", "CAFÉ", "harb*", "harbour cafe lighthouse", "harbour -interview"})
    EXPECT_THAT(found(query), ElementsAre("Harbour_low-tide.mov")) << query;
  for (const char* query : {"harb", "\"tide low\"", "harbour -cafe", "-harbour cafe", "interview", "?",
                            "harbour interview", "-\"low tide\" harbour"})
    EXPECT_THAT(found(query), IsEmpty()) << query;
}

TEST_P(Searching, FindsChineseJapaneseAndKorean) {
  file("東京タワーの夜景.mov");
  file("北京故宫.jpg");
  file("서울의밤 하늘.mp4");
  EXPECT_THAT(found("東京"), ElementsAre("東京タワーの夜景.mov"));
  EXPECT_THAT(found("タワー"), ElementsAre("東京タワーの夜景.mov"));
  EXPECT_THAT(found("京"), UnorderedElementsAre("東京タワーの夜景.mov", "北京故宫.jpg"));
  EXPECT_THAT(found("ﾀﾜｰ"), ElementsAre("東京タワーの夜景.mov")) << "half-width Katakana";
  EXPECT_THAT(found("京東"), IsEmpty());
  EXPECT_THAT(found("故宫"), ElementsAre("北京故宫.jpg"));
  EXPECT_THAT(found("서울"), ElementsAre("서울의밤 하늘.mp4"));
  EXPECT_THAT(found("夜景 -東京"), IsEmpty());
}

TEST_P(Searching, IsInStepWithEveryChange) {
  Asset asset = file("before.mov", {}, {"one"});
  EXPECT_THAT(found("before"), SizeIs(1));
  asset = patch(asset, R"({"displayName": "after.mov", "tags": ["two"], "customFields": {"a": "apple"}})");
  EXPECT_THAT(found("before"), IsEmpty());
  EXPECT_THAT(found("one"), IsEmpty());
  EXPECT_THAT(found("after two apple"), SizeIs(1));
  asset = patch(asset, R"({"customFields": {"a": null}, "tags": []})");
  EXPECT_THAT(found("apple"), IsEmpty());
  EXPECT_THAT(found("two"), IsEmpty());
  trash(asset);
  EXPECT_THAT(found("after"), IsEmpty());
  Asset again = file("after.mov");
  EXPECT_THAT(found("after"), SizeIs(1));
  write([&](db::Transaction& tx) {
    library().assets->tell_removed(tx, again);
    library().assets->repository().remove(tx, again);
  });
  EXPECT_THAT(found("after"), IsEmpty());
  EXPECT_THAT(found(""), UnorderedElementsAre("library", "Uploads"));
}

TEST_P(Searching, WhatIsRolledBackIsNotFound) {
  auto failed = library().database->write([&](db::Transaction& tx) -> Result<void> {
    Library::expect(
        library().assets->create_folder(tx, library().admin, library().bucket.id,
                                        {.displayName = "phantom", .onConflict = {}, .tags = {}, .customFields = {}},
                                        AssetType::file, AssetStatus::placeholder));
    return fail_not_found();
  });
  ASSERT_FALSE(failed);
  EXPECT_THAT(found("phantom"), IsEmpty());
}

TEST_P(Searching, AChangeOfStatusWritesNothing) {
  Asset asset = file("quiet.mov");
  auto state = [&] {
    return Library::expect(library().database->read([&](db::Transaction& tx) -> Result<std::int64_t> {
      if (tx.kind() == db::Kind::sqlite)
        return tx.value<std::int64_t>("select count(*) from search_index_idx").value_or(0);
      return tx
          .value<std::int64_t>("select cast(cast(xmin as text) as bigint) from search_document where asset_id = :row",
                               {{"row", asset.row}})
          .value_or(0);
    }));
  };
  std::int64_t before = state();
  write([&](db::Transaction& tx) {
    library().assets->repository().set_status(tx, asset, AssetStatus::available);
    library().assets->changed(tx, asset, "test");
  });
  EXPECT_EQ(state(), before);
  EXPECT_THAT(names(search(R"({"query": "quiet", "filters": {"assetStatus": 1}})")), ElementsAre("quiet.mov"));
  EXPECT_THAT(names(search(R"({"query": "quiet", "filters": {"assetStatus": [20]}})")), IsEmpty());
}

TEST_P(Searching, ShowsOnlyWhatTheCallerMayRead) {
  Asset open = folder("open"), shut = folder("shut"), inner = folder("inner", open.id);
  file("secret one.mov", shut.id, {"classified"});
  file("secret two.mov", inner.id, {"public"});
  Principal guest = library().user("guest", Role::viewer);
  EXPECT_THAT(found("secret", &guest), IsEmpty());
  EXPECT_EQ(search(R"({"query": "secret"})", &guest).totalItemCount, 0);
  library().grant(guest, Permission::read, open);
  EXPECT_THAT(found("secret", &guest), ElementsAre("secret two.mov"));
  EXPECT_THAT(found("", &guest), UnorderedElementsAre("open", "inner", "secret two.mov"));
  SearchPage page = search(R"({"query": "secret", "facets": ["tags", "mediaType"]})", &guest);
  EXPECT_EQ(page.totalItemCount, 1);
  EXPECT_EQ(counts(page, "tags"), (std::map<std::string, std::int64_t>{{"public", 1}}));
  EXPECT_EQ(counts(page, "mediaType"), (std::map<std::string, std::int64_t>{{"video", 1}}));
  for (const char* prefix : {"sec", "cla", "shut", "pub"}) {
    for (const SearchSuggestion& item : suggest(prefix, &guest).items) {
      EXPECT_NE(item.text, "secret one.mov");
      EXPECT_NE(item.text, "classified");
      EXPECT_NE(item.text, "shut");
    }
  }
  EXPECT_EQ(suggest("cla").items.size(), 1u);
  EXPECT_EQ(suggest("pub", &guest).items.size(), 1u);
  // A folder that the caller may not see is as unknown, whichever way it is named.
  auto request = Library::expect(
      dto::parse<SearchRequest>(boost::json::parse(R"({"filters": {"parentId": ")" + shut.id.text() + R"("}})")));
  auto answer = service_->search(guest, request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::not_found);
}

TEST_P(Searching, MovesAndTrashedFoldersActAtOnceAndTouchNothingBelow) {
  Asset open = folder("open"), shut = folder("shut"), box = folder("box", shut.id);
  file("inside.mov", box.id);
  Principal guest = library().user("guest", Role::viewer);
  library().grant(guest, Permission::read, open);
  EXPECT_THAT(found("inside", &guest), IsEmpty());
  write([&](db::Transaction& tx) {
    Asset moved = *library().assets->repository().lock(tx, box.id);
    library().assets->repository().reparent(tx, moved, open.row, moved.name, {});
    library().assets->changed(tx, moved, "move");
  });
  EXPECT_THAT(found("inside", &guest), ElementsAre("inside.mov"));
  EXPECT_THAT(names(search(R"({"query": "inside", "filters": {"parentId": ")" + open.id.text() + R"("}})")), SizeIs(1));
  EXPECT_THAT(names(search(R"({"query": "inside", "filters": {"parentId": ")" + shut.id.text() + R"("}})")), IsEmpty());
  trash(box);
  EXPECT_THAT(found("inside", &guest), IsEmpty());
  EXPECT_THAT(found("inside"), IsEmpty());
  EXPECT_EQ(search(R"({"query": "inside", "facets": ["mediaType"]})").totalItemCount, 0);
}

TEST_P(Searching, FiltersByEveryProperty) {
  Asset top = folder("top"), below = folder("below", top.id);
  Asset a = file("clip a.mov", below.id, {"Red", "blue"},
                 R"({"genre": "Drama", "year": 1999, "shot": "2020-05-01", "done": true, "who": ["ann", "bob"]})");
  Asset b = file("clip b.jpg", top.id, {"red"}, R"({"genre": "comedy", "year": 2010})");
  // Times are kept in milliseconds: what changes next is to be later than what is there.
  while (rfc3339(now()) <= rfc3339(b.modified_at)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  write([&](db::Transaction& tx) {
    a.size = 5000;
    a.duration_ms = 61'000;
    a.has_audio = true;
    a.language_code = "pt-BR";
    library().assets->repository().update(tx, a, {});
    library().assets->changed(tx, a, "update");
  });
  auto filtered = [&](const std::string& filters) {
    return names(search(R"({"query": "clip", "sort": "name", "filters": {)" + filters + "}}"));
  };
  auto is_a = ElementsAre("clip a.mov");
  auto is_b = ElementsAre("clip b.jpg");
  auto both = ElementsAre("clip a.mov", "clip b.jpg");
  EXPECT_THAT(filtered(R"("assetType": 2)"), both);
  EXPECT_THAT(filtered(R"("assetType": [1, 5])"), IsEmpty());
  EXPECT_THAT(filtered(R"("mediaType": "video")"), is_a);
  EXPECT_THAT(filtered(R"("mediaType": ["video", "image"])"), both);
  EXPECT_THAT(filtered(R"("contentType": "image/*")"), is_b);
  EXPECT_THAT(filtered(R"("contentType": "video/quicktime")"), is_a);
  EXPECT_THAT(filtered(R"("tags": "RED")"), both);
  EXPECT_THAT(filtered(R"("tags": ["red", "Blue"])"), is_a);
  EXPECT_THAT(filtered(R"("languageCode": "pt")"), is_a);
  EXPECT_THAT(filtered(R"("languageCode": "pt-br")"), is_a);
  EXPECT_THAT(filtered(R"("languageCode": "en")"), IsEmpty());
  EXPECT_THAT(filtered(R"("hasAudio": true)"), is_a);
  EXPECT_THAT(filtered(R"("size": {"min": 4096, "max": 5000})"), is_a);
  EXPECT_THAT(filtered(R"("size": {"min": 5001})"), IsEmpty());
  EXPECT_THAT(filtered(R"("size": {"max": 0})"), is_b);
  EXPECT_THAT(filtered(R"("durationMs": {"min": 61000, "max": 61000})"), is_a);
  EXPECT_THAT(filtered(R"("durationMs": {"max": 60999})"), IsEmpty());
  EXPECT_THAT(filtered(R"("createdAt": {"from": "2020-01-01T00:00:00Z"})"), both);
  EXPECT_THAT(filtered(R"("createdAt": {"until": "2020-01-01T00:00:00Z"})"), IsEmpty());
  EXPECT_THAT(filtered(R"("createdAt": {"from": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"})"), IsEmpty());
  EXPECT_THAT(filtered(R"("createdAt": {"from": ")" + rfc3339(a.created_at) + R"(", "until": ")" +
                       rfc3339(now() + std::chrono::hours(1)) + R"("})"),
              both);
  EXPECT_THAT(filtered(R"("modifiedAt": {"from": ")" + rfc3339(a.modified_at) + R"("})"), is_a);
  EXPECT_THAT(filtered(R"("parentId": ")" + top.id.text() + R"(")"), both);
  EXPECT_THAT(filtered(R"("parentId": ")" + below.id.text() + R"(")"), is_a);
  EXPECT_THAT(filtered(R"("bucketName": "library")"), both);
  EXPECT_THAT(filtered(R"("bucketName": "no such")"), IsEmpty());
  EXPECT_THAT(filtered(R"("customFields": {"genre": "drama"})"), is_a);
  EXPECT_THAT(filtered(R"("customFields": {"genre": ["drama", "Comedy"]})"), both);
  EXPECT_THAT(filtered(R"("customFields": {"year": 2010.0})"), is_b);
  EXPECT_THAT(filtered(R"("customFields": {"year": "2010"})"), IsEmpty());
  EXPECT_THAT(filtered(R"("customFields": {"year": {"min": 2000}})"), is_b);
  EXPECT_THAT(filtered(R"("customFields": {"year": {"min": 1999, "max": 2010}})"), both);
  EXPECT_THAT(filtered(R"("customFields": {"shot": {"from": "2020-05-01", "until": "2020-05-02"}})"), is_a);
  EXPECT_THAT(filtered(R"("customFields": {"shot": {"until": "2020-05-01"}})"), IsEmpty());
  EXPECT_THAT(filtered(R"("customFields": {"done": true})"), is_a);
  EXPECT_THAT(filtered(R"("customFields": {"who": "bob"})"), is_a);
  EXPECT_THAT(filtered(R"("customFields": {"gen": "drama"})"), IsEmpty());
  EXPECT_THAT(names(search(R"({"filters": {"parentId": ")" + top.id.text() + R"("}})")),
              UnorderedElementsAre("below", "clip a.mov", "clip b.jpg"))
      << "not the folder itself";
}

TEST_P(Searching, RefusesFiltersThatAreNotUnderstoodAllAtOnce) {
  auto request = Library::expect(
      dto::parse<SearchRequest>(boost::json::parse(R"({"facets": ["colour", "customFields."], "filters": {
      "mediaType": ["video", "smell"], "assetType": "x", "assetStatus": [10, 22], "languageCode": ["de", "plain English"], "tags": [1], "size": {"min": 5, "max": 1},
      "customFields": {"a": {"min": []}}}})")));
  auto answer = service_->search(library().admin, request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, Code::invalid);
  std::vector<std::string> pointers;
  for (const FieldFault& fault : answer.error().faults) pointers.push_back(fault.pointer);
  EXPECT_THAT(pointers, UnorderedElementsAre("/facets/0", "/facets/1", "/filters/mediaType/1", "/filters/assetType",
                                             "/filters/assetStatus/0", "/filters/languageCode/1", "/filters/tags/0",
                                             "/filters/size/max", "/filters/customFields/a/min"));
}

TEST_P(Searching, CountsFacetsThatAddUp) {
  for (int i = 0; i < 12; ++i)
    file("item " + std::to_string(i) +
             (i % 3 == 0   ? ".mov"
              : i % 3 == 1 ? ".jpg"
                           : ".pdf"),
         {}, i % 2 == 0 ? std::vector<std::string>{"even"} : std::vector<std::string>{},
         i % 4 == 0 ? R"({"grade": 1})" : R"({"grade": "b", "k": ["x", "y"]})");
  SearchPage page = search(
      R"({"query": "item", "pageSize": 2, "facets": ["mediaType", "contentType", "tags", "assetStatus", "assetType", "createdAt", "customFields.grade", "customFields.k"]})");
  EXPECT_EQ(page.totalItemCount, 12);
  EXPECT_FALSE(page.totalIsEstimate);
  EXPECT_EQ(counts(page, "mediaType"),
            (std::map<std::string, std::int64_t>{{"video", 4}, {"image", 4}, {"document", 4}}));
  EXPECT_EQ(counts(page, "tags"), (std::map<std::string, std::int64_t>{{"even", 6}}));
  EXPECT_EQ(counts(page, "assetStatus"), (std::map<std::string, std::int64_t>{{"20", 12}}));
  EXPECT_EQ(counts(page, "assetType"), (std::map<std::string, std::int64_t>{{"2", 12}}));
  EXPECT_EQ(counts(page, "customFields.grade"), (std::map<std::string, std::int64_t>{{"1", 3}, {"b", 9}}));
  EXPECT_EQ(counts(page, "customFields.k"), (std::map<std::string, std::int64_t>{{"x", 9}, {"y", 9}}));
  for (const char* facet : {"mediaType", "contentType", "createdAt"}) {
    std::int64_t sum = 0;
    for (const auto& [value, count] : counts(page, facet)) sum += count;
    EXPECT_EQ(sum, 12) << facet;
  }
}

TEST_P(Searching, PutsExactNamesFirstThenNewerOnes) {
  file("tide.mov");
  file("low tide at noon.mov");
  file("harbour.mov", {}, {"tide"});
  EXPECT_THAT(found("tide"), ElementsAre("tide.mov", "low tide at noon.mov", "harbour.mov"));
  EXPECT_THAT(found("tide.mov"), ElementsAre("tide.mov"));
  SearchPage page = search(R"({"query": "tide"})");
  EXPECT_GT(page.items[0].score, page.items[1].score);
  ASSERT_EQ(page.items[0].highlights.size(), 1u);
  EXPECT_EQ(page.items[0].highlights[0].field, "displayName");
  EXPECT_EQ(page.items[0].highlights[0].text, "<mark>tide</mark>.mov");
  EXPECT_EQ(page.items[2].highlights[0].field, "tags");
}

TEST_P(Searching, SortsAndPagesEveryWayWithoutLosingOrRepeating) {
  std::vector<std::string> made;
  for (int i = 0; i < 23; ++i) {
    made.push_back("reel " + std::to_string(i));
    Asset asset = file(made.back(), {}, {}, i % 2 == 0 ? R"({"note": "reel reel"})" : "{}");
    write([&](db::Transaction& tx) {
      asset.size = (i * 7) % 5;
      library().assets->repository().update(tx, asset, {});
      library().assets->changed(tx, asset, "update");
    });
  }
  int added = 0;
  for (const char* sort :
       {"relevance", "name", "-name", "createdAt", "-createdAt", "modifiedAt", "-modifiedAt", "size", "-size"}) {
    for (const char* query : {"reel", "", "\"reel\" -later"}) {
      auto seen =
          all({{"query", query}, {"sort", sort}, {"pageSize", 4}, {"filters", {{"assetType", 2}}}}, nullptr, [&] {
            if (std::string_view(sort) != "relevance" && std::string_view(sort) != "createdAt" &&
                std::string_view(sort) != "-createdAt")
              return;
            file("reel later " + std::to_string(++added));
          });
      std::erase_if(seen, [](const std::string& name) { return name.starts_with("reel later"); });
      std::vector<std::string> distinct = seen;
      std::ranges::sort(distinct);
      distinct.erase(std::ranges::unique(distinct).begin(), distinct.end());
      EXPECT_EQ(distinct.size(), made.size()) << sort << " " << query;
      EXPECT_EQ(seen.size(), made.size()) << sort << " " << query;
      if (std::string_view(sort) == "name" || std::string_view(sort) == "createdAt") {
        EXPECT_EQ(seen, made) << sort << " " << query;
      }
      if (std::string_view(sort) == "-createdAt") {
        EXPECT_EQ(seen, std::vector<std::string>(made.rbegin(), made.rend())) << query;
      }
    }
  }
}

TEST_P(Searching, TakesOnlyItsOwnTokens) {
  for (int i = 0; i < 5; ++i) file("reel " + std::to_string(i));
  SearchPage page = search(R"({"query": "reel", "pageSize": 2})");
  ASSERT_TRUE(page.nextPageToken);
  for (const boost::json::object& request :
       {boost::json::object{{"query", "reel 1"}, {"pageToken", *page.nextPageToken}},
        boost::json::object{{"query", "reel"}, {"sort", "name"}, {"pageToken", *page.nextPageToken}},
        boost::json::object{{"query", "reel"}, {"pageToken", "rubbish"}},
        boost::json::object{{"query", "reel"}, {"pageToken", ""}}}) {
    auto parsed = Library::expect(dto::parse<SearchRequest>(request));
    auto answer = service_->search(library().admin, parsed);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().faults.at(0).pointer, "/pageToken");
  }
}

TEST_P(Searching, FindsFurtherTextsWithTheirTimes) {
  Asset asset = file("interview.mov");
  Asset other = file("other.mov");
  write([&](db::Transaction& tx) {
    index().put_text(tx, asset.row, "transcript", "0", "We sailed past the lighthouse", 1000, 4000);
    index().put_text(tx, asset.row, "transcript", "1", "and then the lighthouse keeper <waved>", 65'500, 70'000);
    index().put_text(tx, asset.row, "label", "boat", "fishing boat");
    index().put_text(tx, other.row, "screen", "0", "LIGHTHOUSE ROAD", 0, 500);
  });
  EXPECT_THAT(found("lighthouse"), UnorderedElementsAre("interview.mov", "other.mov"));
  EXPECT_THAT(found("interview lighthouse boat"), ElementsAre("interview.mov"))
      << "words of one asset, wherever they are";
  EXPECT_THAT(found("\"lighthouse keeper\""), ElementsAre("interview.mov"));
  EXPECT_THAT(found("\"keeper lighthouse\""), IsEmpty());
  EXPECT_THAT(found("lighthouse -boat"), ElementsAre("other.mov"));
  SearchPage page = search(R"({"query": "keeper"})");
  ASSERT_EQ(page.items.at(0).highlights.size(), 1u);
  const SearchHighlight& spoken = page.items[0].highlights[0];
  EXPECT_EQ(spoken.field, "transcript");
  EXPECT_EQ(spoken.text, "and then the lighthouse <mark>keeper</mark> &lt;waved&gt;");
  EXPECT_EQ(spoken.startMs, 65'500);
  EXPECT_EQ(spoken.startTimecode, "00:01:05.500");

  // Replaced, a word goes unless another text or the asset itself has it.
  write(
      [&](db::Transaction& tx) { index().put_text(tx, asset.row, "transcript", "1", "nothing here", 65'500, 70'000); });
  EXPECT_THAT(found("keeper"), IsEmpty());
  EXPECT_THAT(found("interview lighthouse"), SizeIs(1));
  write([&](db::Transaction& tx) {
    index().put_texts(tx, asset.row, "transcript", {{0, "", "a", "an interview with nobody", 0, 10}});
  });
  EXPECT_THAT(found("interview sailed"), IsEmpty());
  EXPECT_THAT(found("nobody boat"), ElementsAre("interview.mov"));
  write([&](db::Transaction& tx) { index().remove_texts(tx, asset.row, "transcript"); });
  EXPECT_THAT(found("interview"), ElementsAre("interview.mov")) << "it is in the name too";
  EXPECT_THAT(found("nobody"), IsEmpty());
  asset = patch(asset, R"({"displayName": "boat.mov"})");
  asset = patch(asset, R"({"displayName": "ship.mov"})");
  EXPECT_THAT(found("boat"), ElementsAre("ship.mov")) << "a label has it still";
  trash(asset);
  EXPECT_THAT(found("boat"), IsEmpty());
}

TEST_P(Searching, IsRebuiltFromWhatIsThere) {
  std::vector<std::string> made;
  for (int i = 0; i < 30; ++i) made.push_back(file("take " + std::to_string(i)).name);
  Asset spoken = file("spoken.mov");
  write([&](db::Transaction& tx) { index().put_text(tx, spoken.row, "transcript", "0", "take that", 0, 10); });
  Library::expect(index().begin_rebuild());
  Asset changed = file("take meanwhile");
  EXPECT_THAT(found("meanwhile"), SizeIs(1));
  Index other(*library().database);
  for (int chunks = 0; chunks < 100; ++chunks)
    if (Library::expect(other.rebuild_some()).done) break;
  EXPECT_THAT(found("take"), SizeIs(32));
  EXPECT_THAT(found("spoken take"), SizeIs(1));
  write([&](db::Transaction& tx) { library().assets->index(tx, changed); });
  EXPECT_THAT(found("take"), SizeIs(32));
  trash(changed);
  EXPECT_THAT(found("take"), SizeIs(31));
}

TEST_P(Searching, TheIndexHoldsWhatAModelHoldsAfterAnyChanges) {
  std::mt19937 random(7);
  std::vector<std::string> words;
  for (int i = 0; i < 12; ++i) words.push_back("word" + std::string(1, static_cast<char>('a' + i)));
  std::map<std::int64_t, std::pair<Asset, std::set<std::string>>> model;
  for (int i = 0; i < 8; ++i) {
    Asset asset = file("asset" + std::to_string(i));
    model[asset.row] = {asset, {}};
  }
  for (int step = 0; step < 60; ++step) {
    auto at = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
    auto& [asset, has] = at->second;
    // The same words in both: what leaves one of them may stay in the other.
    boost::json::array tags = boost::json::parse(asset.tags_json).as_array();
    std::string description = asset.description.value_or("");
    if (random() % 2 == 0) {
      tags.clear();
      for (const std::string& word : words)
        if (random() % 3 == 0) tags.push_back(boost::json::string(word));
    } else {
      description = "described";
      for (const std::string& word : words)
        if (random() % 3 == 0) description += " " + word;
    }
    has.clear();
    for (const std::string& word : words)
      if (description.contains(word) || std::ranges::count(tags, boost::json::value(boost::json::string(word))) > 0)
        has.insert(word);
    asset = patch(asset, boost::json::serialize(boost::json::object{{"tags", tags}, {"description", description}}));
    if (step % 10 == 9) Library::expect(index().tidy(std::chrono::milliseconds(50)));
  }
  for (const std::string& word : words) {
    std::set<std::string> expected;
    for (const auto& [row, entry] : model)
      if (entry.second.contains(word)) expected.insert(entry.first.name);
    auto got = found(word);
    EXPECT_EQ(std::set<std::string>(got.begin(), got.end()), expected) << word;
  }
}

// FTS5 forgets a taking when segments merge, and with it what was added twice before: that shows after many changes.
TEST_P(Searching, TheIndexItselfHoldsNothingThatIsGone) {
  const bool sqlite = GetParam() == db::Kind::sqlite;
  std::mt19937 random(11);
  const std::vector<std::string> words{"zebrafish", "elephant", "crocodile", "zebra", "two", "event", "while", "away"};
  auto some = [&] {
    std::vector<std::string> out;
    for (const std::string& word : words)
      if (random() % 3 == 0) out.push_back(word);
    return out;
  };
  std::vector<Asset> assets;
  std::vector<std::set<std::string>> said(12), model(12);
  for (int i = 0; i < 12; ++i) assets.push_back(file("asset" + std::to_string(i)));
  SearchRepository repository;
  const int steps = sqlite ? 1500 : 150;
  for (int step = 0; step < steps; ++step) {
    // The same words everywhere: in the description, in tags, in what is spoken.
    const std::size_t at = random() % assets.size();
    if (random() % 4 == 0) {
      said[at].clear();
      const auto spoken = some();
      said[at].insert(spoken.begin(), spoken.end());
      write([&](db::Transaction& tx) {
        index().put_text(tx, assets[at].row, "transcript", "1", fmt::format("{}", fmt::join(spoken, " ")));
      });
    } else {
      boost::json::object body;
      if (random() % 2 == 0) body["description"] = fmt::format("{}", fmt::join(some(), " "));
      if (random() % 2 == 0 || body.empty()) {
        boost::json::array tags;
        for (const std::string& word : some()) tags.push_back(boost::json::string(word));
        body["tags"] = std::move(tags);
      }
      assets[at] = patch(assets[at], boost::json::serialize(body));
    }
    model[at] = said[at];
    const std::string description = " " + assets[at].description.value_or("") + " ";
    for (const std::string& word : words)
      if (description.contains(" " + word + " ") || assets[at].tags_json.contains("\"" + word + "\""))
        model[at].insert(word);
    if (step % 7 == 0) Library::expect(index().tidy(std::chrono::milliseconds(20)));
    if (step % 100 != 99) continue;
    write([&](db::Transaction& tx) {
      for (const std::string& word : words) {
        std::vector<std::int64_t> expected, zeb;
        for (std::size_t i = 0; i < assets.size(); ++i) {
          if (model[i].contains(word)) expected.push_back(assets[i].row);
          if (model[i].contains("zebra") || model[i].contains("zebrafish")) zeb.push_back(assets[i].row);
        }
        EXPECT_EQ(repository.matches(tx, {{{word}}, {}}, 0, false, 1000), expected) << word << " after " << step;
        EXPECT_EQ(repository.matches(tx, {{lookup_prefix("ze").terms}, {}}, 0, false, 1000), zeb) << step;
      }
    });
    ASSERT_FALSE(HasFailure());
  }
}

TEST_P(Searching, SuggestsNamesAndTagsOnce) {
  file("Sunset beach.mov", {}, {"Sunny"});
  file("sunset beach.jpg");
  file("Beach sunrise.mov");
  file("rain.mov", {}, {"sunny"});
  auto items = suggest("sun").items;
  std::vector<std::string> texts;
  for (const SearchSuggestion& item : items) texts.push_back(item.kind + " " + item.text);
  EXPECT_THAT(texts,
              ElementsAre("tag Sunny", "name Beach sunrise.mov", "name sunset beach.jpg", "name Sunset beach.mov"));
  ASSERT_EQ(suggest("sunset be").items.size(), 2u);
  EXPECT_EQ(suggest("be sunset").items.size(), 0u);
  EXPECT_THAT(suggest("").items, IsEmpty());
  EXPECT_THAT(suggest("%_").items, IsEmpty());
}

TEST_P(Searching, ReadsTheListsOfCommonTermsAhead) {
  for (int i = 0; i < 130; ++i)
    file("harbour " + std::to_string(i) + (i % 10 == 0 ? " fog" : "") + (i == 77 ? " whale" : ""));
  const Asset speech = file("speech.wav");
  write([&](db::Transaction& tx) { index().put_text(tx, speech.row, "transcript", "1", "well well then"); });
  auto common = [&](std::int64_t from) {
    return Library::expect(library().database->read(
        [&](db::Transaction& tx) -> Result<std::vector<std::string>> { return index().common_terms(tx, from); }));
  };
  EXPECT_THAT(common(100'000), IsEmpty());
  const auto terms = common(0);
  auto place = [&](std::string_view term) { return std::ranges::find(terms, term) - terms.begin(); };
  const auto end = static_cast<std::ptrdiff_t>(terms.size());
  EXPECT_LT(place("harbour"), place("fog"));
  EXPECT_LT(place("fog"), end);
  EXPECT_EQ(place("whale"), end);

  auto& postings = index().postings();
  (void)postings.mark();
  write([&](db::Transaction& tx) { postings.want(tx, terms); });
  postings.settle();
  const auto mark = postings.mark();
  Library::expect(library().database->read([&](db::Transaction& tx) -> Result<void> {
    auto rows = postings.rows(tx, mark, {{{"harbour"}, {"fog"}}, {}});
    EXPECT_TRUE(rows) << "not at hand";
    if (rows) EXPECT_EQ(rows->above(0, 1000).size(), 13U);
    return {};
  }));
}

INSTANTIATE_TEST_SUITE_P(Databases, Searching, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::search
