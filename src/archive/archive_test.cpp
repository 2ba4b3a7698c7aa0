#include "archive/archive_service.hpp"

#include "archive/local_restore.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "catalog/testing.hpp"
#include "storage/copy.hpp"
#include "storage/sweep.hpp"
#include "storage/testing.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace reelvault::archive {
namespace {

namespace fs = std::filesystem;
using catalog::Asset;
using catalog::AssetStatus;
using catalog::Library;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// A store of classes in memory: what lies in GLACIER is read only after it was thawed.
class ColdStore final : public storage::MemoryStore, public storage::DirectPartStore, public storage::ClassStore {
 public:
  using MemoryStore::MemoryStore;
  std::map<std::string, std::string> classes, asked;
  std::set<std::string> thawed;

  Result<std::string> read(const std::string& key, std::uint64_t offset, std::uint64_t length) override {
    if (classes[key] == "GLACIER" && !thawed.contains(key)) return fail(Code::conflict, "frozen", "It is frozen.");
    return MemoryStore::read(key, offset, length);
  }
  Result<void> adopt_as(const fs::path& file, const std::string& key, const std::string& storage_class) override {
    classes[key] = storage_class;
    return adopt(file, key);
  }
  Result<Readiness> readiness(const std::string& key) override {
    if (classes[key] != "GLACIER" || thawed.contains(key)) return Readiness::readable;
    return asked.contains(key) ? Readiness::thawing : Readiness::frozen;
  }
  Result<void> thaw(const std::string& key, const std::string& tier, int) override {
    asked[key] = tier;
    return {};
  }
  Result<std::string> begin(const std::string&, const std::string&) override { return fail_not_found(); }
  Result<std::string> part_url(const std::string&, const std::string&, int, std::chrono::seconds) override {
    return fail_not_found();
  }
  Result<std::vector<StoredPart>> parts(const std::string&, const std::string&) override { return fail_not_found(); }
  Result<storage::ObjectInfo> finish(const std::string&, const std::string&, const std::vector<StoredPart>&,
                                     std::uint64_t) override {
    return fail_not_found();
  }
  Result<void> cancel(const std::string&, const std::string&) override { return {}; }
  Result<std::vector<Begun>> begun(const std::optional<Begun>&, int) override { return std::vector<Begun>(); }
  Result<std::string> read_url(const std::string&, std::chrono::seconds) override { return fail_not_found(); }
};

// A disk that says it has stored what it was given, and has not.
class FlippingStore final : public storage::MemoryPartStore {
 public:
  using MemoryPartStore::MemoryPartStore;
  Result<void> sync(const std::string& key) override {
    RV_CHECK(MemoryPartStore::sync(key));
    std::scoped_lock lock(mutex_);
    objects_[key].bytes.at(3) ^= 1;
    return {};
  }
};

class Archive : public ::testing::TestWithParam<db::Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == db::Kind::postgres && db::TestDatabase::postgres_url().empty()) {
      GTEST_SKIP() << "REELVAULT_TEST_POSTGRES is not set";
    }
    library_ = std::make_unique<Library>(GetParam());
    folder_ = fs::temp_directory_path() / ("reelvault-archive-" + Uuid::v7().text());
    for (const char* name : {"tape", "inbox", "scratch"}) fs::create_directories(folder_ / name);
    library_->stores.add(storage::local_store("tape", folder_ / "tape"));
    cold_ = std::make_shared<ColdStore>("cold");
    library_->stores.add(cold_);
    library_->stores.add(std::make_shared<FlippingStore>("flipping"));
    start();
    set_tier({.archive_store = "tape"});
  }
  void TearDown() override {
    engine_.reset();
    library_.reset();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void start() {
    engine_.reset();
    engine_ = std::make_unique<jobs::Engine>(*library_->database,
                                             jobs::Engine::Options{.scratch = folder_ / "scratch",
                                                                   .backoff = std::chrono::milliseconds(20),
                                                                   .poll = std::chrono::milliseconds(200),
                                                                   .node = "node"});
    service_ = std::make_unique<ArchiveService>(
        *library_->assets, *engine_,
        ArchiveService::Options{.scratch = folder_ / "scratch", .poll = std::chrono::seconds(1)});
    service_->register_types();
    restores_ = std::make_unique<LocalRestoreService>(
        *library_->assets, *engine_, RestoreProfiles{{"inbox", folder_ / "inbox"}, {"away", folder_ / "nowhere"}},
        std::chrono::seconds(1));
    restores_->register_type();
    Library::expect(service_->reconcile());
    if (running_) engine_->start();
  }
  // A fresh start, as after a stop, whose jobs wait for run().
  void start_paused() {
    running_ = false;
    start();
  }
  void run() {
    running_ = true;
    engine_->start();
  }

  template <class F>
  auto write(F fn) {
    return Library::expect(library_->database->write(fn));
  }
  template <class F>
  auto read(F fn) {
    return Library::expect(library_->database->read(fn));
  }

  struct TierSetting {
    std::optional<std::string> archive_store = {}, archive_class = {};
    bool managed = false;
    std::string store = "local";
  };
  void set_tier(const TierSetting& tier) {
    write([&](db::Transaction& tx) -> Result<void> {
      tx.execute("update bucket set store = :store, archive_store = :to, archive_class = :class, managed = :managed",
                 {{"store", tier.store},
                  {"to", tier.archive_store},
                  {"class", tier.archive_class},
                  {"managed", tier.managed}});
      return {};
    });
  }

  storage::Blob put_bytes(db::Transaction& tx, const storage::Location& at, const std::string& content, bool owned) {
    storage::Blob blob{.location = at, .size = content.size()};
    blob.owned = owned;
    const auto digest = sha256(bytes_of(content));
    blob.sha256 = std::string(reinterpret_cast<const char*>(digest.data()), digest.size());
    blob.state = storage::BlobState::live;
    blob.row = blobs_.insert(tx, blob);
    return blob;
  }
  // An Available file with these versions, settled.
  Asset file(const std::string& name, const std::vector<std::string>& contents, bool owned = true,
             const std::string& store = "local") {
    std::vector<std::string> keys;
    for (const std::string& content : contents) {
      const fs::path incoming = folder_ / "incoming";
      std::ofstream(incoming, std::ios::binary) << content;
      keys.push_back(owned ? storage::random_key() : "shoots/" + name + std::to_string(keys.size()));
      Library::expect(library_->stores.at(store).store->adopt(incoming, keys.back()));
    }
    return write([&](db::Transaction& tx) -> Result<Asset> {
      Asset asset;
      asset.id = Uuid::v7();
      asset.parent_row = library_->bucket.row;
      asset.name = name;
      asset.file_name = name;
      asset.size = static_cast<std::int64_t>(contents.back().size());
      asset.version = static_cast<std::int64_t>(contents.size());
      asset.created_at = asset.modified_at = now();
      asset.row = library_->assets->repository().insert(tx, asset);
      for (std::size_t i = 0; i < contents.size(); ++i) {
        const storage::Blob blob = put_bytes(tx, {store, keys[i]}, contents[i], owned);
        catalog::Version version;
        version.asset_row = asset.row;
        version.number = static_cast<std::int64_t>(i) + 1;
        version.blob_row = blob.row;
        version.file_name = name;
        version.size = static_cast<std::int64_t>(contents[i].size());
        version.settled = true;
        version.created_at = now();
        catalog::VersionRepository{}.insert(tx, version);
        blobs_.refer(tx, blob.row);
      }
      return asset;
    });
  }
  // Another asset with the same blobs, as Copy makes it.
  Asset copy_of(const Asset& from, const std::string& name) {
    return write([&](db::Transaction& tx) -> Result<Asset> {
      Asset asset = *library_->assets->repository().find_row(tx, from.row);
      asset.id = Uuid::v7();
      asset.name = name;
      asset.row = library_->assets->repository().insert(tx, asset);
      for (catalog::Version version : catalog::VersionRepository{}.all(tx, from.row)) {
        version.asset_row = asset.row;
        catalog::VersionRepository{}.insert(tx, version);
        blobs_.refer(tx, version.blob_row);
      }
      return asset;
    });
  }

  Result<void> archive(const Asset& asset) {
    return library_->database->write([&](db::Transaction& tx) -> Result<void> {
      auto locked = library_->assets->repository().lock_row(tx, asset.row);
      RV_CHECK(service_->request_archive(tx, library_->admin, *locked));
      return {};
    });
  }
  Result<void> restore(const Asset& asset, const std::string& tier = "Standard") {
    return library_->database->write([&](db::Transaction& tx) -> Result<void> {
      auto locked = library_->assets->repository().lock_row(tx, asset.row);
      RV_CHECK(service_->request_restore(tx, library_->admin, *locked, tier));
      return {};
    });
  }
  Asset now_is(const Asset& asset) {
    return *read([&](db::Transaction& tx) -> Result<std::optional<Asset>> {
      return library_->assets->repository().find_row(tx, asset.row);
    });
  }
  template <class F>
  bool soon(F holds) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }
  bool becomes(const Asset& asset, AssetStatus status) {
    return soon([&] { return now_is(asset).status == status; });
  }
  std::vector<std::string> stores_of(const Asset& asset) {
    return read([&](db::Transaction& tx) -> Result<std::vector<std::string>> {
      return tx.all(
          "select b.store from asset_version v join blob b on b.id = v.blob_id where v.asset_id = :asset order by "
          "v.number",
          {{"asset", asset.row}}, [](const db::Row& row) { return row.get<std::string>(0); });
    });
  }
  std::vector<std::string> contents_of(const Asset& asset) {
    std::vector<std::string> contents;
    for (const storage::Location& at : read([&](db::Transaction& tx) -> Result<std::vector<storage::Location>> {
           return tx.all(
               "select b.store, b.object_key from asset_version v join blob b on b.id = v.blob_id where v.asset_id = "
               ":asset order by v.number",
               {{"asset", asset.row}},
               [](const db::Row& row) { return storage::Location{row.get<std::string>(0), row.get<std::string>(1)}; });
         })) {
      contents.push_back(library_->stores.at(at.store).store->read(at.key, 0, 1 << 20).value_or("(unreadable)"));
    }
    return contents;
  }
  std::vector<catalog::HistoryEntry> history(const Asset& asset) {
    return read([&](db::Transaction& tx) -> Result<std::vector<catalog::HistoryEntry>> {
      return library_->assets->repository().history(tx, asset.id);
    });
  }
  std::vector<jobs::Job> jobs_of(const Asset& asset) {
    return read([&](db::Transaction& tx) -> Result<std::vector<jobs::Job>> { return engine_->history(tx, asset.row); });
  }
  std::int64_t files_in(const std::string& name) {
    std::int64_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(name == "local" ? library_->folder : folder_ / name)) {
      if (entry.is_regular_file() && entry.path().filename() != ".reelvault-store") ++count;
    }
    return count;
  }
  // Every count says how many rows refer, and what nothing refers to goes.
  void sweep_and_audit() {
    Library::expect(storage::Sweep(*library_->database, library_->stores).run(std::chrono::seconds(0)));
    const auto wrong = read([&](db::Transaction& tx) -> Result<std::int64_t> {
      return *tx.value<std::int64_t>(
          "select count(*) from blob b where b.reference_count <> (select count(*) from asset_version v where "
          "v.blob_id = b.id) "
          "+ (select count(*) from archive_blob k where k.blob_id = b.id)",
          {});
    });
    EXPECT_EQ(wrong, 0);
    const auto blobs = read([&](db::Transaction& tx) -> Result<std::int64_t> {
      return *tx.value<std::int64_t>("select count(*) from blob where store in ('local', 'tape') and owned", {});
    });
    EXPECT_EQ(files_in("local") - registered_ + files_in("tape"), blobs);
  }

  std::unique_ptr<Library> library_;
  std::shared_ptr<ColdStore> cold_;
  fs::path folder_;
  std::unique_ptr<jobs::Engine> engine_;
  std::unique_ptr<ArchiveService> service_;
  std::unique_ptr<LocalRestoreService> restores_;
  storage::BlobRepository blobs_;
  std::int64_t registered_ = 0;  // files in "local" that no owned blob names
  bool running_ = false;
};

TEST_P(Archive, MovesAllVersionsIntoTheTierAndBack) {
  const Asset asset = file("film.mov", {"first cut", "second cut"});
  Library::expect(archive(asset));
  EXPECT_EQ(now_is(asset).status, AssetStatus::pending_archive);
  run();
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  EXPECT_THAT(stores_of(asset), ElementsAre("tape", "tape"));
  EXPECT_THAT(contents_of(asset), ElementsAre("first cut", "second cut"));
  EXPECT_EQ(now_is(asset).storage_class, "ARCHIVE");
  sweep_and_audit();
  EXPECT_EQ(files_in("local"), 0);
  EXPECT_EQ(files_in("tape"), 2);

  Library::expect(restore(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  EXPECT_THAT(stores_of(asset), ElementsAre("local", "local"));
  EXPECT_THAT(contents_of(asset), ElementsAre("first cut", "second cut"));
  EXPECT_EQ(now_is(asset).storage_class, std::nullopt);
  sweep_and_audit();
  EXPECT_EQ(files_in("tape"), 0);

  std::vector<AssetStatus> seen;
  for (const auto& entry : history(asset)) {
    if (entry.to) seen.push_back(*entry.to);
  }
  EXPECT_THAT(seen, ElementsAre(AssetStatus::pending_archive, AssetStatus::archiving, AssetStatus::archived,
                                AssetStatus::pending_restore, AssetStatus::restoring, AssetStatus::restored));
}

TEST_P(Archive, NeedsATier) {
  set_tier({});
  const Asset asset = file("film.mov", {"content"});
  auto refused = archive(asset);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::conflict);
  EXPECT_EQ(refused.error().type, "no-archive-tier");
  EXPECT_EQ(now_is(asset).status, AssetStatus::available);
}

TEST_P(Archive, RefusesWhatTheStatusForbids) {
  const Asset asset = file("film.mov", {"content"});
  EXPECT_EQ(restore(asset).error().code, Code::conflict);
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  EXPECT_EQ(archive(asset).error().code, Code::conflict);
  for (auto operation : {catalog::Operation::read_media, catalog::Operation::clip, catalog::Operation::reprocess,
                         catalog::Operation::replace}) {
    EXPECT_EQ(catalog::after(operation, AssetStatus::archived).error().type, "asset-archived");
  }
  EXPECT_TRUE(catalog::allowed(catalog::Operation::move, AssetStatus::archived));
  EXPECT_TRUE(catalog::allowed(catalog::Operation::update, AssetStatus::archived));
}

TEST_P(Archive, RestoresOnceHoweverOftenItIsAsked) {
  const Asset asset = file("film.mov", {"content"});
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  start_paused();
  Library::expect(restore(asset));
  Library::expect(restore(asset));
  EXPECT_EQ(jobs_of(asset).size(), 2u);
  run();
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
}

TEST_P(Archive, LeavesACopyThatSharesTheBytesAsItIs) {
  const Asset asset = file("film.mov", {"shared"});
  const Asset twin = copy_of(asset, "twin.mov");
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  sweep_and_audit();
  EXPECT_EQ(now_is(twin).status, AssetStatus::available);
  EXPECT_THAT(stores_of(twin), ElementsAre("local"));
  EXPECT_THAT(contents_of(twin), ElementsAre("shared"));
  // And one of what is archived, the other way round.
  const Asset third = copy_of(asset, "third.mov");
  Library::expect(restore(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  sweep_and_audit();
  EXPECT_THAT(stores_of(third), ElementsAre("tape"));
  EXPECT_THAT(contents_of(third), ElementsAre("shared"));
}

TEST_P(Archive, KeepsTheOriginalWhereOneByteOfItWasFlipped) {
  const Asset asset = file("film.mov", {std::string(100'000, 'x')});
  const storage::Blob blob = *read([&](db::Transaction& tx) -> Result<std::optional<storage::Blob>> {
    return blobs_.find(tx, catalog::VersionRepository{}.find(tx, asset.row, 1)->blob_row);
  });
  const UniqueFd fd(::open((library_->folder / blob.location.key).c_str(), O_WRONLY));
  Library::expect(write_all_at(fd.get(), bytes_of("y"), 54'321));
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(soon([&] { return history(asset).size() == 3; }));
  EXPECT_EQ(now_is(asset).status, AssetStatus::available);
  EXPECT_EQ(history(asset).back().operation, "archive-failed");
  EXPECT_THAT(history(asset).back().reason, HasSubstr("checksum"));
  ASSERT_EQ(jobs_of(asset).size(), 1u);
  EXPECT_EQ(jobs_of(asset).front().failure->code, "source-damaged");
  sweep_and_audit();
  EXPECT_THAT(stores_of(asset), ElementsAre("local"));
  EXPECT_EQ(files_in("tape"), 0);
}

TEST_P(Archive, KeepsTheOriginalWhereOneByteOfTheCopyWasFlipped) {
  set_tier({.archive_store = "flipping"});
  const Asset asset = file("film.mov", {"content"});
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(soon([&] { return jobs::ended(jobs_of(asset).front().status); }));
  EXPECT_EQ(jobs_of(asset).front().failure->code, "copy-damaged");
  EXPECT_EQ(now_is(asset).status, AssetStatus::available);
  EXPECT_THAT(history(asset).back().reason, HasSubstr("copy"));
  sweep_and_audit();
  EXPECT_THAT(stores_of(asset), ElementsAre("local"));
  EXPECT_THAT(contents_of(asset), ElementsAre("content"));
  EXPECT_TRUE(library_->stores.at("flipping").store->list("", "", 10)->empty());
}

TEST_P(Archive, GivesBackTheStatusThatARestoredAssetHad) {
  const Asset asset = file("film.mov", {"content"});
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  Library::expect(restore(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  start_paused();
  Library::expect(archive(asset));
  Library::expect(engine_->cancel(jobs_of(asset).back().id));
  EXPECT_EQ(now_is(asset).status, AssetStatus::restored);
}

TEST_P(Archive, TriesAgainWhatFailedWhenAnAdministratorSaysSo) {
  const Asset asset = file("film.mov", {"content"});
  fs::rename(folder_ / "tape", folder_ / "unmounted");
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(soon([&] { return jobs::ended(jobs_of(asset).front().status); }));
  EXPECT_EQ(now_is(asset).status, AssetStatus::available);
  fs::rename(folder_ / "unmounted", folder_ / "tape");
  Library::expect(engine_->retry(jobs_of(asset).front().id));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  sweep_and_audit();
}

TEST_P(Archive, GoesOnAfterACrashWithoutCopyingAgainWhatWasVerified) {
  const Asset asset = file("film.mov", {"first", "second"});
  Library::expect(archive(asset));
  // As a kill -9 leaves it: the first is copied and verified, the second half-way, the status passing, the job claimed.
  const auto versions = read([&](db::Transaction& tx) -> Result<std::vector<catalog::Version>> {
    return catalog::VersionRepository{}.all(tx, asset.row);
  });
  const std::string whole = storage::random_key(), half = storage::random_key();
  std::ofstream(folder_ / "incoming") << "first";
  Library::expect(library_->stores.at("tape").store->adopt(folder_ / "incoming", whole));
  std::ofstream(folder_ / "incoming") << "sec";
  Library::expect(library_->stores.at("tape").store->adopt(folder_ / "incoming", half));
  write([&](db::Transaction& tx) -> Result<void> {
    ArchiveRepository repository;
    for (const auto& [key, of, state] : {std::tuple{whole, versions.at(0).blob_row, KeptState::copied},
                                         std::tuple{half, versions.at(1).blob_row, KeptState::copying}}) {
      storage::Blob blob{.location = {"tape", key}, .size = blobs_.find(tx, of)->size};
      blob.sha256 = blobs_.find(tx, of)->sha256;
      blob.row = blobs_.insert(tx, blob);
      blobs_.refer(tx, blob.row);
      repository.insert(tx, asset.row, {.blob_row = blob.row, .source_row = of, .state = state});
    }
    auto locked = library_->assets->repository().lock_row(tx, asset.row);
    return library_->assets->transit(tx, *locked, catalog::Operation::archive, Principal::system());
  });
  start();
  EXPECT_EQ(now_is(asset).status, AssetStatus::archiving);
  run();
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  EXPECT_THAT(contents_of(asset), ElementsAre("first", "second"));
  EXPECT_TRUE(fs::exists(folder_ / "tape" / whole));
  sweep_and_audit();
  EXPECT_FALSE(fs::exists(folder_ / "tape" / half));
  EXPECT_EQ(files_in("tape"), 2);
}

TEST_P(Archive, FreesAnAssetWhoseJobIsNotThere) {
  const Asset asset = file("film.mov", {"content"});
  Library::expect(archive(asset));
  write([&](db::Transaction& tx) -> Result<void> {
    tx.execute("delete from job", {});
    return {};
  });
  start();
  EXPECT_EQ(now_is(asset).status, AssetStatus::available);
}

TEST_P(Archive, LeavesRegisteredBytesWhereTheyAreAndRestoresThemInPlace) {
  const Asset asset = file("rushes.mov", {"as shot"}, false);
  registered_ = 1;
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  sweep_and_audit();
  EXPECT_EQ(files_in("local"), 1);
  EXPECT_EQ(files_in("tape"), 1);
  Library::expect(restore(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  sweep_and_audit();
  EXPECT_EQ(files_in("local"), 1);
  EXPECT_EQ(files_in("tape"), 0);
  EXPECT_THAT(contents_of(asset), ElementsAre("as shot"));

  // Where somebody changed them meanwhile, the archived content comes back beside.
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  std::ofstream(library_->folder / "shoots/rushes.mov0") << "as shut";
  Library::expect(restore(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  sweep_and_audit();
  EXPECT_EQ(files_in("local"), 2);
  EXPECT_THAT(contents_of(asset), ElementsAre("as shot"));
}

TEST_P(Archive, RemovesRegisteredBytesOfAManagedBucket) {
  set_tier({.archive_store = "tape", .managed = true});
  const Asset asset = file("rushes.mov", {"as shot"}, false);
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  sweep_and_audit();
  EXPECT_EQ(files_in("local"), 0);
}

TEST_P(Archive, WaitsUntilAStorageClassHasThawed) {
  set_tier({.archive_class = "GLACIER", .store = "cold"});
  const Asset asset = file("film.mov", {"content"}, true, "cold");
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  EXPECT_EQ(now_is(asset).storage_class, "GLACIER");
  EXPECT_THAT(contents_of(asset), ElementsAre("(unreadable)"));
  Library::expect(restore(asset, "Bulk"));
  ASSERT_TRUE(soon([&] { return jobs_of(asset).back().failure.has_value(); }));
  EXPECT_EQ(jobs_of(asset).back().failure->code, "thawing");
  EXPECT_EQ(jobs_of(asset).back().status, jobs::Status::queued);
  EXPECT_EQ(jobs_of(asset).back().attempt, 0);
  EXPECT_EQ(now_is(asset).status, AssetStatus::restoring);
  ASSERT_EQ(cold_->asked.size(), 1u);
  EXPECT_EQ(cold_->asked.begin()->second, "Bulk");
  cold_->thawed.insert(cold_->asked.begin()->first);
  ASSERT_TRUE(becomes(asset, AssetStatus::restored));
  EXPECT_EQ(now_is(asset).storage_class, std::nullopt);
  EXPECT_THAT(contents_of(asset), ElementsAre("content"));
}

TEST_P(Archive, CopiesOriginalsIntoRestoreProfilesAndOverwritesNothing) {
  const Asset asset = file("../film.mov", {"content"});
  run();
  Library::expect(archive(asset));
  ASSERT_TRUE(becomes(asset, AssetStatus::archived));
  const std::string safe = safe_file_name("../film.mov");
  std::ofstream(folder_ / "inbox" / safe) << "another";
  std::ofstream(folder_ / "inbox" / numbered_name(safe, 2)) << "CONTENT";  // as long
  for (int time = 0; time < 2; ++time) {
    auto asked = restores_->request(library_->admin, {{asset.id, asset.id}, {"inbox"}});
    ASSERT_TRUE(asked);
    ASSERT_EQ(asked->jobs.size(), 1u);
    ASSERT_TRUE(soon([&] { return jobs::ended(jobs_of(asset).back().status); }));
    EXPECT_EQ(jobs_of(asset).back().status, jobs::Status::succeeded);
    EXPECT_EQ(read_whole_file(folder_ / "inbox" / numbered_name(safe, 3)), "content");
    EXPECT_EQ(files_in("inbox"), 3);
  }
  EXPECT_EQ(now_is(asset).status, AssetStatus::archived);
  EXPECT_EQ(read_whole_file(folder_ / "inbox" / safe), "another");
}

TEST_P(Archive, RemovesWhatEndedLocalRestoresLeftInADirectory) {
  const Asset asset = file("film.mov", {"content"});
  auto asked = restores_->request(library_->admin, {{asset.id}, {"inbox"}});
  ASSERT_TRUE(asked);
  Library::expect(engine_->cancel(asked->jobs.front().jobId));
  const std::string ours = ".reelvault-" + asked->jobs.front().jobId.text() + "-" + Uuid::v7().text() + ".part";
  const std::string other = ".reelvault-" + Uuid::v7().text() + "-" + Uuid::v7().text() + ".part";
  for (const std::string& name : {ours, other}) std::ofstream(folder_ / "inbox" / name) << "half";
  run();
  ASSERT_TRUE(restores_->request(library_->admin, {{asset.id}, {"inbox"}}));
  ASSERT_TRUE(soon([&] { return jobs_of(asset).back().status == jobs::Status::succeeded; }));
  EXPECT_FALSE(fs::exists(folder_ / "inbox" / ours));
  EXPECT_TRUE(fs::exists(folder_ / "inbox" / other)) << "another installation's, perhaps";
}

TEST_P(Archive, RefusesLocalRestoresThatCannotBe) {
  const Asset asset = file("film.mov", {"content"});
  const Asset folder = Library::expect(library_->make_folder(library_->admin, library_->bucket.id, "folder"));
  auto refused = restores_->request(library_->admin, {{asset.id}, {"inbox", "no such"}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().faults.at(0).pointer, "/restoreProfileNames/1");
  EXPECT_EQ(restores_->request(library_->admin, {{asset.id, Uuid::v7()}, {"inbox"}}).error().code, Code::not_found);
  EXPECT_EQ(restores_->request(library_->admin, {{folder.id}, {"inbox"}}).error().code, Code::conflict);
  const Principal reader = library_->user("reader", Role::viewer);
  library_->grant(reader, Permission::read, library_->bucket);
  EXPECT_EQ(restores_->request(reader, {{asset.id}, {"inbox"}}).error().code, Code::forbidden);
  EXPECT_TRUE(jobs_of(asset).empty());
}

TEST_P(Archive, LeavesNothingInADirectoryWhereALocalRestoreFails) {
  const Asset asset = file("film.mov", {"content"});
  run();
  ASSERT_TRUE(restores_->request(library_->admin, {{asset.id}, {"away"}}));
  ASSERT_TRUE(soon([&] { return jobs_of(asset).back().failure.has_value(); }));
  EXPECT_EQ(jobs_of(asset).back().failure->code, "directory-away");
  const storage::Blob blob = *read([&](db::Transaction& tx) -> Result<std::optional<storage::Blob>> {
    return blobs_.find(tx, catalog::VersionRepository{}.find(tx, asset.row, 1)->blob_row);
  });
  std::ofstream(library_->folder / blob.location.key) << "CONTENT";
  ASSERT_TRUE(restores_->request(library_->admin, {{asset.id}, {"inbox"}}));
  ASSERT_TRUE(soon([&] { return jobs::ended(jobs_of(asset).back().status); }));
  EXPECT_EQ(jobs_of(asset).back().failure->code, "source-damaged");
  EXPECT_EQ(files_in("inbox"), 0);
}

INSTANTIATE_TEST_SUITE_P(Databases, Archive, db::each_backend(), db::backend_name);

}  // namespace
}  // namespace reelvault::archive
