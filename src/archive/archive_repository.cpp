#include "archive/archive_repository.hpp"

#include "base/time.hpp"
#include "catalog/asset.hpp"
#include "storage/blob_repository.hpp"

namespace reelvault::archive {

std::int64_t ArchiveRepository::insert(db::Transaction& tx, std::int64_t asset_row, const Kept& kept) {
  return tx.insert(
      "insert into archive_blob (asset_id, blob_id, source_blob_id, state, created_at) "
      "values (:asset, :blob, :source, :state, :now)",
      {{"asset", asset_row},
       {"blob", kept.blob_row},
       {"source", kept.source_row},
       {"state", kept.state},
       {"now", now()}});
}

std::vector<Kept> ArchiveRepository::of_asset(db::Transaction& tx, std::int64_t asset_row) {
  return tx.all("select id, blob_id, source_blob_id, state from archive_blob where asset_id = :asset order by id",
                {{"asset", asset_row}}, [](const db::Row& row) {
                  return Kept{row.get<std::int64_t>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                              row.get<KeptState>(3)};
                });
}

bool ArchiveRepository::set_copied(db::Transaction& tx, std::int64_t row) {
  return tx.execute("update archive_blob set state = :copied where id = :row and state = :copying",
                    {{"copied", KeptState::copied}, {"copying", KeptState::copying}, {"row", row}}) == 1;
}

bool ArchiveRepository::remove(db::Transaction& tx, std::int64_t row) {
  return tx.execute("delete from archive_blob where id = :row", {{"row", row}}) == 1;
}

std::vector<std::int64_t> ArchiveRepository::content(db::Transaction& tx, std::int64_t asset_row) {
  return tx.all(
      "select distinct v.blob_id from asset_version v join asset a on a.id = v.asset_id join blob b on b.id = "
      "v.blob_id "
      "where v.asset_id = :asset and (b.state <> :overwritten or v.number = a.version) order by v.blob_id",
      {{"asset", asset_row}, {"overwritten", storage::BlobState::overwritten}},
      [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

std::int64_t ArchiveRepository::swap(db::Transaction& tx, std::int64_t asset_row, std::int64_t from, std::int64_t to) {
  return tx.execute("update asset_version set blob_id = :to where asset_id = :asset and blob_id = :from",
                    {{"to", to}, {"asset", asset_row}, {"from", from}});
}

std::vector<std::int64_t> ArchiveRepository::in_work(db::Transaction& tx, std::int64_t after, int limit) {
  // Restoring, Archiving, PendingArchive and PendingRestore, as the index asset_archive_work names them.
  return tx.all(
      "select id from (select id from asset where asset_type = 2 and status in (4, 7, 9, 11) union select asset_id "
      "from "
      "archive_blob where state <> :origin) as work where id > :after order by id limit :limit",
      {{"origin", KeptState::origin}, {"after", after}, {"limit", limit}},
      [](const db::Row& row) { return row.get<std::int64_t>(0); });
}

}  // namespace reelvault::archive
