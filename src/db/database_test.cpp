// What both databases promise alike. What only one has is in sqlite_test.cpp and postgres_test.cpp.
#include "db/testing.hpp"

#include <gmock/gmock.h>

namespace reelvault::db {
namespace {

using ::testing::ElementsAre;

constexpr Migration things[] = {{1, "things", R"(
  create table thing (
    id integer primary key, uid uuid unique, name text, flag boolean, small integer, big bigint, weight double precision,
    data blob, seen bigint);
  create unique index thing_big on thing (big) where big is not null;
  create table part (
    id integer primary key, thing_id bigint not null references thing (id), name text not null unique,
    count bigint not null check (count >= 0));
)",
                                 "", ""}};

class Databases : public EachBackend {
 protected:
  std::span<const Migration> migrations_to_run() override { return things; }

  std::int64_t add(Transaction& tx, std::string_view name) {
    return tx.insert("insert into thing (name) values (:name)", {{"name", name}});
  }
  Result<std::int64_t> add(std::string_view name) {
    return database().write([&](Transaction& tx) -> Result<std::int64_t> { return add(tx, name); });
  }
  std::vector<std::string> names() {
    auto out = database().read([](Transaction& tx) -> Result<std::vector<std::string>> {
      return tx.all("select name from thing order by id", {}, [](const Row& row) { return row.get<std::string>(0); });
    });
    EXPECT_TRUE(out) << out.error().detail;
    return out.value_or(std::vector<std::string>{});
  }
  // Runs one statement in a write and gives its error.
  Error error_of(std::string_view sql, const Parameters& parameters = {}) {
    auto done = database().write([&](Transaction& tx) -> Result<void> {
      tx.execute(sql, parameters);
      return {};
    });
    EXPECT_FALSE(done) << sql;
    return done ? Error{} : done.error();
  }
};
INSTANTIATE_TEST_SUITE_P(, Databases, each_backend(), backend_name);

TEST_P(Databases, RoundTripsEveryType) {
  const Uuid uid = Uuid::v7();
  const std::string name = "it's \"ünïcödé\" \xF0\x9F\x8E\xAC \\ :x $1 \n";
  const std::string data("\0\x01\xff'\\x00\0", 9);
  const Timestamp seen = from_unix_ms(-1234567890123);
  auto id = database().write([&](Transaction& tx) -> Result<std::int64_t> {
    return tx.insert(
        "insert into thing (uid, name, flag, small, big, weight, data, seen) values (:uid, :name, :flag, "
        ":small, :big, :weight, :data, :seen)",
        {{"uid", uid},
         {"name", name},
         {"flag", true},
         {"small", -7},
         {"big", INT64_MIN},
         {"weight", 0.1},
         {"data", Blob{data}},
         {"seen", seen}});
  });
  ASSERT_TRUE(id) << id.error().detail;
  auto read = database().read([&](Transaction& tx) -> Result<int> {
    int rows = 0;
    tx.each("select * from thing where id = :id and uid = :uid and name = :name",
            {{"id", *id}, {"uid", uid}, {"name", name}}, [&](const Row& row) {
              ++rows;
              EXPECT_EQ(row.get<Uuid>("uid"), uid);
              EXPECT_EQ(row.get<std::string>("name"), name);
              EXPECT_EQ(row.get<std::string_view>("name"), name);
              EXPECT_TRUE(row.get<bool>("flag"));
              EXPECT_EQ(row.get<std::int32_t>("small"), -7);
              EXPECT_EQ(row.get<std::int64_t>("big"), INT64_MIN);
              EXPECT_EQ(row.get<double>("weight"), 0.1);
              EXPECT_EQ(row.get<Blob>("data").bytes, data);
              EXPECT_EQ(row.get<Timestamp>("seen"), seen);
              EXPECT_EQ(row.get<std::optional<Uuid>>("uid"), uid);
            });
    return rows;
  });
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, 1);
}

TEST_P(Databases, TellsNullFromEmpty) {
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    const std::optional<std::string> none;
    tx.execute("insert into thing (id, name, data, uid) values (1, :name, :data, :uid)",
               {{"name", none}, {"data", Null{}}, {"uid", std::nullopt}});
    tx.execute("insert into thing (id, name, data) values (2, :name, :data)",
               {{"name", std::string_view()}, {"data", Blob{}}});
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  auto rows = database().read([](Transaction& tx) -> Result<std::vector<std::string>> {
    return tx.all("select name, data, uid, flag from thing order by id", {}, [](const Row& row) {
      EXPECT_EQ(row.get<std::optional<bool>>(3), std::nullopt);
      EXPECT_EQ(row.get<std::optional<Uuid>>(2), std::nullopt);
      EXPECT_EQ(row.null(0), row.null(1));
      return row.null(0) ? std::string("null") : row.get<std::string>(0) + row.get<Blob>(1).bytes + "empty";
    });
  });
  ASSERT_TRUE(rows) << rows.error().detail;
  EXPECT_THAT(*rows, ElementsAre("null", "empty"));
}

TEST_P(Databases, RefusesTextThatCannotBeStored) {
  for (const std::string& text : {std::string("a\0b", 3), std::string("\xff\xfe"), std::string("\xed\xa0\x80")}) {
    EXPECT_EQ(error_of("insert into thing (name) values (:name)", {{"name", text}}).code, Code::invalid);
    EXPECT_EQ(error_of("delete from thing where name = any(:names)", {{"names", std::vector{text}}}).code,
              Code::invalid);
  }
}

TEST_P(Databases, MakesMisuseAnInternalError) {
  ASSERT_TRUE(add("a"));
  auto code = [&](auto&& use) {
    auto done = database().read([&](Transaction& tx) -> Result<void> {
      tx.each("select id, name, big, weight from thing", {}, use);
      return {};
    });
    EXPECT_FALSE(done);
    return done ? Code::gone : done.error().code;
  };
  EXPECT_EQ(code([](const Row& row) { row.get<std::int64_t>(2); }), Code::internal) << "null";
  EXPECT_EQ(code([](const Row& row) { row.get<int>(9); }), Code::internal) << "no such column";
  EXPECT_EQ(code([](const Row& row) { row.get<int>("nothing"); }), Code::internal);
  EXPECT_EQ(code([](const Row& row) { row.get<int>("name"); }), Code::internal) << "a text as a number";
  EXPECT_EQ(code([](const Row& row) { row.get<Uuid>("name"); }), Code::internal);
  EXPECT_EQ(error_of("update thing set name = :name").code, Code::internal) << "no value";
  EXPECT_EQ(error_of("update thing set nonsense = 1").code, Code::internal);
  EXPECT_EQ(error_of("update thing set name = 'a'; delete from thing").code, Code::internal) << "two statements";
  EXPECT_EQ(error_of("select \"a\" from thing").code, Code::internal) << "double quotes are names";
}

TEST_P(Databases, RefusesNumbersThatDoNotFit) {
  auto done = database().read([](Transaction& tx) -> Result<std::int32_t> {
    return *tx.value<std::int32_t>("select cast(5000000000 as bigint)");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::internal);
}

TEST_P(Databases, RollsBackWhatFails) {
  ASSERT_TRUE(add("kept"));
  auto refused = database().write([&](Transaction& tx) -> Result<int> {
    add(tx, "lost");
    return fail_not_found();
  });
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::not_found);
  EXPECT_THROW((void)database().write([&](Transaction& tx) -> Result<void> {
    add(tx, "lost");
    throw std::runtime_error("a bug");
  }),
               std::runtime_error);
  EXPECT_THROW((void)database().read([&](Transaction&) -> Result<void> { throw 7; }), int);
  ASSERT_TRUE(add("after"));
  EXPECT_THAT(names(), ElementsAre("kept", "after"));
}

TEST_P(Databases, NamesTheViolatedConstraint) {
  ASSERT_TRUE(add("thing"));
  auto conflict = [&](std::string_view sql) {
    const Error error = error_of(sql);
    EXPECT_EQ(error.code, Code::conflict) << error.detail;
    EXPECT_EQ(error.type, "constraint");
    return error.detail;
  };
  EXPECT_EQ(conflict("insert into thing (id) select id from thing"), "thing_pkey");
  EXPECT_EQ(conflict("insert into thing (big) values (1), (1)"), "thing_big");
  EXPECT_EQ(
      conflict("insert into part (thing_id, name, count) select id, 'a', 1 from thing union all select id, 'a', 1 "
               "from thing"),
      "part_name_key");
  EXPECT_EQ(conflict("insert into part (thing_id, name, count) values (99, 'b', 1)"),
            sqlite() ? "foreign key" : "part_thing_id_fkey");
  EXPECT_FALSE(conflict("insert into part (thing_id, name, count) select id, 'b', -1 from thing").empty());
  EXPECT_EQ(error_of("insert into part (thing_id, count) select id, 1 from thing").code, Code::internal) << "not null";
}

TEST_P(Databases, TriesWhatMayViolateUniqueness) {
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    const auto first = tx.try_insert("insert into thing (big) values (:big)", {{"big", 1}});
    EXPECT_TRUE(first);
    EXPECT_FALSE(tx.try_insert("insert into thing (big) values (:big)", {{"big", 1}}));
    EXPECT_FALSE(tx.try_execute("insert into thing (big) values (:a), (:b)", {{"a", 2}, {"b", 1}})) << "nor the first";
    EXPECT_TRUE(tx.try_execute("update thing set big = 3 where id = :id", {{"id", *first}}));
    EXPECT_TRUE(tx.try_execute("insert into thing (big) values (:big)", {{"big", 1}}));
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  auto bigs = database().read([](Transaction& tx) -> Result<std::vector<int>> {
    return tx.all("select big from thing order by big", {}, [](const Row& row) { return row.get<int>(0); });
  });
  EXPECT_THAT(bigs.value(), ElementsAre(1, 3));
  auto other = database().write([&](Transaction& tx) -> Result<void> {
    tx.try_execute("insert into part (thing_id, name, count) values (99, 'a', 1)", {});
    return {};
  });
  ASSERT_FALSE(other) << "a foreign key still unwinds";
  EXPECT_EQ(other.error().code, Code::conflict);
}

TEST_P(Databases, DoesNotCommitAfterASwallowedFailure) {
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    add(tx, "before");
    try {
      tx.execute("insert into thing (id) values (1), (1)");
    } catch (...) {}
    try {
      add(tx, "after");
    } catch (...) {}
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().detail, "thing_pkey");
  EXPECT_TRUE(names().empty());
}

TEST_P(Databases, InsertsGiveIds) {
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    const auto a = tx.insert("insert into thing (big) values (1)", {});
    const auto b = tx.insert("insert into thing (big) values (2)", {});
    EXPECT_GT(a, 0);
    EXPECT_GT(b, a);
    EXPECT_EQ(tx.insert("insert into thing (big) values (1) on conflict do nothing", {}), 0);
    EXPECT_EQ(
        tx.insert("insert into thing (big) values (1) on conflict (big) where big is not null do update set name = 'x'",
                  {}),
        a);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
}

TEST_P(Databases, CountsAffectedRows) {
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    EXPECT_EQ(tx.execute("insert into thing (name) values ('a'), ('b'), ('c')"), 3);
    EXPECT_EQ(tx.execute("update thing set name = 'x' where name = 'none'"), 0);
    EXPECT_EQ(tx.execute("update thing set name = 'x' where name <> 'a'"), 2);
    EXPECT_EQ(tx.execute("delete from thing"), 3);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
}

TEST_P(Databases, BindsLists) {
  const Uuid one = Uuid::v7(), two = Uuid::v7();
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    tx.execute("insert into thing (id, uid, name, big) values (1, :uid, 'one', 10)", {{"uid", one}});
    tx.execute("insert into thing (id, uid, name, big) values (2, :uid, 'it''s \"{,}\\ ', 20)", {{"uid", two}});
    tx.execute("insert into thing (id, name, big) values (3, '', 30)");
    auto ids = [&](std::string_view where, Value list) {
      return tx.all("select id from thing where " + std::string(where) + " order by id", {{"list", std::move(list)}},
                    [](const Row& row) { return row.get<int>(0); });
    };
    EXPECT_THAT(ids("big = any(:list)", std::vector<std::int64_t>{10, 30, 99}), ElementsAre(1, 3));
    EXPECT_THAT(ids("name = any(:list)", std::vector<std::string>{"it's \"{,}\\ ", ""}), ElementsAre(2, 3));
    EXPECT_THAT(ids("uid = any(:list)", std::vector<Uuid>{two, Uuid::v7()}), ElementsAre(2));
    EXPECT_THAT(ids("big = any(:list)", std::vector<std::int64_t>{}), ElementsAre());
    EXPECT_THAT(ids("big <> all(:list)", std::vector<std::int64_t>{10}), ElementsAre(2, 3));
    EXPECT_THAT(ids("big <> all(:list)", std::vector<std::int64_t>{}), ElementsAre(1, 2, 3));
    EXPECT_EQ(tx.execute("delete from thing where uid = any(:list)", {{"list", std::vector{one, two}}}), 2);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
}

TEST_P(Databases, ComparesWithAnEmptyOptional) {
  ASSERT_TRUE(add("a"));
  auto done = database().read([](Transaction& tx) -> Result<void> {
    auto count = [&](std::string_view column, Value value) {
      return *tx.value<int>(fmt::format("select count(*) from thing where :x is null or {} > :x", column),
                            {{"x", std::move(value)}});
    };
    EXPECT_EQ(count("id", std::optional<int>()), 1);
    EXPECT_EQ(count("name", std::optional<std::string>()), 1);
    EXPECT_EQ(count("name", std::optional<std::string_view>("b")), 0);
    EXPECT_EQ(count("uid", std::optional<Uuid>()), 1);
    EXPECT_EQ(count("flag", std::optional<bool>()), 1);
    EXPECT_EQ(count("weight", std::optional<double>()), 1);
    EXPECT_EQ(count("seen", std::optional<Timestamp>()), 1);
    EXPECT_EQ(count("small", std::optional<Kind>()), 1) << "an enum";
    EXPECT_EQ(count("data", std::optional<Blob>()), 1);
    EXPECT_EQ(tx.value<int>("select count(*) from thing where big = any(:list)",
                            {{"list", std::optional<std::vector<std::int64_t>>()}}),
              0);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
}

TEST_P(Databases, StopsAtTheFirstRow) {
  for (const char* name : {"a", "b"}) ASSERT_TRUE(add(name));
  auto name = database().read([](Transaction& tx) -> Result<std::string> {
    EXPECT_FALSE(tx.value<std::string>("select name from thing where id = -1"));
    return *tx.value<std::string>("select name from thing order by id");
  });
  EXPECT_EQ(name.value(), "a");
}

TEST_P(Databases, RunsAStatementInsideItself) {
  for (const char* name : {"a", "b"}) ASSERT_TRUE(add(name));
  int pairs = 0;
  auto done = database().read([&](Transaction& tx) -> Result<void> {
    constexpr const char* sql = "select name from thing order by id";
    tx.each(sql, {}, [&](const Row& outer) {
      const std::string first = outer.get<std::string>(0);
      tx.each(sql, {}, [&](const Row&) { ++pairs; });
      EXPECT_EQ(outer.get<std::string>(0), first);
    });
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(pairs, 4);
}

TEST_P(Databases, MatchesAlike) {
  auto done = database().read([&](Transaction& tx) -> Result<void> {
    EXPECT_FALSE(tx.value<int>("select 1 where 'ABC' like 'a%'")) << "like minds case";
    EXPECT_EQ(tx.value<int>("select least(3, null, 2, 10)"), 2);
    EXPECT_EQ(tx.value<int>("select greatest(3, null, 2, 10)"), 10);
    EXPECT_EQ(tx.value<std::string>("select greatest('b', 'a')"), "b");
    EXPECT_EQ(tx.value<std::optional<int>>("select least(cast(null as bigint), null)").value(), std::nullopt);
    EXPECT_EQ(tx.value<std::int64_t>("select sum(x) from (select 4 as x union all select 5) as t"), 9);
    EXPECT_EQ(tx.value<bool>("select true"), true);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
}

TEST_P(Databases, ReadsOnASnapshot) {
  ASSERT_TRUE(add("a"));
  auto count = [](Transaction& tx) { return *tx.value<int>("select count(*) from thing"); };
  auto done = database().read([&](Transaction& tx) -> Result<void> {
    EXPECT_EQ(count(tx), 1);
    std::thread([&] { EXPECT_TRUE(add("b")); }).join();
    EXPECT_EQ(count(tx), 1);
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

TEST_P(Databases, RefusesWritesInReads) {
  auto done = database().read([&](Transaction& tx) -> Result<void> {
    add(tx, "a");
    return {};
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::internal);
  EXPECT_TRUE(names().empty());
}

TEST_P(Databases, RefusesCallsInsideClosures) {
  EXPECT_THROW((void)database().read([&](Transaction&) -> Result<void> {
    (void)add("inner");
    return {};
  }),
               std::logic_error);
  EXPECT_THROW((void)database().write([&](Transaction&) -> Result<void> {
    (void)names();
    return {};
  }),
               std::logic_error);
  EXPECT_TRUE(add("after"));
}

TEST_P(Databases, InterruptsLongReads) {
  test_database().reopen([](Options& options) { options.read_limit = std::chrono::milliseconds(50); });
  auto done = database().read([](Transaction& tx) -> Result<std::int64_t> {
    return *tx.value<std::int64_t>(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000000) "
        "select count(*) from n");
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::unavailable);
  EXPECT_TRUE(names().empty()) << "the connection still works";
}

TEST_P(Databases, LetsSomeReadsTakeTheirTime) {
  test_database().reopen([](Options& options) { options.read_limit = std::chrono::milliseconds(1); });
  auto count = [](Transaction& tx) -> Result<std::int64_t> {
    return *tx.value<std::int64_t>(
        "with recursive n(i) as (select 1 union all select i + 1 from n where i < 300000) select count(*) from n");
  };
  ASSERT_FALSE(database().read(count)) << "or the next says nothing";
  EXPECT_EQ(database().read_unlimited(count).value_or(0), 300000);
  EXPECT_FALSE(database().read(count)) << "the limit holds for the others still";
}

TEST_P(Databases, WritesWithoutWaitingForTheDisk) {
  auto done = database().write_unsynced([&](Transaction& tx) -> Result<int> {
    add(tx, "soon");
    return tx.execute("update thing set name = 'soon enough' where name = 'soon'");
  });
  EXPECT_EQ(done.value(), 1);
  EXPECT_THAT(names(), ElementsAre("soon enough"));
  EXPECT_FALSE(database().write_unsynced([&](Transaction& tx) -> Result<void> {
    add(tx, "never");
    return fail_not_found();
  }));
  EXPECT_THAT(names(), ElementsAre("soon enough"));
}

TEST_P(Databases, GivesUpWaitingForAReader) {
  test_database().reopen([](Options& options) {
    options.read_limit = std::chrono::milliseconds(50);
    options.readers = 1;
  });
  auto done = database().read([&](Transaction&) -> Result<Code> {
    Code code = Code::internal;
    std::thread([&] {
      auto other = database().read([](Transaction&) -> Result<void> { return {}; });
      if (!other) code = other.error().code;
    }).join();
    return code;
  });
  EXPECT_EQ(done.value(), Code::unavailable);
}

TEST_P(Databases, RunsClosuresTwice) {
  int runs = 0, callbacks = 0;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    ++runs;
    add(tx, "once");
    tx.after_commit([&] { ++callbacks; });
    return {};
  });
  ASSERT_TRUE(done);
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(callbacks, 1);
  EXPECT_THAT(names(), ElementsAre("once"));
  test_database().reopen([](Options& options) { options.run_closures_twice = false; });
  ASSERT_TRUE(database().write([&](Transaction&) -> Result<void> {
    ++runs;
    return {};
  }));
  EXPECT_EQ(runs, 3);
}

TEST_P(Databases, CallsBackAfterTheCommitAlone) {
  bool called = false;
  (void)database().write([&](Transaction& tx) -> Result<void> {
    tx.after_commit([&] { called = true; });
    return fail_not_found();
  });
  EXPECT_FALSE(called);
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    add(tx, "a");
    tx.after_commit([&] {
      std::thread([&] { EXPECT_THAT(names(), ElementsAre("a")) << "durable by now"; }).join();
      called = true;
    });
    tx.after_commit([] { throw std::runtime_error("a callback that fails is logged"); });
    EXPECT_FALSE(called);
    return {};
  });
  ASSERT_TRUE(done);
  EXPECT_TRUE(called) << "before write returns";
}

TEST_P(Databases, RunsLastWhatIsToBeWrittenTogether) {
  std::vector<std::string> order;
  auto done = database().write([&](Transaction& tx) -> Result<void> {
    order.clear();
    tx.before_commit([&](Transaction& last) {
      add(last, "b");
      order.push_back("first");
    });
    tx.before_commit([&](Transaction&) { order.push_back("second"); });
    add(tx, "a");
    order.push_back("closure");
    return {};
  });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_THAT(order, ElementsAre("closure", "first", "second"));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
  bool called = false;
  EXPECT_FALSE(database().write([&](Transaction& tx) -> Result<void> {
    tx.before_commit([&](Transaction&) { called = true; });
    return fail_not_found();
  }));
  EXPECT_FALSE(called) << "the closure failed";
  EXPECT_FALSE(database().write([&](Transaction& tx) -> Result<void> {
    add(tx, "c");
    tx.before_commit(
        [](Transaction& last) { last.execute("insert into thing (id, name) select min(id), 'again' from thing"); });
    return {};
  }));
  EXPECT_THAT(names(), ElementsAre("a", "b")) << "what comes last may fail the transaction";
}

// 64 threads write at once: all that was answered is there after a reopen, each thread's in its own order, those that
// failed are not, and callbacks saw every commit once.
TEST_P(Databases, CommitsManyWritersTogether) {
  constexpr int threads = 64, each = 20;
  std::vector<std::string> told;  // callbacks never run at once, so it needs no lock
  std::atomic<int> failed = 0;
  std::vector<std::thread> writers;
  for (int t = 0; t < threads; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const std::string name = fmt::format("{:02}-{:02}", t, i);
        auto done = database().write([&](Transaction& tx) -> Result<void> {
          add(tx, name);
          tx.after_commit([&, name] { told.push_back(name); });
          if (i % 5 == 3) return fail_not_found();
          if (i % 5 == 4) tx.execute("insert into thing (id) values (1), (1)");
          return {};
        });
        if (!done) ++failed;
      }
    });
  }
  for (auto& writer : writers) writer.join();
  EXPECT_EQ(failed, threads * each * 2 / 5);
  test_database().reopen();
  std::vector<std::string> stored = names();
  EXPECT_EQ(stored.size(), std::size_t{threads * each * 3 / 5});
  if (sqlite()) EXPECT_EQ(told, stored) << "callbacks come in commit order";
  std::map<std::string, std::string> last;
  for (const std::string& name : stored) {
    std::string& before = last[name.substr(0, 2)];
    EXPECT_LT(before, name);
    before = name;
  }
  std::sort(told.begin(), told.end());
  std::sort(stored.begin(), stored.end());
  EXPECT_EQ(told, stored);
}

TEST_P(Databases, WorksAfterReopening) {
  ASSERT_TRUE(add("a"));
  test_database().reopen();
  ASSERT_TRUE(add("b"));
  EXPECT_THAT(names(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace reelvault::db
