// What SQLite alone has: the group commit and its failures, the log, backups, the lock of the data directory.
#include "base/metrics.hpp"
#include "db/data_directory.hpp"
#include "db/testing.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <latch>

namespace reelvault::db {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Migration table[] = {{1, "table",
                                "create table thing (id integer primary key, name text unique, data blob);"
                                "create table part (thing_id bigint references thing (id) deferrable "
                                "initially deferred);",
                                "", ""}};

class Sqlite : public ::testing::Test {
 protected:
  Database& database() { return *database_; }

  Result<void> add(std::string_view name, std::size_t bytes = 0) {
    return database().write([&](Transaction& tx) -> Result<void> {
      tx.execute("insert into thing (name, data) values (:name, :data)",
                 {{"name", name}, {"data", Blob{std::string(bytes, 'x')}}});
      return {};
    });
  }
  int count() {
    return database()
        .read([](Transaction& tx) -> Result<int> { return *tx.value<int>("select count(*) from thing"); })
        .value();
  }
  void pragma(const std::string& sql) {
    ASSERT_TRUE(database().write([&](Transaction& tx) -> Result<void> {
      tx.execute_raw(sql);
      return {};
    }));
  }
  // Holds the writer up until all of these wait, so that they come into one batch; `meanwhile` runs just before.
  std::vector<Result<void>> in_one_batch(
      const std::vector<std::function<Result<void>(Transaction&)>>& closures,
      const std::function<void()>& meanwhile = [] {}) {
    auto& queued = metrics::gauge("reelvault_db_write_queue", "Write closures that wait for the writer");
    std::latch started(1);
    std::thread gate([&] {
      auto held = database().write([&](Transaction&) -> Result<void> {
        started.count_down();
        while (queued.Value() < static_cast<double>(closures.size())) std::this_thread::yield();
        std::this_thread::sleep_for(std::chrono::milliseconds(15));  // past the time of a batch: the gate is in its own
        meanwhile();
        return {};
      });
      EXPECT_TRUE(held) << held.error().detail;
    });
    started.wait();
    std::vector<Result<void>> results(closures.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < closures.size(); ++i) {
      threads.emplace_back([&, i] { results[i] = database().write(closures[i]); });
      while (queued.Value() < static_cast<double>(i + 1)) std::this_thread::yield();
    }
    gate.join();
    for (auto& thread : threads) thread.join();
    return results;
  }
  static std::function<Result<void>(Transaction&)> adding(std::string name, std::size_t bytes = 0) {
    return [=](Transaction& tx) -> Result<void> {
      tx.execute("insert into thing (name, data) values (:name, :data)",
                 {{"name", name}, {"data", Blob{std::string(bytes, 'x')}}});
      return {};
    };
  }

  TestDatabase database_{Kind::sqlite, table, false};
};

TEST_F(Sqlite, CommitsABatchAtOnceAndSparesNeighboursOfAFailure) {
  auto& commits = metrics::counter("reelvault_db_commits_total", "Transactions committed");
  const double before = commits.Value();
  const auto results = in_one_batch({adding("a"), adding("b"), adding("a"),
                                     [](Transaction& tx) -> Result<void> {
                                       tx.execute("insert into thing (name) values ('lost')");
                                       return fail_not_found();
                                     },
                                     adding("c")});
  EXPECT_EQ(commits.Value() - before, 2) << "the gate's and one for all";
  EXPECT_TRUE(results[0] && results[1] && results[4]);
  EXPECT_EQ(results[2].error().detail, "thing_name_key");
  EXPECT_EQ(results[3].error().code, Code::not_found);
  EXPECT_EQ(count(), 3);
}

TEST_F(Sqlite, RunsTheBatchAgainOneByOneWhenAStatementEndsTheTransaction) {
  pragma("pragma max_page_count = 100");
  int first_ran = 0, called_back = 0;
  const auto results = in_one_batch({[&](Transaction& tx) -> Result<void> {
                                       ++first_ran;
                                       tx.after_commit([&] { ++called_back; });
                                       return adding("first")(tx);
                                     },
                                     adding("too large", 4 << 20),
                                     [](Transaction& tx) -> Result<void> {
                                       try {
                                         return adding("swallowed", 4 << 20)(tx);
                                       } catch (...) {
                                         return {};
                                       }
                                     },
                                     adding("last")});
  EXPECT_TRUE(results[0] && results[3]);
  EXPECT_EQ(results[1].error().code, Code::no_space);
  EXPECT_EQ(results[2].error().code, Code::no_space);
  EXPECT_GT(first_ran, 1) << "the full disk ended the transaction it was in";
  EXPECT_EQ(called_back, 1);
  EXPECT_EQ(count(), 2);
}

TEST_F(Sqlite, FailsOnlyTheCulpritOfADeferredConstraint) {
  const auto results = in_one_batch({adding("a"),
                                     [](Transaction& tx) -> Result<void> {
                                       tx.execute("insert into part (thing_id) values (99)");
                                       return {};
                                     },
                                     adding("b")});
  EXPECT_TRUE(results[0] && results[2]);
  EXPECT_EQ(results[1].error().code, Code::conflict);
  EXPECT_EQ(count(), 2);
}

TEST_F(Sqlite, FailsEveryCallerWhenTheCommitFails) {
  ASSERT_TRUE(add("before", 100'000));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  bool called_back = false;
  auto results = in_one_batch({adding("a", 1000),
                               [&](Transaction& tx) -> Result<void> {
                                 tx.after_commit([&] { called_back = true; });
                                 return adding("b", 1000)(tx);
                               },
                               [](Transaction&) -> Result<void> { return fail_not_found(); }},
                              [&] {
                                // The log cannot grow: the next commit fails as it does on a broken disk.
                                rlimit small{50'000, old.rlim_max};
                                ::setrlimit(RLIMIT_FSIZE, &small);
                              });
  ::setrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_DFL);
  ASSERT_FALSE(results[0] || results[1]);
  EXPECT_EQ(results[0].error().code, Code::internal);
  EXPECT_EQ(results[2].error().code, Code::not_found) << "its own error";
  EXPECT_FALSE(called_back);
  EXPECT_TRUE(add("after"));
  database_.reopen();
  EXPECT_EQ(count(), 2);
}

TEST_F(Sqlite, ServesWritersInOrderOfArrival) {
  std::vector<int> order;
  std::vector<std::function<Result<void>(Transaction&)>> closures;
  for (int i = 0; i < 100; ++i) {
    closures.emplace_back([&order, i](Transaction&) -> Result<void> {
      order.push_back(i);
      return {};
    });
  }
  for (const auto& result : in_one_batch(closures)) EXPECT_TRUE(result);
  EXPECT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
}

// What takes long in one transaction after another (a batch) does not make the others wait for the end of its next one.
TEST_F(Sqlite, CommitsWhatCameBeforeALongOneFirst) {
  auto& queued = metrics::gauge("reelvault_db_write_queue", "Write closures that wait for the writer");
  auto wait_for = [&](double count) {
    while (queued.Value() < count) std::this_thread::yield();
  };
  std::latch slow_once(1), slow_again(1), held(1);
  std::atomic<bool> answered = false;
  std::thread worker([&] {
    EXPECT_TRUE(database().write([](Transaction&) -> Result<void> {
      std::this_thread::sleep_for(std::chrono::milliseconds(8));
      return {};
    }));
    slow_once.count_down();
    slow_again.wait();
    EXPECT_TRUE(database().write([&](Transaction&) -> Result<void> {
      for (int i = 0; i < 5000 && !answered; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      EXPECT_TRUE(answered) << "the one before waits for the commit of the long one";
      return {};
    }));
  });
  slow_once.wait();
  std::thread gate([&] {
    EXPECT_TRUE(database().write([&](Transaction&) -> Result<void> {
      held.count_down();
      wait_for(2);
      std::this_thread::sleep_for(std::chrono::milliseconds(15));
      return {};
    }));
  });
  held.wait();
  std::thread other([&] {
    EXPECT_TRUE(add("short"));
    answered = true;
  });
  wait_for(1);
  slow_again.count_down();
  gate.join();
  other.join();
  worker.join();
}

TEST_F(Sqlite, KeepsTheLogShort) {
  ASSERT_TRUE(add("large", 70 << 20));
  std::filesystem::path log = database().file();
  log += "-wal";
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::filesystem::file_size(log) > 64 << 20 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_LE(std::filesystem::file_size(log), 64u << 20);
  EXPECT_EQ(count(), 1);
}

TEST_F(Sqlite, SyncsEachCommitAndKeepsTheFilePrivate) {
  auto settings = database().write([](Transaction& tx) -> Result<std::vector<int>> {
    return std::vector{*tx.value<int>("pragma synchronous"), *tx.value<int>("pragma foreign_keys"),
                       *tx.value<int>("pragma wal_autocheckpoint")};
  });
  EXPECT_THAT(settings.value(), ElementsAre(2, 1, 0));
  auto mode = database().read([](Transaction& tx) -> Result<std::string> {
    EXPECT_GT(*tx.value<std::int64_t>("pragma mmap_size"), 0);
    return *tx.value<std::string>("pragma journal_mode");
  });
  EXPECT_EQ(mode.value(), "wal");
  EXPECT_EQ(std::filesystem::status(database().file()).permissions(), std::filesystem::perms(0640));
}

// Those that wait for the disk and those that do not, side by side: each is done, and none waits for ever.
TEST_F(Sqlite, CommitsSyncedAndUnsyncedSideBySide) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 50; ++i) {
        const auto closure = adding(fmt::format("{} {}", thread, i));
        EXPECT_TRUE((thread + i) % 3 == 0 ? database().write(closure) : database().write_unsynced(closure));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count(), 400);
  EXPECT_FALSE(database().write(adding("0 0")));
  EXPECT_FALSE(database().write_unsynced(adding("0 0")));
  EXPECT_TRUE(database().write(adding("after")));
}

TEST_F(Sqlite, ForgetsOldStatements) {
  auto done = database().read([](Transaction& tx) -> Result<int> {
    int sum = 0;
    for (int i = 0; i < 1200; ++i) sum += *tx.value<int>(fmt::format("select 1 -- {}", i));
    return sum;
  });
  EXPECT_EQ(done.value(), 1200);
}

TEST_F(Sqlite, FollowsAChangedSchema) {
  ASSERT_TRUE(add("a"));
  auto position = [&] {
    return database().read([](Transaction& tx) -> Result<int> {
      return *tx.one("select * from thing", {}, [](const Row& row) { return row.position("extra"); });
    });
  };
  EXPECT_FALSE(position());
  pragma("alter table thing add column extra text");
  EXPECT_EQ(position().value(), 3);
}

TEST_F(Sqlite, BacksUpWhileWritersWork) {
  ASSERT_TRUE(add("first", 100'000));
  std::atomic<bool> stop = false;
  std::thread writer([&] {
    for (int i = 0; !stop; ++i) EXPECT_TRUE(add(fmt::format("w{}", i), 10'000));
  });
  const std::filesystem::path copy = database_.directory() / "copy.db";
  for (int i = 0; i < 3; ++i) {
    auto done = database().backup(copy);
    EXPECT_TRUE(done) << done.error().detail;
  }
  stop = true;
  writer.join();
  EXPECT_FALSE(std::filesystem::exists(copy.string() + ".partial"));
  auto opened = Database::open({.path = copy}).value();
  auto sound = opened->read([](Transaction& tx) -> Result<std::string> {
    EXPECT_GT(*tx.value<int>("select count(*) from thing"), 0);
    return *tx.value<std::string>("pragma integrity_check");
  });
  EXPECT_EQ(sound.value(), "ok");
  EXPECT_FALSE(database().backup("/nonexistent/copy.db"));
}

TEST_F(Sqlite, RefusesWhatIsNoDatabase) {
  const auto path = database_.directory() / "text.db";
  std::ofstream(path) << std::string(5000, 'x');
  EXPECT_FALSE(Database::open({.path = path}));
  EXPECT_FALSE(Database::open({.path = "/proc/nothing/reelvault.db"}));
  EXPECT_FALSE(Database::open({}));
}

TEST(DataDirectory, BelongsToOneServer) {
  const auto directory = std::filesystem::temp_directory_path() / ("reelvault-lock-" + Uuid::v7().text()) / "data";
  auto first = lock_data_directory(directory);
  ASSERT_TRUE(first) << first.error().detail;
  auto second = lock_data_directory(directory);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::conflict);
  EXPECT_THAT(second.error().message, HasSubstr(fmt::format("(process {})", ::getpid())));
  EXPECT_THAT(second.error().message, HasSubstr(directory.string()));
  first->reset();
  EXPECT_TRUE(lock_data_directory(directory));
  std::filesystem::remove_all(directory.parent_path());
}

}  // namespace
}  // namespace reelvault::db
