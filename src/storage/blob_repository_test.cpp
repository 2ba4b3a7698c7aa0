#include "storage/blob_repository.hpp"
#include "db/testing.hpp"

namespace reelvault::storage {
namespace {

class Blobs : public db::EachBackend {
 protected:
  std::int64_t insert(Blob blob = {}) {
    if (blob.location.store.empty()) blob.location = {"local", random_key()};
    auto row = database().write([&](db::Transaction& tx) -> Result<std::int64_t> { return blobs_.insert(tx, blob); });
    return row.value();
  }
  Blob get(std::int64_t row) {
    auto blob =
        database().read([&](db::Transaction& tx) -> Result<std::optional<Blob>> { return blobs_.find(tx, row); });
    return blob.value().value();
  }
  template <class F>
  Result<void> write(F&& fn) {
    return database().write([&](db::Transaction& tx) -> Result<void> {
      fn(tx);
      return {};
    });
  }
  bool unreferenced(std::int64_t row) {
    return database()
        .read([&](db::Transaction& tx) -> Result<bool> {
          return tx
              .value<std::int64_t>("select id from blob where id = :row and unreferenced_at is not null",
                                   {{"row", row}})
              .has_value();
        })
        .value();
  }
  BlobRepository blobs_;
};
INSTANTIATE_TEST_SUITE_P(Databases, Blobs, db::each_backend(), db::backend_name);

TEST_P(Blobs, KeepEveryField) {
  Blob blob;
  blob.location = {"media", "films/one.mov"};
  blob.size = 1ull << 42;
  blob.sha256 = std::string(32, '\xfe');
  blob.crc32 = 0xfedcba98u;
  blob.owned = false;
  blob.state = BlobState::live;
  blob.mtime_ns = 1'700'000'000'123'456'789;
  blob.etag = "\"abc\"";
  const Blob found = get(insert(blob));
  EXPECT_FALSE(found.id.nil());
  EXPECT_EQ(found.location.store, "media");
  EXPECT_EQ(found.location.key, "films/one.mov");
  EXPECT_EQ(found.size, 1ull << 42);
  EXPECT_EQ(found.sha256, blob.sha256);
  EXPECT_EQ(found.crc32, 0xfedcba98u);
  EXPECT_FALSE(found.owned);
  EXPECT_EQ(found.state, BlobState::live);
  EXPECT_EQ(found.references, 0);
  EXPECT_EQ(found.mtime_ns, blob.mtime_ns);
  EXPECT_EQ(found.etag, blob.etag);
}

TEST_P(Blobs, BeginUnreferencedAndCountReferences) {
  const std::int64_t row = insert();
  EXPECT_TRUE(unreferenced(row));
  ASSERT_TRUE(write([&](auto& tx) { blobs_.refer(tx, row, 2); }));
  EXPECT_EQ(get(row).references, 2);
  EXPECT_FALSE(unreferenced(row));
  ASSERT_TRUE(write([&](auto& tx) { blobs_.release(tx, row); }));
  EXPECT_FALSE(unreferenced(row));
  ASSERT_TRUE(write([&](auto& tx) { blobs_.release(tx, row); }));
  EXPECT_EQ(get(row).references, 0);
  EXPECT_TRUE(unreferenced(row));
  ASSERT_TRUE(write([&](auto& tx) { blobs_.refer(tx, row); }));
  EXPECT_FALSE(unreferenced(row));
}

TEST_P(Blobs, NeverHaveFewerReferencesThanNone) {
  const std::int64_t row = insert();
  ASSERT_TRUE(write([&](auto& tx) { blobs_.refer(tx, row); }));
  EXPECT_FALSE(write([&](auto& tx) { blobs_.release(tx, row, 2); }));
  EXPECT_EQ(get(row).references, 1);
}

TEST_P(Blobs, CannotBeReferredToOnceGone) {
  auto result = write([&](auto& tx) { blobs_.refer(tx, 4711); });
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::conflict);
  EXPECT_EQ(result.error().type, "blob-gone");
}

TEST_P(Blobs, ArePublishedAndHashed) {
  const std::int64_t row = insert();
  EXPECT_EQ(get(row).state, BlobState::staging);
  ASSERT_TRUE(write([&](auto& tx) {
    blobs_.publish(tx, row);
    blobs_.set_hashes(tx, row, std::nullopt, 7);
  }));
  EXPECT_EQ(get(row).state, BlobState::live);
  EXPECT_EQ(get(row).crc32, 7u);
  ASSERT_TRUE(write([&](auto& tx) { blobs_.set_hashes(tx, row, std::string(32, 'x'), std::nullopt); }));
  EXPECT_EQ(get(row).crc32, 7u);
  EXPECT_EQ(get(row).sha256, std::string(32, 'x'));
}

TEST_P(Blobs, AreFoundByWhereTheyLie) {
  Blob blob;
  blob.owned = false;
  blob.location = {"media", "films/one.mov"};
  blob.size = 1;
  insert(blob);
  blob.size = 2;
  const std::int64_t newer = insert(blob);
  auto find = [&](const Location& location) {
    return database()
        .read([&](db::Transaction& tx) -> Result<std::optional<Blob>> { return blobs_.find(tx, location); })
        .value();
  };
  EXPECT_EQ(find({"media", "films/one.mov"})->row, newer);
  EXPECT_FALSE(find({"other", "films/one.mov"}));
}

}  // namespace
}  // namespace reelvault::storage
