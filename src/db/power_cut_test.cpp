// What a power cut leaves of a SQLite database, on a disk that forgets (base/power_cut.hpp).
#include "base/power_cut.hpp"
#include "db/migrate.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>

namespace reelvault::db {
namespace {

constexpr Migration table[] = {{1, "table", "create table thing (id integer primary key, name text);", "", ""}};

class PowerCut : public ::testing::Test {
 protected:
  void SetUp() override {
    disk_ = PowerCutDisk::find();
    if (!disk_) GTEST_SKIP() << "REELVAULT_TEST_POWERCUT is not set";
    folder_ = disk_->path() / Uuid::v7().text();
    ASSERT_TRUE(make_directories(folder_));
  }
  std::unique_ptr<Database> open() {
    Options options;
    options.path = folder_ / "reelvault.db";
    auto database = Database::open(options);
    EXPECT_TRUE(database && migrate(**database, table));
    return std::move(*database);
  }
  static Result<void> add(Transaction& tx, std::string_view name) {
    tx.execute("insert into thing (name) values (:name)", {{"name", name}});
    return {};
  }
  // In a process of its own, killed where it stands: closing the database would sync what is in its log.
  void killed_after(const std::function<void(Database&)>& work) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto database = open();
      work(*database);
      ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  std::string names() {
    return open()
        ->read([](Transaction& tx) -> Result<std::string> {
          std::string all;
          tx.each("select name from thing order by id", {}, [&](const Row& row) { all += row.get<std::string>(0); });
          return all;
        })
        .value();
  }

  std::optional<PowerCutDisk> disk_;
  std::filesystem::path folder_;
};

TEST_F(PowerCut, LeavesWhatWasAnsweredAndWhatCameBeforeIt) {
  killed_after([](Database& database) {
    EXPECT_TRUE(database.write([](Transaction& tx) { return add(tx, "a"); }));
    EXPECT_TRUE(database.write_unsynced([](Transaction& tx) { return add(tx, "b"); }));
    EXPECT_TRUE(database.write([](Transaction& tx) { return add(tx, "c"); }));
  });
  ASSERT_TRUE(disk_->cut());
  EXPECT_EQ(names(), "abc");
}

TEST_F(PowerCut, TakesWhatWasNotSynced) {
  killed_after([](Database& database) {
    EXPECT_TRUE(database.write([](Transaction& tx) { return add(tx, "a"); }));
    EXPECT_TRUE(database.write_unsynced([](Transaction& tx) { return add(tx, "b"); }));
  });
  ASSERT_TRUE(disk_->cut());
  EXPECT_EQ(names(), "a");
}

TEST_F(PowerCut, IsNotTheEndOfAProgram) {
  killed_after(
      [](Database& database) { EXPECT_TRUE(database.write_unsynced([](Transaction& tx) { return add(tx, "a"); })); });
  EXPECT_EQ(names(), "a");
}

}  // namespace
}  // namespace reelvault::db
