#include "audit/audit_service.hpp"
#include "audit/read_log.hpp"
#include "base/origin.hpp"
#include "db/testing.hpp"

#include <gmock/gmock.h>

namespace reelvault::audit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Audit : public db::EachBackend {
 protected:
  void SetUp() override {
    EachBackend::SetUp();
    ann_.kind = Principal::Kind::user;
    ann_.user_row = 7;
    ann_.user_id = Uuid::v7();
    ann_.username = "ann";
  }
  void add(Entry entry) {
    auto done = database().write([&](db::Transaction& tx) -> Result<void> {
      append(tx, entry);
      return {};
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  void add(std::string operation, Kind kind = Kind::change, std::int64_t at_ms = 0) {
    Entry entry;
    entry.operation = std::move(operation);
    entry.kind = kind;
    entry.at = from_unix_ms(at_ms);
    entry.asset_id = asset_;
    add(std::move(entry));
  }
  AuditService service(std::chrono::seconds retention = std::chrono::seconds(0)) {
    return {database(), [](std::int64_t) { return "Available"; }, retention};
  }
  std::vector<std::string> operations(AuditQuery query = {}) {
    std::vector<std::string> out;
    auto audit = service();
    for (int pages = 0; pages < 100; ++pages) {
      auto page = audit.list(query);
      EXPECT_TRUE(page) << page.error().detail;
      for (const AuditItem& item : page->items) out.push_back(item.operation);
      if (!page->nextPageToken) break;
      query.pageToken = page->nextPageToken;
    }
    return out;
  }
  Principal ann_;
  Uuid asset_ = Uuid::v7();
};

TEST_P(Audit, SaysWhoAndFromWhereOfItself) {
  const Origin origin{"192.0.2.7", &ann_};
  {
    const OriginScope scope(&origin);
    add(account("create-group", "group", Uuid::v7(), "Editors"));
    Entry of_another;
    of_another.operation = "settle";
    of_another.username = "system";
    add(of_another);
  }
  add("later");
  auto page = service().list({});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->items.size(), 3u);
  const AuditItem& mine = *std::ranges::find(page->items, "create-group", &AuditItem::operation);
  EXPECT_EQ(mine.userId, ann_.user_id);
  EXPECT_EQ(mine.username, "ann");
  EXPECT_EQ(mine.address, "192.0.2.7");
  EXPECT_EQ(mine.via, "session");
  EXPECT_EQ(mine.subjectName, "Editors");
  for (const AuditItem& item : page->items)
    if (item.operation != "create-group") {
      EXPECT_EQ(item.address, std::nullopt) << item.operation;
      EXPECT_EQ(item.userId, std::nullopt);
    }
}

TEST_P(Audit, PagesNewestFirstWithoutRepeatingWhatComesMeanwhile) {
  for (int i = 1; i <= 7; ++i) add("op" + std::to_string(i), Kind::change, i * 1000);
  AuditQuery query{.pageSize = 3};
  auto audit = service();
  auto first = audit.list(query);
  ASSERT_TRUE(first && first->nextPageToken);
  EXPECT_EQ(first->totalItemCount, 7);
  EXPECT_FALSE(first->totalIsEstimate);
  add("newer", Kind::change, 9000);
  query.pageToken = first->nextPageToken;
  EXPECT_THAT(operations(query), ElementsAre("op4", "op3", "op2", "op1"));
  query.pageToken = "rubbish";
  EXPECT_EQ(audit.list(query).error().faults.at(0).pointer, "?pageToken");
}

TEST_P(Audit, FiltersByKindOperationAssetUserAndTime) {
  add("create", Kind::change, 1000);
  add("view", Kind::read, 2000);
  add("download", Kind::read, 3000);
  Entry other;
  other.operation = "view";
  other.kind = Kind::read;
  other.at = from_unix_ms(4000);
  other.asset_id = Uuid::v7();
  other.user_id = ann_.user_id;
  add(other);
  EXPECT_THAT(operations({.operation = {"view", "download"}}), ElementsAre("view", "download", "view"));
  EXPECT_THAT(operations({.pageSize = 1, .kind = "read"}), ElementsAre("view", "download", "view"));
  EXPECT_THAT(operations({.assetId = asset_}), ElementsAre("download", "view", "create"));
  EXPECT_THAT(operations({.userId = ann_.user_id}), ElementsAre("view"));
  EXPECT_THAT(operations({.from = from_unix_ms(2000), .until = from_unix_ms(4000)}), ElementsAre("download", "view"));
  EXPECT_THAT(operations({.assetId = asset_, .kind = "account"}), ElementsAre());
}

TEST_P(Audit, ExportsCsvThatNoSpreadsheetRuns) {
  Entry entry;
  entry.operation = "create";
  entry.asset_name = "=HYPERLINK(\"x\")";
  entry.reason = "a, \"b\"\nc";
  add(entry);
  auto csv = service().csv({});
  ASSERT_TRUE(csv);
  EXPECT_THAT(csv->text, HasSubstr("\"'=HYPERLINK(\"\"x\"\")\""));
  EXPECT_THAT(csv->text, HasSubstr("\"a, \"\"b\"\"\nc\"\r\n"));
  EXPECT_EQ(csv->next, std::nullopt);
}

TEST_P(Audit, ForgetsWhatIsOlderThanItsRetention) {
  add("old", Kind::change, unix_ms(now()) - 100'000);
  add("new", Kind::change, unix_ms(now()) - 1000);
  ASSERT_TRUE(service(std::chrono::seconds(0)).prune());
  EXPECT_THAT(operations(), ElementsAre("new", "old"));
  ASSERT_TRUE(service(std::chrono::seconds(50)).prune());
  EXPECT_THAT(operations(), ElementsAre("new"));
}

TEST_P(Audit, CountsRepeatedReadsOfOneFileAsOne) {
  ReadLog reads(database(), {.interval = std::chrono::seconds(60)});
  for (int i = 0; i < 100; ++i)
    reads.note(ann_, {.operation = "download", .asset_id = asset_, .asset_name = "a", .what = "version 1"});
  reads.note(ann_, {.operation = "download", .asset_id = asset_, .asset_name = "a", .what = "version 2"});
  reads.note(ann_, {.operation = "view", .asset_id = asset_, .asset_name = "a"});
  Principal bob = ann_;
  bob.user_id = Uuid::v7();
  bob.username = "bob";
  reads.note(bob, {.operation = "view", .asset_id = asset_, .asset_name = "a"});
  ASSERT_TRUE(reads.flush());
  EXPECT_EQ(operations({.kind = "read"}).size(), 4u);
  EXPECT_EQ(operations({.userId = bob.user_id}).size(), 1u);
}

TEST_P(Audit, ReadsAreNotedAgainAfterTheirTimeAndWrittenAtTheEnd) {
  {
    ReadLog reads(database(), {.interval = std::chrono::seconds(60), .same_within = std::chrono::seconds(0)});
    reads.note(ann_, {.operation = "view", .asset_id = asset_, .asset_name = "a"});
    reads.note(ann_, {.operation = "view", .asset_id = asset_, .asset_name = "a"});
    EXPECT_EQ(operations().size(), 0u);
  }
  EXPECT_EQ(operations().size(), 2u);
}

TEST_P(Audit, ReadsThatFindNoRoomAreLostRatherThanWaitedFor) {
  ReadLog reads(database(), {.interval = std::chrono::seconds(60), .waiting_most = 10});
  for (int i = 0; i < 50; ++i) reads.note(ann_, {.operation = "view", .asset_id = Uuid::v7(), .asset_name = "a"});
  ASSERT_TRUE(reads.flush());
  EXPECT_EQ(operations().size(), 10u);
}

INSTANTIATE_TEST_SUITE_P(Databases, Audit, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::audit
