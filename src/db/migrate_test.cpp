#include "db/migrate.hpp"

#include "db/testing.hpp"

#include <gmock/gmock.h>

namespace reelvault::db {
namespace {

using ::testing::HasSubstr;

constexpr Migration one{1, "people", "create table person (id integer primary key, name text not null);", "", ""};
constexpr Migration two{2, "pets",
                        "-- Pets; and who owns them.\n"
                        "create table pet (id integer primary key, person_id bigint not null references person (id) on "
                        "delete cascade, photo blob);\n"
                        "create index pet_person on pet (person_id);",
                        "create table only_sqlite (x);", "create table only_postgres (x uuid, t text[]);"};
constexpr Migration broken{3, "broken", "create table half (x bigint); insert into nowhere values (1);", "", ""};

class Migrations : public EachBackend {
 protected:
  std::span<const Migration> migrations_to_run() override { return {}; }

  Result<MigrationReport> to(std::vector<Migration> list) { return migrate(database(), list); }
  void run(const std::string& sql) {
    auto done = database().write([&](Transaction& tx) -> Result<void> {
      tx.execute(sql);
      return {};
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  int count(const std::string& table) { return count(database(), table); }
  static int count(Database& database, const std::string& table) {  // -1: no such table
    return database
        .read([&](Transaction& tx) -> Result<int> { return *tx.value<int>("select count(*) from " + table); })
        .value_or(-1);
  }
};
INSTANTIATE_TEST_SUITE_P(, Migrations, each_backend(), backend_name);

TEST_P(Migrations, RunWhatIsMissingOnce) {
  EXPECT_EQ(schema_version(database()).value(), 0);
  auto report = to({one});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->from, 0);
  EXPECT_EQ(report->to, 1);
  run("insert into person (name) values ('a')");
  report = to({one, two});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->from, 1);
  EXPECT_EQ(report->to, 2);
  report = to({one, two});
  EXPECT_EQ(report->from, 2);
  EXPECT_EQ(report->to, 2);
  EXPECT_EQ(count("person"), 1);
  EXPECT_EQ(count("pet"), 0);
  EXPECT_EQ(count("only_sqlite"), sqlite() ? 0 : -1);
  EXPECT_EQ(count("only_postgres"), sqlite() ? -1 : 0);
  EXPECT_EQ(count("schema_migration"), 2);
}

TEST_P(Migrations, LeaveNothingOfAFailedOne) {
  auto report = to({one, two, broken});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().detail, HasSubstr("migration 3 broken"));
  EXPECT_EQ(schema_version(database()).value(), 2) << "those before stay";
  EXPECT_EQ(count("half"), -1);
  EXPECT_TRUE(to({one, two}));
}

TEST_P(Migrations, RefuseANewerDatabase) {
  ASSERT_TRUE(to({one, two}));
  auto report = to({one});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().type, "database-newer");
  EXPECT_THAT(report.error().message, HasSubstr("schema version 2, this program knows 1"));
  EXPECT_THAT(report.error().message, HasSubstr("knows version 2"));
}

TEST_P(Migrations, LetOlderProgramsRunBesideWhereTheySaySo) {
  constexpr Migration gentle{3, "gentle", "-- programs since: 2\nalter table person add column note text;", "", ""};
  ASSERT_TRUE(to({one, two, gentle}));
  auto report = to({one, two});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->from, 3);
  EXPECT_EQ(report->to, 3);
  EXPECT_FALSE(to({one})) << "2 is the oldest";
}

TEST_P(Migrations, MayRunOnTwoNodesAtOnce) {
  std::vector<std::thread> nodes;
  for (int i = 0; i < 4; ++i) {
    nodes.emplace_back([&] {
      auto node = Database::open(test_database().options());
      ASSERT_TRUE(node) << node.error().detail;
      auto report = migrate(**node, std::vector{one});
      EXPECT_TRUE(report) << report.error().detail;
    });
  }
  for (auto& node : nodes) node.join();
  EXPECT_EQ(count("schema_migration"), 1);
}

TEST_P(Migrations, CopyAnExistingSqliteFileFirst) {
  if (!sqlite()) GTEST_SKIP() << "PostgreSQL is copied by its operator";
  ASSERT_TRUE(to({one}));
  EXPECT_FALSE(std::filesystem::exists(database().file().string() + ".before-1")) << "there was nothing to lose";
  run("insert into person (name) values ('a')");
  ASSERT_TRUE(to({one, two}));
  run("delete from person");
  auto copy = Database::open({.path = database().file().string() + ".before-2"});
  ASSERT_TRUE(copy) << copy.error().detail;
  EXPECT_EQ(schema_version(**copy).value(), 1);
  EXPECT_EQ(count(**copy, "person"), 1);
  EXPECT_EQ(count(**copy, "pet"), -1);
}

TEST_P(Migrations, RebuildASqliteTableWithoutCascading) {
  if (!sqlite()) GTEST_SKIP() << "PostgreSQL alters tables in place";
  ASSERT_TRUE(to({one, two}));
  run("insert into person (id, name) values (1, 'a')");
  run("insert into pet (person_id) values (1)");
  constexpr Migration rebuild{3, "rebuild", "",
                              "create table person_new (id integer primary key, name text not null check (name <> ''));"
                              "insert into person_new select id, name from person; drop table person;"
                              "alter table person_new rename to person;",
                              ""};
  auto report = to({one, two, rebuild});
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(count("pet"), 1);
  constexpr Migration orphans{4, "orphans", "delete from person;", "", ""};
  EXPECT_FALSE(to({one, two, rebuild, orphans})) << "foreign keys are checked before the commit";
  EXPECT_EQ(count("person"), 1);
}

TEST_P(Migrations, RefuseAListOutOfOrder) { EXPECT_FALSE(to({two, one})); }

TEST_P(Migrations, OfTheProgramRun) {
  auto report = migrate(database());
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->to, migrations().empty() ? 0 : migrations().back().number);
}

}  // namespace
}  // namespace reelvault::db
