// Actions on many assets at once, from many threads: whatever the order, the tree is a tree, names are unique, counters
// are right, and overlapping batches end as if one had come after the other.
#include "catalog/tag_service.hpp"
#include "catalog/testing.hpp"
#include "catalog/tree_actions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reelvault::catalog {
namespace {

namespace json = boost::json;

class Batches : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty())
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    library_ = std::make_unique<Library>(GetParam());
    jobs_ = std::make_unique<jobs::Engine>(*library_->database, jobs::Engine::Options{});
    batches_ = std::make_unique<BatchService>(*library_->assets, *jobs_, library_->outbox);
    actions_ = std::make_unique<TreeActions>(*library_->assets, *library_->content, *jobs_);
    actions_->declare(*batches_);
    tags_ = std::make_unique<TagService>(*library_->assets);
    for (BatchAction& action : tags_->actions()) batches_->add(std::move(action));
  }
  Asset folder(const std::string& name, const Asset& parent) {
    return Library::expect(library_->make_folder(library_->admin, parent.id, name));
  }
  Asset file(const std::string& name, const Asset& parent) {
    return Library::expect(library_->database->write([&](db::Transaction& tx) {
      return library_->assets->create_folder(tx, library_->admin, parent.id,
                                             {.displayName = name, .onConflict = {}, .tags = {}, .customFields = {}},
                                             AssetType::file, AssetStatus::placeholder);
    }));
  }
  BatchJson run(std::string_view action, std::vector<Uuid> ids, json::object arguments = {}) {
    BatchRequest request{.targetIds = ids, .actionArguments = std::move(arguments)};
    return Library::expect(batches_->run(library_->admin, action, request)).batch;
  }
  Asset get(const Uuid& id) { return Library::expect(library_->assets->get(id)); }
  std::int64_t wrong_counters() {
    return Library::expect(library_->database->read([&](db::Transaction& tx) -> Result<std::int64_t> {
      return tx
          .value<std::int64_t>(
              "select count(*) from folder_counter c where c.files <> (select count(*) from asset a where a.parent_id "
              "= c.folder_id and "
              "a.asset_type = 2 and a.deleted_at is null) or c.folders <> (select count(*) from asset a where "
              "a.parent_id = c.folder_id and "
              "a.asset_type <> 2 and a.deleted_at is null)")
          .value_or(-1);
    }));
  }
  static void at_once(int threads, const std::function<void(int)>& fn) {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i) running.emplace_back([&fn, i] { fn(i); });
  }

  std::unique_ptr<Library> library_;
  std::unique_ptr<jobs::Engine> jobs_;
  std::unique_ptr<BatchService> batches_;
  std::unique_ptr<TreeActions> actions_;
  std::unique_ptr<TagService> tags_;
};

TEST_P(Batches, CrossingMovesNeverMakeACycle) {
  for (int round = 0; round < 10; ++round) {
    Asset top = folder("top" + std::to_string(round), library_->bucket);
    Asset a = folder("a", top), b = folder("b", top), c = folder("c", top);
    const std::vector<Asset> all{a, b, c};
    at_once(3, [&](int i) {
      (void)batches_->run_one(library_->admin, *batches_->find("move"), all[i].id,
                              {{"parentId", all[(i + 1) % 3].id.text()}});
    });
    int below_top = 0;
    for (const Asset& each : all) {
      auto above =
          Library::expect(library_->database->read([&](db::Transaction& tx) -> Result<std::vector<std::int64_t>> {
            return library_->assets->repository().ancestors(tx, each.row);
          }));
      ASSERT_LT(above.size(), 10u) << "a cycle";
      EXPECT_EQ(above.back(), library_->bucket.row);
      if (get(each.id).parent_row == top.row) ++below_top;
    }
    EXPECT_GE(below_top, 1);
  }
  EXPECT_EQ(wrong_counters(), 0);
}

TEST_P(Batches, EqualNamesNeverAppearTwice) {
  Asset target = folder("target", library_->bucket);
  std::vector<Asset> files;
  for (int i = 0; i < 6; ++i) files.push_back(file("same.txt", folder("from" + std::to_string(i), library_->bucket)));
  std::atomic<int> moved = 0;
  at_once(6, [&](int i) {
    const bool rename = i % 2 == 0;
    json::object arguments{{"parentId", target.id.text()}};
    if (rename) arguments["onConflict"] = "rename";
    auto done = batches_->run_one(library_->admin, *batches_->find("move"), files[i].id, std::move(arguments));
    if (done)
      ++moved;
    else
      EXPECT_EQ(done.error().code, Code::conflict);
  });
  auto names = library_->names(target.id);
  EXPECT_EQ(static_cast<int>(names.size()), moved.load());
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
  EXPECT_EQ(wrong_counters(), 0);
}

TEST_P(Batches, OverlappingBatchesEndInOneOfTheOrders) {
  for (int round = 0; round < 5; ++round) {
    Asset here = folder("here" + std::to_string(round), library_->bucket),
          there = folder("there" + std::to_string(round), library_->bucket);
    std::vector<Uuid> ids;
    for (int i = 0; i < 30; ++i) ids.push_back(file("f" + std::to_string(i), here).id);
    std::vector<Uuid> backwards(ids.rbegin(), ids.rend());
    BatchJson moved, trashed;
    at_once(2, [&](int i) {
      if (i == 0)
        moved = run("Move", ids, {{"parentId", there.id.text()}});
      else
        trashed = run("Trash", backwards);
    });
    EXPECT_EQ(trashed.failedCount, 0) << "what was moved is there to be trashed";
    for (std::size_t i = 0; i < ids.size(); ++i) {
      Asset asset = get(ids[i]);
      EXPECT_TRUE(asset.deleted_at.has_value());
      // Either it was moved before it was trashed, or it was gone when the move came.
      EXPECT_EQ(asset.parent_row == there.row, moved.results[i].status == "Succeeded") << i;
    }
  }
  EXPECT_EQ(wrong_counters(), 0);
}

// As many as PostgreSQL is given in two transactions at a time (batch_work.cpp).
TEST_P(Batches, ManyTagsAtOnceAreCountedAsTheyAre) {
  Asset here = folder("here", library_->bucket);
  std::vector<Uuid> ids;
  Library::expect(library_->database->write([&](db::Transaction& tx) -> Result<void> {
    ids.clear();
    for (int i = 0; i < 900; ++i) {
      RV_TRY(Asset made, library_->assets->create_folder(
                             tx, library_->admin, here.id,
                             {.displayName = "f" + std::to_string(i), .onConflict = {}, .tags = {}, .customFields = {}},
                             AssetType::file, AssetStatus::placeholder));
      ids.push_back(made.id);
    }
    return {};
  }));
  const std::vector<Uuid> backwards(ids.rbegin(), ids.rend());
  auto count = [&](const std::string& sql) {
    return Library::expect(library_->database->read(
        [&](db::Transaction& tx) -> Result<std::int64_t> { return tx.value<std::int64_t>(sql).value_or(0); }));
  };
  const std::string miscounted =
      "select count(*) from tag where uses <> (select count(*) from asset_tag t where t.tag_id "
      "= tag.id) or uses <= 0";
  const BatchJson added = run("AddTag", ids, {{"tags", {"kept", "gone"}}});
  EXPECT_EQ(added.succeededCount, 900);
  EXPECT_EQ(count("select uses from tag where folded = 'kept'"), 900);
  at_once(3, [&](int i) {
    const BatchJson done = i == 0   ? run("RemoveTag", backwards, {{"tags", {"gone"}}})
                           : i == 1 ? run("AddTag", ids, {{"tags", {"come", "also"}}})
                                    : run("AddTag", backwards, {{"tags", {"also", "come"}}});
    EXPECT_EQ(done.succeededCount, 900) << i;
  });
  EXPECT_EQ(count(miscounted), 0);
  EXPECT_EQ(count("select count(*) from tag where folded = 'gone'"), 0) << "nothing has it any more";
  EXPECT_EQ(count("select sum(uses) from tag where folded in ('kept', 'come', 'also')"), 2700);
  EXPECT_EQ(count("select count(*) from asset_tag t join asset a on a.id = t.asset_id"), 2700);
  at_once(2, [&](int i) { run(i == 0 ? "AddTag" : "RemoveTag", i == 0 ? ids : backwards, {{"tags", {"come"}}}); });
  EXPECT_EQ(count(miscounted), 0);
}

TEST_P(Batches, TwoDeletionsOfOneFolderTakeItOnce) {
  Asset top = folder("top", library_->bucket);
  for (int i = 0; i < 20; ++i) file("f" + std::to_string(i), folder("g" + std::to_string(i), top));
  at_once(2, [&](int) { run("Delete", {top.id}); });
  EXPECT_FALSE(library_->assets->get(top.id));
  EXPECT_EQ(wrong_counters(), 0);
  EXPECT_EQ(Library::expect(library_->database->read([&](db::Transaction& tx) -> Result<std::int64_t> {
              return tx.value<std::int64_t>("select count(*) from asset where status = 13").value_or(-1);
            })),
            0);
}

TEST_P(Batches, NothingComesIntoAFolderThatIsBeingDeleted) {
  Asset top = folder("top", library_->bucket);
  Library::expect(library_->database->write([&](db::Transaction& tx) -> Result<void> {
    Asset locked = *library_->assets->repository().lock(tx, top.id);
    return library_->assets->transit(tx, locked, Operation::remove, library_->admin);
  }));
  auto made = library_->make_folder(library_->admin, top.id, "late");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, Code::conflict);
  Asset other = folder("other", library_->bucket);
  EXPECT_FALSE(batches_->run_one(library_->admin, *batches_->find("move"), other.id, {{"parentId", top.id.text()}}));
}

TEST_P(Batches, ReadersMayCopyButNotMove) {
  Asset from = folder("from", library_->bucket), to = folder("to", library_->bucket);
  Asset a = file("a.txt", from);
  Principal someone = library_->user("someone", Role::editor);
  library_->grant(someone, Permission::read, from);
  library_->grant(someone, Permission::write, to);
  auto moved = batches_->run_one(someone, *batches_->find("move"), a.id, {{"parentId", to.id.text()}});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code, Code::forbidden);
  auto copied = batches_->run_one(someone, *batches_->find("copy"), a.id, {{"parentId", to.id.text()}});
  ASSERT_TRUE(copied);
  EXPECT_TRUE(copied->made);
  EXPECT_EQ(copied->asset->parent_row, to.row);
}

// However late an action fails, nothing is left of what it did by then, and what stands beside it is done.
TEST_P(Batches, WhatFailsHalfWayLeavesNothing) {
  using Reach = BatchAction::Reach;
  for (const Reach reach : {Reach::named, Reach::files_below, Reach::all_below_up}) {
    const std::string name = fmt::format("Describe{}", static_cast<int>(reach));
    batches_->add({.name = name,
                   .summary = "For this test",
                   .reach = reach,
                   .act = [&](db::Transaction& tx, const BatchCall&,
                              BatchAction::Step& step) -> Result<std::optional<BatchAction::Made>> {
                     step.asset.description = "described";
                     library_->assets->repository().update(tx, step.asset, std::nullopt);
                     if (step.asset.name == "bad") return fail(Code::conflict, "bad", "It cannot be described.");
                     return std::nullopt;
                   }});
    const Asset top = folder(name, library_->bucket);
    const Asset a = file("a", top), bad = file("bad", top), z = file("z", top);
    const BatchJson ended = run(name, {a.id, bad.id, z.id});
    EXPECT_EQ(ended.status, "PartiallyFailed");
    EXPECT_EQ(ended.results.at(1).error->code, "bad");
    EXPECT_EQ(get(a.id).description, "described");
    EXPECT_EQ(get(bad.id).description, std::nullopt);
    EXPECT_EQ(get(bad.id).revision, bad.revision);
    EXPECT_EQ(get(z.id).description, "described");
  }
}

// An action that raises the revision of all below, or has trouble with it; a batch of it loses its planning once, as to
// another node, and so goes on in a job.
class BatchJobs : public Batches {
 protected:
  void SetUp() override {
    Batches::SetUp();
    if (IsSkipped()) return;
    jobs_ = std::make_unique<jobs::Engine>(*library_->database,
                                           jobs::Engine::Options{.backoff = std::chrono::milliseconds(1)});
    batches_ = std::make_unique<BatchService>(*library_->assets, *jobs_, library_->outbox);
    batches_->add({.name = "Count",
                   .summary = "For this test",
                   .reach = BatchAction::Reach::all_below_up,
                   .begin = [&](db::Transaction& tx, const BatchCall&, Asset&) -> Result<void> {
                     if (value(tx, "select planner from batch") == 1)
                       BatchRepository{}.take_planning(tx, BatchRepository{}.open(tx).at(0).row);
                     return {};
                   },
                   .act = [&](db::Transaction& tx, const BatchCall&,
                              BatchAction::Step& step) -> Result<std::optional<BatchAction::Made>> {
                     if (trouble_) return fail(Code::unavailable, "away", "It is away.");
                     library_->assets->repository().update(tx, step.asset, std::nullopt);
                     return std::nullopt;
                   }});
    batches_->register_type();
    top_ = folder("top", library_->bucket);
    const Asset inner = folder("inner", top_);
    all_ = {top_, inner, file("a", inner)};
  }
  static std::int64_t value(db::Transaction& tx, const char* sql) { return tx.value<std::int64_t>(sql).value_or(-1); }
  std::int64_t rows(const char* sql) {
    return Library::expect(
        library_->database->read([&](db::Transaction& tx) -> Result<std::int64_t> { return value(tx, sql); }));
  }
  void work() {
    jobs_->start();
    for (int i = 0; i < 2000 && rows("select count(*) from job where status < 2") != 0; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    jobs_->stop();
    EXPECT_EQ(rows("select count(*) from batch where state <> 2"), 0);
    EXPECT_EQ(rows("select count(*) from batch_step"), 0);
  }

  Asset top_;
  std::vector<Asset> all_;
  bool trouble_ = false;
};

// Its lease was over, say, and it goes on as if nothing had been: what its successor wrote down stands alone.
TEST_P(BatchJobs, WhoeverLostThePlanningWritesNothingMore) {
  const BatchJson begun = run("Count", {top_.id});
  EXPECT_FALSE(begun.endedAt) << "another is at it";
  for (const Asset& each : all_) EXPECT_EQ(get(each.id).revision, each.revision);
  work();
  for (const Asset& each : all_) EXPECT_EQ(get(each.id).revision, each.revision + 1);
}

TEST_P(BatchJobs, HoweverOftenOneIsCutOffItIsNotGivenUpWhileItGetsOn) {
  run("Count", {top_.id});
  Library::expect(library_->database->write([&](db::Transaction& tx) -> Result<void> {
    tx.execute("update job set claims = 40, attempt = 2", {});
    return {};
  }));
  work();
  EXPECT_EQ(rows("select claims from job"), 1);
  EXPECT_EQ(rows("select attempt from job"), 1);
}

TEST_P(BatchJobs, WhatIsGivenUpLeavesNothingBehind) {
  trouble_ = true;
  const BatchJson begun = run("Count", {top_.id});
  work();
  const BatchJson ended = Library::expect(batches_->get(library_->admin, begun.batchId));
  EXPECT_EQ(ended.status, "Failed");
  EXPECT_EQ(ended.results.at(0).error->code, "away");
  EXPECT_EQ(rows("select count(*) from job where status = 3"), 1);
}

INSTANTIATE_TEST_SUITE_P(Databases, BatchJobs, ::testing::Values(db::Kind::sqlite, db::Kind::postgres),
                         [](const auto& info) { return info.param == db::Kind::sqlite ? "Sqlite" : "Postgres"; });
INSTANTIATE_TEST_SUITE_P(Databases, Batches, ::testing::Values(db::Kind::sqlite, db::Kind::postgres),
                         [](const auto& info) { return info.param == db::Kind::sqlite ? "Sqlite" : "Postgres"; });

}  // namespace
}  // namespace reelvault::catalog
