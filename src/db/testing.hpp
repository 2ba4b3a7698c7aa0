// For tests alone: databases that are made fresh and taken away again, on both backends. Every repository test runs on
// both and with every closure run twice:
//
//   class Accounts : public db::EachBackend {};
//   TEST_P(Accounts, RefusesTheSameNameTwice) { auto id = database().write([](db::Transaction& tx) { … }); }
//   INSTANTIATE_TEST_SUITE_P(Databases, Accounts, db::each_backend(), db::backend_name);
//
// PostgreSQL is the one at REELVAULT_TEST_POSTGRES (a URL), where each database is a schema; without it those tests
// are skipped.
#pragma once
#include "db/database.hpp"
#include "db/migrate.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace reelvault::db {

class TestDatabase {
 public:
  // `list`: what to migrate to; empty: nothing.
  explicit TestDatabase(Kind kind, std::span<const Migration> list = migrations(), bool run_closures_twice = true) {
    const std::string unique = Uuid::v7().text();
    options_.run_closures_twice = run_closures_twice;
    options_.readers = 4;
    if (kind == Kind::sqlite) {
      directory_ = std::filesystem::temp_directory_path() / ("reelvault-db-" + unique);
      std::filesystem::create_directories(directory_);
      options_.path = directory_ / "reelvault.db";
    } else {
      options_.url = postgres_url();
      options_.writers = 4;
      options_.schema = "test_" + unique.substr(0, 8) + unique.substr(9, 4) + unique.substr(24);
    }
    reopen();
    if (!list.empty()) {
      if (auto migrated = migrate(*database_, list); !migrated) give_up(migrated.error());
    }
  }
  ~TestDatabase() {
    if (!options_.schema.empty() && database_) {
      (void)database_->write([&](Transaction& tx) -> Result<void> {
        tx.execute_raw("drop schema if exists \"" + options_.schema + "\" cascade");
        return {};
      });
    }
    database_.reset();
    std::error_code ignored;
    if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
  }
  TestDatabase(const TestDatabase&) = delete;
  TestDatabase& operator=(const TestDatabase&) = delete;

  static std::string postgres_url() {
    const char* url = std::getenv("REELVAULT_TEST_POSTGRES");
    return url == nullptr ? "" : url;
  }

  Database& operator*() { return *database_; }
  Database* operator->() { return database_.get(); }
  const Options& options() const { return options_; }
  const std::filesystem::path& directory() const { return directory_; }  // SQLite: for files of the test's own
  // Closes and opens again, as a restart does; `change` may alter the options first.
  void reopen(const std::function<void(Options&)>& change = {}) {
    database_.reset();
    if (change) change(options_);
    auto opened = Database::open(options_);
    if (!opened) give_up(opened.error());
    database_ = std::move(*opened);
  }

 private:
  [[noreturn]] static void give_up(const Error& error) { throw std::runtime_error(error.message + " " + error.detail); }

  Options options_;
  std::filesystem::path directory_;
  std::unique_ptr<Database> database_;
};

class EachBackend : public ::testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::postgres && TestDatabase::postgres_url().empty()) {
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    }
    test_database_ = std::make_unique<TestDatabase>(GetParam(), migrations_to_run());
  }
  void TearDown() override { test_database_.reset(); }
  virtual std::span<const Migration> migrations_to_run() { return migrations(); }
  Database& database() { return **test_database_; }
  TestDatabase& test_database() { return *test_database_; }
  bool sqlite() const { return GetParam() == Kind::sqlite; }

 private:
  std::unique_ptr<TestDatabase> test_database_;
};

inline auto each_backend() { return ::testing::Values(Kind::sqlite, Kind::postgres); }
inline std::string backend_name(const ::testing::TestParamInfo<Kind>& info) {
  return info.param == Kind::sqlite ? "Sqlite" : "Postgres";
}

}  // namespace reelvault::db
