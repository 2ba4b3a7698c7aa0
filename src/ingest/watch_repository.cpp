#include "ingest/watch_repository.hpp"

namespace reelvault::ingest {

std::vector<Uuid> WatchRepository::watched(db::Transaction& tx) {
  return tx.all(
      "select a.uid from bucket b join asset a on a.id = b.asset_id where b.watched = :yes and a.deleted_at is null "
      "order by a.id",
      {{"yes", true}}, [](const db::Row& row) { return row.get<Uuid>(0); });
}

bool WatchRepository::hold(db::Transaction& tx, std::int64_t bucket_row, const std::string& node, Timestamp now,
                           Timestamp until) {
  tx.execute(
      "insert into watch_scan (bucket_id, node, held_until) values (:bucket, :node, 0) on conflict (bucket_id) do "
      "nothing",
      {{"bucket", bucket_row}, {"node", node}});
  return tx.execute(
             "update watch_scan set node = :node, held_until = :until where bucket_id = :bucket and (node = :node or "
             "held_until < :now)",
             {{"node", node}, {"until", until}, {"bucket", bucket_row}, {"now", now}}) == 1;
}

void WatchRepository::release(db::Transaction& tx, const std::string& node, Timestamp now) {
  tx.execute("update watch_scan set held_until = :now where node = :node",
             {{"now", now - std::chrono::milliseconds(1)}, {"node", node}});
}

void WatchRepository::report(db::Transaction& tx, std::int64_t bucket_row, const ScanReport& report) {
  tx.execute(
      "update watch_scan set started_at = :started, ended_at = :ended, error = :error, objects = :objects, ignored = "
      ":ignored, "
      "waiting = :waiting, registered = :registered where bucket_id = :bucket",
      {{"started", report.started_at},
       {"ended", report.ended_at},
       {"error", report.error},
       {"objects", report.objects},
       {"ignored", report.ignored},
       {"waiting", report.waiting},
       {"registered", report.registered},
       {"bucket", bucket_row}});
}

std::optional<ScanReport> WatchRepository::last(db::Transaction& tx, std::int64_t bucket_row) {
  return tx.one(
      "select started_at, ended_at, error, objects, ignored, waiting, registered from watch_scan where bucket_id = "
      ":bucket",
      {{"bucket", bucket_row}}, [](const db::Row& row) {
        return ScanReport{row.get<std::optional<Timestamp>>(0),
                          row.get<std::optional<Timestamp>>(1),
                          row.get<std::optional<std::string>>(2),
                          row.get<std::int64_t>(3),
                          row.get<std::int64_t>(4),
                          row.get<std::int64_t>(5),
                          row.get<std::int64_t>(6)};
      });
}

std::vector<WatchFailure> WatchRepository::failures(db::Transaction& tx, std::int64_t bucket_row, int limit) {
  return tx.all(
      "select object_key, error, attempts, first_at, last_at, next_at from watch_failure where bucket_id = :bucket "
      "order by last_at desc, id desc limit :limit",
      {{"bucket", bucket_row}, {"limit", limit}}, [](const db::Row& row) {
        return WatchFailure{row.get<std::string>(0), row.get<std::string>(1), row.get<int>(2),
                            row.get<Timestamp>(3),   row.get<Timestamp>(4),   row.get<Timestamp>(5)};
      });
}

std::int64_t WatchRepository::count_failures(db::Transaction& tx, std::int64_t bucket_row) {
  return tx
      .value<std::int64_t>("select count(*) from watch_failure where bucket_id = :bucket", {{"bucket", bucket_row}})
      .value_or(0);
}

void WatchRepository::put_failure(db::Transaction& tx, std::int64_t bucket_row, const WatchFailure& failure) {
  tx.execute(
      "insert into watch_failure (bucket_id, object_key, error, attempts, first_at, last_at, next_at) "
      "values (:bucket, :key, :error, :attempts, :first, :last, :next) on conflict (bucket_id, object_key) do update "
      "set "
      "error = excluded.error, attempts = excluded.attempts, last_at = excluded.last_at, next_at = excluded.next_at",
      {{"bucket", bucket_row},
       {"key", failure.object_key},
       {"error", failure.error},
       {"attempts", failure.attempts},
       {"first", failure.first_at},
       {"last", failure.last_at},
       {"next", failure.next_at}});
}

void WatchRepository::remove_failures(db::Transaction& tx, std::int64_t bucket_row,
                                      const std::vector<std::string>& keys) {
  if (keys.empty()) return;
  tx.execute("delete from watch_failure where bucket_id = :bucket and object_key = any(:keys)",
             {{"bucket", bucket_row}, {"keys", keys}});
}

}  // namespace reelvault::ingest
