// What PostgreSQL alone has: races that are run again, connections that go away, schemas.
#include "db/statistics.hpp"
#include "db/testing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <barrier>

namespace reelvault::db {
namespace {

using ::testing::ElementsAre;

constexpr Migration table[] = {
    {1, "table", "create table thing (id integer primary key, name text, count bigint)", "", ""}};

class Postgres : public ::testing::Test {
 protected:
  void SetUp() override {
    if (TestDatabase::postgres_url().empty()) GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    database_ = std::make_unique<TestDatabase>(Kind::postgres, table, false);
    run("insert into thing (id, name, count) values (1, 'a', 0), (2, 'b', 0)");
  }
  Database& database() { return **database_; }
  void run(const std::string& sql) {
    auto done = database().write([&](Transaction& tx) -> Result<void> {
      tx.execute_raw(sql);
      return {};
    });
    ASSERT_TRUE(done) << done.error().detail;
  }
  std::vector<int> counts() {
    return database()
        .read([](Transaction& tx) -> Result<std::vector<int>> {
          return tx.all("select count from thing order by id", {}, [](const Row& row) { return row.get<int>(0); });
        })
        .value();
  }
  static int count_of(Transaction& tx, int id) {
    return *tx.value<int>("select count from thing where id = :id", {{"id", id}});
  }
  static void set_count(Transaction& tx, int id, int count) {
    tx.execute("update thing set count = :count where id = :id", {{"id", id}, {"count", count}});
  }
  std::unique_ptr<TestDatabase> database_;
};

TEST_F(Postgres, RunsALostSerializableRaceAgain) {
  std::barrier both(2);
  std::atomic<int> runs = 0;
  // Each reads what the other writes: one of them must lose.
  auto cross = [&](int from, int to) {
    int mine = 0;
    auto done = database().write_serializable([&](Transaction& tx) -> Result<void> {
      ++runs;
      const int seen = count_of(tx, from);
      if (mine++ == 0) both.arrive_and_wait();
      set_count(tx, to, seen + 1);
      return {};
    });
    EXPECT_TRUE(done) << done.error().detail;
  };
  std::thread other([&] { cross(1, 2); });
  cross(2, 1);
  other.join();
  EXPECT_GT(runs, 2);
  EXPECT_EQ(counts()[0] + counts()[1], 3) << "as if one had run after the other";
}

TEST_F(Postgres, CountsWhatHasGrown) {
  const auto counted = [&] {
    return database()
        .read([](Transaction& tx) -> Result<std::int64_t> {
          return tx.value<std::int64_t>("select cast(reltuples as bigint) from pg_class where oid = 'thing'::regclass")
              .value_or(-2);
        })
        .value_or(-2);
  };
  ASSERT_TRUE(refresh_statistics(database()));
  EXPECT_LT(counted(), 10) << "two rows are nothing to count";
  run("insert into thing (id, name, count) select n, 'n', n from generate_series(10, 5009) n");
  // A connection tells of its changes when it has been idle for a second.
  for (int i = 0; i < 100 && counted() < 5000; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    run("update thing set count = 1 where id = 1");
    ASSERT_TRUE(refresh_statistics(database()));
  }
  EXPECT_EQ(counted(), 5002);
}

TEST_F(Postgres, RunsADeadlockAgain) {
  std::barrier both(2);
  std::atomic<int> callbacks = 0;
  auto lock = [&](int first, int second) {
    int mine = 0;
    auto done = database().write([&](Transaction& tx) -> Result<void> {
      tx.after_commit([&] { ++callbacks; });
      // Its answer is used, so that the lock is held before the other is met.
      EXPECT_EQ(tx.execute("update thing set count = count + 1 where id = :id", {{"id", first}}), 1);
      if (mine++ == 0) both.arrive_and_wait();
      tx.execute("update thing set count = count + 1 where id = :id", {{"id", second}});
      return {};
    });
    EXPECT_TRUE(done) << done.error().detail;
  };
  std::thread other([&] { lock(1, 2); });
  lock(2, 1);
  other.join();
  EXPECT_THAT(counts(), ElementsAre(2, 2));
  EXPECT_EQ(callbacks, 2);
}

TEST_F(Postgres, LooksAgainWhereTwoTookTheSameNameAtOnce) {
  run("create unique index thing_name on thing (name); alter table thing alter id restart with 100");
  std::barrier both(2);
  std::atomic<int> runs = 0;
  auto take = [&] {
    int mine = 0;
    auto done = database().write([&](Transaction& tx) -> Result<std::string> {
      ++runs;
      const bool held = tx.value<int>("select 1 from thing where name = 'c'").has_value();
      if (mine++ == 0) both.arrive_and_wait();
      std::string name = held ? "c (2)" : "c";
      tx.insert("insert into thing (name, count) values (:name, 0)", {{"name", name}});
      return name;
    });
    EXPECT_TRUE(done) << done.error().detail;
    return done.value_or("");
  };
  std::string first;
  std::thread other([&] { first = take(); });
  const std::string second = take();
  other.join();
  EXPECT_THAT((std::vector{first, second}), ::testing::UnorderedElementsAre("c", "c (2)"));
  EXPECT_EQ(runs, 3);
}

TEST_F(Postgres, DoesNotLookAgainForEver) {
  run("create unique index thing_name on thing (name); alter table thing alter id restart with 100");
  int runs = 0;
  auto refused = database().write([&](Transaction& tx) -> Result<void> {
    ++runs;
    tx.insert("insert into thing (name, count) values ('a', 0)", {});
    return {};
  });
  EXPECT_EQ(refused.error().type, "constraint");
  EXPECT_LT(runs, 20);
  runs = 0;
  refused = database().write([&](Transaction& tx) -> Result<void> {
    ++runs;
    if (!tx.try_insert("insert into thing (name, count) values ('a', 0)", {})) return fail_not_found();
    return {};
  });
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_EQ(runs, 1) << "what was expected is no lost race";
}

TEST_F(Postgres, SendsChangesTogetherAndAsksForTheirAnswersWhereTheyAreUsed) {
  run("alter table thing alter id restart with 100");
  auto done = database().write([](Transaction& tx) -> Result<void> {
    const Answer first = tx.execute("update thing set count = 5 where id <= 2");
    std::vector<Answer> ids;
    for (int i = 0; i < 300; ++i) {
      ids.push_back(tx.insert("insert into thing (name, count) values (:name, :count)",
                              {{"name", "row " + std::to_string(i)}, {"count", i}}));
    }
    EXPECT_EQ(tx.value<int>("select count(*) from thing"), 302) << "what was sent before is seen";
    EXPECT_EQ(first, 2);
    for (int i = 0; i < 300; ++i) {
      EXPECT_EQ(tx.value<int>("select count from thing where id = :id", {{"id", std::int64_t(ids[i])}}), i);
    }
    EXPECT_EQ(tx.execute("delete from thing where count = 1000"), 0);
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
}

TEST_F(Postgres, AChangeThatFailsLaterFailsTheTransaction) {
  run("create unique index thing_name on thing (name)");
  int callbacks = 0;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    tx.after_commit([&] { ++callbacks; });
    tx.execute("update thing set count = 9");
    tx.execute("update thing set name = 'a' where id = 2");
    tx.execute("update thing set count = 10");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::conflict);
  EXPECT_EQ(done.error().detail, "thing_name");
  EXPECT_EQ(callbacks, 0);
  EXPECT_THAT(counts(), ElementsAre(0, 0));

  // A savepoint's own failure is told from one before it.
  done = database().write([&](Transaction& tx) -> Result<void> {
    EXPECT_FALSE(tx.try_execute("update thing set name = 'a' where id = 2", {}));
    EXPECT_TRUE(tx.try_execute("update thing set name = 'c' where id = 2", {}));
    tx.execute("update thing set name = 'a' where id = 2");
    (void)tx.try_execute("update thing set count = 11", {});
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().detail, "thing_name");
  EXPECT_THAT(counts(), ElementsAre(0, 0));
}

TEST_F(Postgres, GivesUpARaceThatIsNeverWon) {
  int runs = 0;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    ++runs;
    tx.execute("do $$ begin raise exception 'lost: %', ':x' using errcode = '40001'; end $$");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
  EXPECT_EQ(runs, 20);
  EXPECT_THAT(counts(), ElementsAre(0, 0));
}

TEST_F(Postgres, ConnectsAgainAfterTheServerWentAway) {
  TestDatabase other(Kind::postgres, {}, false);
  std::vector<int> backends;  // of the database under test
  const auto remember = [&](Transaction& tx) -> Result<void> {
    backends.push_back(*tx.value<int>("select pg_backend_pid()"));
    return {};
  };
  const auto drop = [&] {
    std::thread([&] {
      ASSERT_TRUE(other->write([&](Transaction& tx) -> Result<void> {
        const std::vector<std::int64_t> pids(backends.begin(), backends.end());
        tx.execute("select pg_terminate_backend(pid, 10000) from pg_stat_activity where pid = any(:pids)",
                   {{"pids", pids}});
        return {};
      }));
    }).join();
    backends.clear();
  };
  ASSERT_TRUE(database().read(remember) && database().write(remember));
  drop();
  EXPECT_THAT(counts(), ElementsAre(0, 0));
  run("update thing set count = 1");

  int runs = 0;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("update thing set count = count + 1");
    (void)remember(tx);
    if (++runs == 1) drop();
    tx.execute("update thing set count = count + 1");
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
  EXPECT_EQ(runs, 2) << "what was not committed is run again";
  EXPECT_THAT(counts(), ElementsAre(3, 3));

  auto read = database().read([&](Transaction& tx) -> Result<void> {
    (void)remember(tx);
    drop();
    tx.execute("select 1");
    return {};
  });
  ASSERT_FALSE(read) << "a read is not run again";
  EXPECT_EQ(read.error().code, Code::unavailable);
  EXPECT_THAT(counts(), ElementsAre(3, 3));
}

TEST_F(Postgres, DoesNotRepeatACommitWhoseAnswerWasLost) {
  run("create function die() returns trigger language plpgsql as $$ begin perform "
      "pg_terminate_backend(pg_backend_pid()); return null; end $$");
  run("create constraint trigger dies after update on thing deferrable initially deferred for each row execute "
      "function "
      "die()");
  int runs = 0;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    ++runs;
    set_count(tx, 1, 7);
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
  EXPECT_EQ(done.error().type, "commit-unknown");
  EXPECT_EQ(runs, 1);
}

TEST_F(Postgres, FollowsAChangedSchema) {
  auto all = [&](bool write) {
    auto closure = [](Transaction& tx) -> Result<int> {
      return *tx.one("select * from thing where id = 1", {}, [](const Row& row) { return row.position("count"); });
    };
    return write ? database().write(closure) : database().read(closure);
  };
  EXPECT_EQ(all(false).value(), 2);
  EXPECT_EQ(all(true).value(), 2);
  run("alter table thing drop column name");
  EXPECT_EQ(all(true).value(), 1);
  (void)all(false);  // a read is not run again: its first use after the change may fail
  EXPECT_EQ(all(false).value(), 1);
}

TEST_F(Postgres, ForgetsOldStatements) {
  auto done = database().write([](Transaction& tx) -> Result<int> {
    int sum = 0;
    for (int i = 0; i < 1200; ++i) sum += *tx.value<int>(fmt::format("select 1 -- {}", i));
    return sum + *tx.value<int>("select count(*) from pg_prepared_statements");
  });
  EXPECT_LE(done.value(), 1200 + 501);
}

TEST_F(Postgres, PreparesAStatementForEachKindOfParameter) {
  auto done = database().write([](Transaction& tx) -> Result<void> {
    constexpr const char* sql = "update thing set name = :name where id = 1";
    tx.execute(sql, {{"name", "x"}});
    tx.execute(sql, {{"name", Null{}}});
    EXPECT_FALSE(tx.value<std::optional<std::string>>("select name from thing where id = 1").value());
    tx.execute(sql, {{"name", "y"}});
    EXPECT_EQ(tx.value<std::string>("select name from thing where (:after is null or id > :after) and id = 1",
                                    {{"after", std::optional<std::int64_t>()}}),
              "y");
    return {};
  });
  EXPECT_TRUE(done) << done.error().detail;
}

TEST_F(Postgres, StopsAReadThatIsManySlowStatements) {
  database_->reopen([](Options& options) { options.read_limit = std::chrono::milliseconds(100); });
  auto done = database().read([](Transaction& tx) -> Result<void> {
    for (int i = 0; i < 1000; ++i) tx.execute("select pg_sleep(0.02)");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
}

TEST_F(Postgres, SortsTextByBytes) {
  run("insert into thing (id, name) values (3, 'B'), (4, U&'\\00e4'), (5, 'a')");
  auto names = database().read([](Transaction& tx) -> Result<std::vector<std::string>> {
    return tx.all("select name from thing order by name, id", {},
                  [](const Row& row) { return row.get<std::string>(0); });
  });
  EXPECT_THAT(names.value(), ElementsAre("B", "a", "a", "b", "ä"));
}

TEST_F(Postgres, CannotBeReachedOrNamedWrongly) {
  auto nowhere = Database::open({.url = "postgresql://postgres@127.0.0.1:1/nothing"});
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().code, Code::unavailable);
  EXPECT_FALSE(Database::open({.url = TestDatabase::postgres_url(), .schema = "x\"; drop table thing"}));
  EXPECT_THAT(database().backup("/tmp/x").error().message, ::testing::HasSubstr("pg_dump"));
}

}  // namespace
}  // namespace reelvault::db
