#include "storage/blob_repository.hpp"

#include "db/failure.hpp"

namespace reelvault::storage {
namespace {

constexpr std::string_view kColumns =
    "id, uid, store, object_key, size, sha256, crc32, owned, state, reference_count, mtime_ns, etag, storage_class";

Blob blob_of(const db::Row& row) {
  Blob blob;
  blob.row = row.get<std::int64_t>(0);
  blob.id = row.get<Uuid>(1);
  blob.location = {row.get<std::string>(2), row.get<std::string>(3)};
  blob.size = row.get<std::uint64_t>(4);
  if (auto sha256 = row.get<std::optional<db::Blob>>(5)) blob.sha256 = std::move(sha256->bytes);
  blob.crc32 = row.get<std::optional<std::uint32_t>>(6);
  blob.owned = row.get<bool>(7);
  blob.state = row.get<BlobState>(8);
  blob.references = row.get<std::int64_t>(9);
  // Nobody changes what is ours, while a copy of the whole store, a restored backup, has other times.
  if (!blob.owned) blob.mtime_ns = row.get<std::int64_t>(10);
  blob.etag = row.get<std::optional<std::string>>(11);
  blob.storage_class = row.get<std::optional<std::string>>(12);
  return blob;
}

std::optional<db::Blob> bytes(const std::optional<std::string>& raw) {
  if (!raw) return std::nullopt;
  return db::Blob{*raw};
}

void expect_one(std::int64_t affected, std::string_view doing, std::int64_t row) {
  if (affected == 1) return;
  throw db::Failure(
      fail(Code::conflict, "blob-gone", "The content is not there any more.", fmt::format("{} blob {}", doing, row))
          .error());
}

}  // namespace

bool changed(const ObjectInfo& before, const ObjectInfo& now) {
  if (before.size != now.size) return true;
  if (!before.etag.empty() && !now.etag.empty()) return before.etag != now.etag;
  return before.mtime_ns != now.mtime_ns;
}

std::int64_t BlobRepository::insert(db::Transaction& tx, const Blob& blob) {
  return tx.insert(
      "insert into blob (uid, store, object_key, size, sha256, crc32, owned, state, reference_count, unreferenced_at, "
      "mtime_ns, etag, storage_class, created_at) values (:uid, :store, :key, :size, :sha256, :crc32, :owned, :state, "
      "0, :now, "
      ":mtime_ns, :etag, :class, :now)",
      {{"uid", blob.id.nil() ? Uuid::v7() : blob.id},
       {"store", blob.location.store},
       {"key", blob.location.key},
       {"size", blob.size},
       {"sha256", bytes(blob.sha256)},
       {"crc32", blob.crc32},
       {"owned", blob.owned},
       {"state", blob.state},
       {"now", now()},
       {"mtime_ns", blob.mtime_ns},
       {"etag", blob.etag},
       {"class", blob.storage_class}});
}

std::optional<Blob> BlobRepository::find(db::Transaction& tx, std::int64_t row) {
  return tx.one(fmt::format("select {} from blob where id = :row", kColumns), {{"row", row}}, blob_of);
}

std::optional<Blob> BlobRepository::find(db::Transaction& tx, const Location& location) {
  return tx.one(
      fmt::format("select {} from blob where store = :store and object_key = :key order by id desc limit 1", kColumns),
      {{"store", location.store}, {"key", location.key}}, blob_of);
}

void BlobRepository::publish(db::Transaction& tx, std::int64_t row) {
  expect_one(tx.execute("update blob set state = :live where id = :row", {{"live", BlobState::live}, {"row", row}}),
             "publishing", row);
}

void BlobRepository::set_hashes(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& sha256,
                                const std::optional<std::uint32_t>& crc32) {
  expect_one(tx.execute("update blob set sha256 = coalesce(:sha256, sha256), crc32 = coalesce(:crc32, crc32) "
                        "where id = :row",
                        {{"sha256", bytes(sha256)}, {"crc32", crc32}, {"row", row}}),
             "hashing", row);
}

void BlobRepository::refer(db::Transaction& tx, std::int64_t row, int by) {
  expect_one(tx.execute("update blob set reference_count = reference_count + :by, unreferenced_at = null "
                        "where id = :row",
                        {{"by", by}, {"row", row}}),
             "referring to", row);
}

void BlobRepository::release(db::Transaction& tx, std::int64_t row, int by) {
  expect_one(tx.execute("update blob set reference_count = reference_count - :by, "
                        "unreferenced_at = case when reference_count = :by then :now else null end where id = :row",
                        {{"by", by}, {"now", now()}, {"row", row}}),
             "releasing", row);
}

void BlobRepository::own_unreferenced(db::Transaction& tx, std::int64_t row) {
  tx.execute("update blob set owned = :yes where id = :row and reference_count = 0", {{"yes", true}, {"row", row}});
}

void BlobRepository::relocate(db::Transaction& tx, const Location& from, const std::string& to,
                              const ObjectInfo& before, const ObjectInfo& after) {
  tx.execute(
      "update blob set mtime_ns = :mtime, etag = :etag where store = :store and object_key = :from and owned = :no and "
      "mtime_ns = :before",
      {{"mtime", after.mtime_ns},
       {"etag", after.etag},
       {"store", from.store},
       {"from", from.key},
       {"no", false},
       {"before", before.mtime_ns}});
  tx.execute("update blob set object_key = :to where store = :store and object_key = :from and owned = :no",
             {{"to", to}, {"store", from.store}, {"from", from.key}, {"no", false}});
}

void BlobRepository::overwrite(db::Transaction& tx, const Location& location, std::int64_t row) {
  tx.execute(
      "update blob set state = :overwritten where store = :store and object_key = :key and owned = :no and id <> :row",
      {{"overwritten", BlobState::overwritten},
       {"store", location.store},
       {"key", location.key},
       {"no", false},
       {"row", row}});
}

void BlobRepository::own(db::Transaction& tx, const Location& location) {
  tx.execute("update blob set owned = :yes where store = :store and object_key = :key",
             {{"yes", true}, {"store", location.store}, {"key", location.key}});
}

bool BlobRepository::in_use(db::Transaction& tx, const Location& location) {
  return tx
      .value<std::int64_t>(
          "select id from blob where store = :store and object_key = :key and reference_count > 0 limit 1",
          {{"store", location.store}, {"key", location.key}})
      .has_value();
}

void BlobRepository::forget(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from blob where id = :row and reference_count = 0", {{"row", row}});
}

}  // namespace reelvault::storage
