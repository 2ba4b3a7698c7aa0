#include "storage/sweep.hpp"

#include "base/file.hpp"
#include "db/testing.hpp"
#include "storage/blob_repository.hpp"
#include "storage/testing.hpp"

namespace reelvault::storage {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using std::chrono::seconds;

struct Killed {};  // thrown where the program is to die

class Sweeping : public db::EachBackend {
 protected:
  void SetUp() override {
    EachBackend::SetUp();
    if (IsSkipped()) return;
    fs::create_directories(root_);
    memory_ = std::make_shared<MemoryPartStore>("memory");
    local_ = local_store("local", root_);
    stores_.add(std::shared_ptr<Store>(memory_));
    stores_.add(local_);
  }
  void TearDown() override {
    fs::remove_all(root_);
    EachBackend::TearDown();
  }

  // A blob with its bytes, that nothing refers to since `age`.
  Blob blob(const std::string& store = "memory", seconds age = hours(48)) {
    Blob blob;
    blob.location = {store, random_key()};
    blob.size = 100;
    EXPECT_TRUE(stores_.at(store).parts->allocate(blob.location.key, blob.size));
    blob.row = insert(blob, age);
    return blob;
  }
  std::int64_t insert(const Blob& blob, seconds age = hours(48)) {
    auto row = database().write([&](db::Transaction& tx) -> Result<std::int64_t> {
      const std::int64_t row = blobs_.insert(tx, blob);
      tx.execute("update blob set unreferenced_at = :then where id = :row", {{"then", now() - age}, {"row", row}});
      return row;
    });
    return row.value();
  }
  void refer(std::int64_t row) {
    ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
      blobs_.refer(tx, row);
      return {};
    }));
  }
  std::int64_t count(const std::string& table) {
    return database()
        .read([&](db::Transaction& tx) -> Result<std::int64_t> {
          return *tx.value<std::int64_t>("select count(*) from " + table);
        })
        .value();
  }
  bool there(const Blob& blob) { return stores_.at(blob.location.store).store->stat(blob.location.key).has_value(); }
  Sweep::Report sweep(seconds grace = hours(24), bool dry = false) {
    auto report = Sweep(database(), stores_).run(grace, dry);
    if (!report) ADD_FAILURE() << report.error().detail;
    return report.value_or(Sweep::Report{});
  }
  // A file in the local store, last written `age` ago.
  std::string stray(const std::string& key, seconds age) {
    fs::create_directories((root_ / key).parent_path());
    std::ofstream(root_ / key) << "stray";
    fs::last_write_time(root_ / key, fs::file_time_type::clock::now() - age);
    return key;
  }

  const fs::path root_ = fs::temp_directory_path() / ("reelvault-sweep-" + Uuid::v7().text());
  Stores stores_;
  std::shared_ptr<MemoryPartStore> memory_;
  std::shared_ptr<Store> local_;
  BlobRepository blobs_;
};
INSTANTIATE_TEST_SUITE_P(Databases, Sweeping, db::each_backend(), db::backend_name);

TEST_P(Sweeping, RemovesWhatNothingRefersToAfterItsGrace) {
  const Blob old = blob();
  const Blob old_on_disk = blob("local");
  const Blob young = blob("memory", hours(1));
  const Blob used = blob();
  refer(used.row);
  const Sweep::Report report = sweep();
  EXPECT_EQ(report.blobs, 2);
  EXPECT_EQ(report.bytes, 200u);
  EXPECT_EQ(report.failures, 0);
  EXPECT_FALSE(there(old));
  EXPECT_FALSE(there(old_on_disk));
  EXPECT_TRUE(there(young));
  EXPECT_TRUE(there(used));
  EXPECT_EQ(count("blob"), 2);
  EXPECT_EQ(count("blob_removal"), 0);
  EXPECT_EQ(sweep().blobs, 0);
}

TEST_P(Sweeping, CountsTheGraceFromTheLastRelease) {
  const Blob one = blob();
  refer(one.row);
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    blobs_.release(tx, one.row);
    return {};
  }));
  EXPECT_EQ(sweep().blobs, 0);
  EXPECT_EQ(sweep(seconds(-5)).blobs, 1);
}

TEST_P(Sweeping, NeverTouchesBytesThatAreNotOurs) {
  Blob registered;
  registered.location = {"memory", "films/one.mov"};
  registered.owned = false;
  ASSERT_TRUE(memory_->allocate("films/one.mov", 5));
  insert(registered);
  EXPECT_EQ(sweep().blobs, 0);
  EXPECT_TRUE(there(registered));
  EXPECT_EQ(count("blob"), 0) << "the row may go";
}

TEST_P(Sweeping, NeverTouchesBytesThatAnotherRowNames) {
  const Blob one = blob();
  Blob registered = one;
  registered.owned = false;
  refer(insert(registered));
  EXPECT_EQ(sweep().blobs, 0);
  EXPECT_TRUE(there(one));
}

TEST_P(Sweeping, WaitsForReaders) {
  const Blob one = blob();
  auto lease = Sweep::lease(one.row);
  auto second = Sweep::lease(one.row);
  EXPECT_EQ(sweep().blobs, 0);
  lease.reset();
  EXPECT_EQ(sweep().blobs, 0);
  EXPECT_TRUE(there(one));
  second.reset();
  EXPECT_EQ(sweep().blobs, 1);
}

TEST_P(Sweeping, KeepsWhatARowRefersToWhateverTheCountSays) {
  const Blob miscounted = blob();
  const Blob other = blob();
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    tx.execute_raw("create table if not exists holder (blob_id bigint not null references blob (id))");
    tx.execute("insert into holder (blob_id) values (:row)", {{"row", miscounted.row}});
    return {};
  }));
  const Sweep::Report report = sweep();
  EXPECT_EQ(report.blobs, 1);
  EXPECT_EQ(report.failures, 1);
  EXPECT_TRUE(there(miscounted));
  EXPECT_FALSE(there(other));
}

TEST_P(Sweeping, GoesOnWhereItWasKilledBeforeTheBytesWent) {
  const Blob one = blob();
  memory_->before_remove = [](const std::string&) { throw Killed(); };
  EXPECT_THROW((void)Sweep(database(), stores_).run(hours(24)), Killed);
  EXPECT_TRUE(there(one));
  EXPECT_EQ(count("blob"), 0) << "nobody can refer to it any more";
  EXPECT_EQ(count("blob_removal"), 1);
  memory_->before_remove = nullptr;
  EXPECT_EQ(sweep().blobs, 1);
  EXPECT_FALSE(there(one));
  EXPECT_EQ(count("blob_removal"), 0);
}

TEST_P(Sweeping, GoesOnWhereItWasKilledAfterTheBytesWent) {
  const Blob one = blob();
  memory_->after_remove = [](const std::string&) { throw Killed(); };
  EXPECT_THROW((void)Sweep(database(), stores_).run(hours(24)), Killed);
  EXPECT_FALSE(there(one));
  EXPECT_EQ(count("blob_removal"), 1);
  memory_->after_remove = nullptr;
  EXPECT_EQ(sweep().failures, 0);
  EXPECT_EQ(count("blob_removal"), 0);
}

TEST_P(Sweeping, TriesAgainWhatCouldNotBeRemoved) {
  const Blob one = blob();
  const Blob two = blob();
  memory_->fail_next("remove", Error{Code::internal, "", "", "it may not be removed", {}, {}, 0, {}});
  const Sweep::Report report = sweep();
  EXPECT_EQ(report.blobs, 1);
  EXPECT_EQ(report.failures, 1);
  EXPECT_EQ(sweep().blobs, 1);
  EXPECT_FALSE(there(one));
  EXPECT_FALSE(there(two));
}

TEST_P(Sweeping, KeepsTheRowsOfStoresThatAreNotConfigured) {
  Blob elsewhere;
  elsewhere.location = {"gone", random_key()};
  insert(elsewhere);
  EXPECT_EQ(sweep().blobs, 0);
  EXPECT_EQ(count("blob_removal"), 1);
}

TEST_P(Sweeping, TakesManyPages) {
  std::vector<Blob> all;
  for (int i = 0; i < 450; ++i) all.push_back(blob());
  auto lease = Sweep::lease(all[300].row);
  EXPECT_EQ(sweep().blobs, 449);
  EXPECT_EQ(count("blob"), 1);
  EXPECT_TRUE(there(all[300]));
}

TEST_P(Sweeping, ChangesNothingInADryRun) {
  const Blob one = blob("local");
  const std::string orphan = stray(random_key(), hours(48));
  const Sweep::Report report = sweep(hours(24), true);
  EXPECT_EQ(report.blobs, 1);
  EXPECT_EQ(report.orphan_files, 1);
  EXPECT_FALSE(fs::exists(root_ / ".reelvault-store"));
  EXPECT_TRUE(there(one));
  EXPECT_TRUE(fs::exists(root_ / orphan));
  EXPECT_EQ(count("blob"), 1);
}

TEST_P(Sweeping, FindsFilesThatNoRowNames) {
  const Blob known = blob("local");
  refer(known.row);
  fs::last_write_time(root_ / known.location.key, fs::file_time_type::clock::now() - hours(48));
  const std::string orphan = stray(random_key(), hours(48));
  const std::string young = stray(random_key(), hours(1));
  const std::string users = stray("films/one.mov", hours(48));
  const std::string alike = stray("ab/cd/abcd.blob", hours(48));
  const Sweep::Report report = sweep();
  EXPECT_EQ(report.orphan_files, 1);
  EXPECT_EQ(report.bytes, 5u);
  EXPECT_FALSE(fs::exists(root_ / orphan));
  for (const std::string& kept : {known.location.key, young, users, alike})
    EXPECT_TRUE(fs::exists(root_ / kept)) << kept;
}

TEST_P(Sweeping, FindsManyOrphans) {
  for (int i = 0; i < 1500; ++i) {
    const std::string key = random_key();
    stray("ab/cd/abcd" + key.substr(10), hours(48));
  }
  EXPECT_EQ(sweep().orphan_files, 1500);
}

TEST_P(Sweeping, JudgesNoStoreOfAnotherDatabase) {
  const std::string orphan = stray(random_key(), hours(48));
  std::ofstream(root_ / ".reelvault-store") << Uuid::v7().text() << "\n";
  const Sweep::Report report = sweep();
  EXPECT_EQ(report.orphan_files, 0);
  EXPECT_EQ(report.failures, 1);
  EXPECT_TRUE(fs::exists(root_ / orphan));
}

TEST_P(Sweeping, JudgesNoStoreWhoseMarkIsAway) {
  sweep();
  ASSERT_TRUE(fs::exists(root_ / ".reelvault-store"));
  fs::rename(root_ / ".reelvault-store", root_ / "hidden");
  const std::string orphan = stray(random_key(), hours(48));
  EXPECT_EQ(sweep().failures, 1);
  EXPECT_TRUE(fs::exists(root_ / orphan));
  fs::rename(root_ / "hidden", root_ / ".reelvault-store");
  EXPECT_EQ(sweep().orphan_files, 1);
}

TEST_P(Sweeping, FinishesAMarkThatItWasKilledOver) {
  const Uuid mark = Uuid::v7();
  ASSERT_TRUE(database().write([&](db::Transaction& tx) -> Result<void> {
    tx.execute("insert into blob_store_mark (store, mark, written) values ('local', :mark, :written)",
               {{"mark", mark}, {"written", false}});
    return {};
  }));
  EXPECT_EQ(sweep().failures, 0);
  EXPECT_EQ(*read_whole_file(root_ / ".reelvault-store"), mark.text() + "\n");
  stray(random_key(), hours(48));
  EXPECT_EQ(sweep().orphan_files, 1);
}

// An object store, with an object of our making and one of a user's that no row names.
class SweepingRemote : public Sweeping {
 protected:
  void SetUp() override {
    Sweeping::SetUp();
    if (IsSkipped()) return;
    stores_.add(std::shared_ptr<Store>(remote_));
  }
  std::string object(const std::string& key) {
    const fs::path file = root_ / "made";
    std::ofstream(file) << "made";
    EXPECT_TRUE(remote_->adopt(file, key));
    return key;
  }
  bool begun(const std::string& key) {
    const auto all = remote_->begun({}, 100).value();
    return std::ranges::find(all, key, &DirectPartStore::Begun::key) != all.end();
  }

  const std::shared_ptr<MemoryDirectStore> remote_ = std::make_shared<MemoryDirectStore>("remote");
};
INSTANTIATE_TEST_SUITE_P(Databases, SweepingRemote, db::each_backend(), db::backend_name);

TEST_P(SweepingRemote, FindsWhatACrashLeftThere) {
  const std::string orphan = object(random_key());
  const std::string theirs = object("2024/film.mov");
  Blob used;
  used.location = {"remote", object(random_key())};
  refer(insert(used));
  Blob uploading;
  uploading.location = {"remote", random_key()};
  refer(insert(uploading));
  const std::string abandoned = random_key(), somebodys = "2024/other.mov";
  for (const std::string& key : {uploading.location.key, abandoned, somebodys}) ASSERT_TRUE(remote_->begin(key, ""));
  remote_->age(hours(48));
  const std::string young = random_key(), young_object = object(random_key());
  ASSERT_TRUE(remote_->begin(young, ""));

  const Sweep::Report report = sweep();
  EXPECT_EQ(report.failures, 0);
  EXPECT_EQ(report.orphan_files, 1);
  EXPECT_EQ(report.orphan_uploads, 1);
  EXPECT_FALSE(remote_->stat(orphan));
  for (const std::string& key : {theirs, used.location.key, young_object}) EXPECT_TRUE(remote_->stat(key)) << key;
  EXPECT_FALSE(begun(abandoned));
  for (const std::string& key : {uploading.location.key, somebodys, young}) EXPECT_TRUE(begun(key)) << key;
}

TEST_P(SweepingRemote, LeavesWhatBearsAnothersMark) {
  const std::string orphan = object(random_key());
  std::ofstream(root_ / "mark") << Uuid::v7().text();
  ASSERT_TRUE(remote_->adopt(root_ / "mark", ".reelvault-store"));
  remote_->age(hours(48));
  EXPECT_EQ(sweep().orphan_files, 0);
  EXPECT_TRUE(remote_->stat(orphan));
}

TEST_P(SweepingRemote, AsksAStoreThatDoesNotAnswerOnceARun) {
  for (int i = 0; i < 20; ++i) {
    Blob blob;
    blob.location = {"remote", object(random_key())};
    insert(blob);
  }
  int asked = 0;
  remote_->before_remove = [&](const std::string&) { ++asked; };
  remote_->fail_next("remove", Error{Code::unavailable, "store-unavailable", "It is away.", {}, {}, {}, 0, {}});
  EXPECT_EQ(sweep().failures, 1);
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(sweep().blobs, 20) << "the next run goes on";
}

TEST_P(SweepingRemote, LooksSoonerAgainWhereTheStoreDidNotAnswer) {
  Sweep sweep(database(), stores_, {.remote = hours(1), .away = std::chrono::milliseconds(0)});
  auto orphans = [&] {
    auto report = sweep.run(hours(24));
    EXPECT_TRUE(report);
    return report.value_or(Sweep::Report{}).orphan_files;
  };
  object(random_key());
  remote_->age(hours(48));
  remote_->fail_next("list", Error{Code::unavailable, "store-unavailable", "It is away.", {}, {}, {}, 0, {}});
  EXPECT_EQ(orphans(), 0);
  EXPECT_EQ(orphans(), 1);
  object(random_key());
  remote_->age(hours(48));
  EXPECT_EQ(orphans(), 0) << "it has answered: the next look has its time";
}

TEST_P(Sweeping, TakesUploadsThatNothingKeeps) {
  // A staging blob is kept by its open upload's reference alone.
  const Blob abandoned = blob("local");
  const Blob open = blob("local");
  refer(open.row);
  EXPECT_EQ(sweep().blobs, 1);
  EXPECT_FALSE(there(abandoned));
  EXPECT_TRUE(there(open));
}

}  // namespace
}  // namespace reelvault::storage
