#include "storage/sweep.hpp"

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "base/text.hpp"
#include "storage/lease.hpp"

namespace reelvault::storage {
namespace {

constexpr int kPage = 200;       // rows a transaction: two statements each
constexpr int kFilePage = 1000;  // files looked at together
constexpr auto kIdle = std::chrono::minutes(5);
constexpr std::string_view kMarkFile = ".reelvault-store";

struct Metrics {
  prometheus::Counter& blobs = metrics::counter("reelvault_swept_blobs_total", "Blobs whose bytes the sweep removed.");
  prometheus::Counter& orphans =
      metrics::counter("reelvault_swept_orphan_files_total", "Files without a row that the sweep removed.");
  prometheus::Counter& uploads = metrics::counter("reelvault_swept_orphan_uploads_total",
                                                  "Uploads in parts without a row that the sweep cancelled.");
  prometheus::Counter& bytes = metrics::counter("reelvault_swept_bytes_total", "Bytes that the sweep removed.");
  prometheus::Counter& failures =
      metrics::counter("reelvault_sweep_failures_total", "What the sweep could not remove and tries again.");
};
Metrics& counters() {
  static Metrics metrics;
  return metrics;
}

struct Unreferenced {
  std::int64_t row;
  Location location;
  std::uint64_t size;
  bool owned;
  std::int64_t since;
};

struct Decided {
  std::int64_t row;
  std::int64_t blob_row;
  Location location;
  std::uint64_t size;
};

// The row goes and, where the bytes are ours and no other row names them, what is to be removed comes.
void decide_one(db::Transaction& tx, const Unreferenced& blob, Timestamp cutoff) {
  // The count may have risen since the page was read.
  if (tx.execute("delete from blob where id = :row and unreferenced_at <= :cutoff",
                 {{"row", blob.row}, {"cutoff", cutoff}}) == 0 ||
      !blob.owned) {
    return;
  }
  auto other = tx.value<std::int64_t>("select id from blob where store = :store and object_key = :key limit 1",
                                      {{"store", blob.location.store}, {"key", blob.location.key}});
  if (other) return;
  tx.insert(
      "insert into blob_removal (blob_id, store, object_key, size, decided_at) "
      "values (:blob, :store, :key, :size, :now)",
      {{"blob", blob.row},
       {"store", blob.location.store},
       {"key", blob.location.key},
       {"size", blob.size},
       {"now", now()}});
}

Result<void> put_mark(const Stores::Entry& entry, const std::string& text) {
  if (entry.parts != nullptr) return replace_file(entry.parts->path(std::string(kMarkFile)), text);
  const auto file = std::filesystem::temp_directory_path() / ("reelvault-mark-" + Uuid::v7().text());
  RV_CHECK(replace_file(file, text));
  auto put = entry.store->adopt(file, std::string(kMarkFile));
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return put;
}

}  // namespace

struct Sweep::Run {
  Timestamp cutoff;
  bool dry;
  Report report;
  const std::atomic<bool>& stopping;
  std::set<std::string> unreachable = {};

  // A store that did not answer is not asked again in this run: each question would take as long.
  bool away(const std::string& store) const { return stopping || unreachable.contains(store); }
  void fail(std::string_view doing, const std::string& store, const std::string& key, const Error& error) {
    ++report.failures;
    if (error.code == Code::unavailable) unreachable.insert(store);
    counters().failures.Increment();
    log::error(doing,
               {{"store", store}, {"key", key}, {"detail", error.detail.empty() ? error.message : error.detail}});
  }
};

std::shared_ptr<const void> Sweep::lease(std::int64_t blob_row) { return take_lease(blob_row); }

Result<Sweep::Report> Sweep::run(std::chrono::seconds grace, bool dry_run) {
  Run run{now() - grace, dry_run, {}, stopping_};
  RV_CHECK(decide(run));
  RV_CHECK(remove_decided(run));
  for (const Stores::Entry& entry : stores_.all()) {
    if (entry.parts != nullptr) entry.parts->tidy(kIdle);
    if (!run.away(entry.store->name())) RV_CHECK(remove_orphans(run, entry));
  }
  return run.report;
}

Result<void> Sweep::decide(Run& run) {
  std::int64_t after_time = INT64_MIN;
  std::int64_t after_row = 0;
  while (true) {
    RV_TRY(std::vector<Unreferenced> page, database_.read([&](db::Transaction& tx)
                                                              -> Result<std::vector<Unreferenced>> {
      return tx.all(
          "select id, store, object_key, size, owned, unreferenced_at from blob where unreferenced_at <= :cutoff and "
          "(unreferenced_at > :time or (unreferenced_at = :time and id > :row)) order by unreferenced_at, id "
          "limit :page",
          {{"cutoff", run.cutoff}, {"time", after_time}, {"row", after_row}, {"page", kPage}}, [](const db::Row& row) {
            return Unreferenced{row.get<std::int64_t>(0),
                                {row.get<std::string>(1), row.get<std::string>(2)},
                                row.get<std::uint64_t>(3),
                                row.get<bool>(4),
                                row.get<std::int64_t>(5)};
          });
    }));
    if (page.empty()) return {};
    after_time = page.back().since;
    after_row = page.back().row;
    const bool last = page.size() < kPage;
    std::erase_if(page, [](const Unreferenced& blob) { return leased(blob.row); });
    if (run.dry) {
      for (const Unreferenced& blob : page) {
        run.report.blobs += blob.owned ? 1 : 0;
        run.report.bytes += blob.owned ? blob.size : 0;
      }
    } else {
      auto together = database_.write([&](db::Transaction& tx) -> Result<void> {
        for (const Unreferenced& blob : page) decide_one(tx, blob, run.cutoff);
        return {};
      });
      if (!together && together.error().code != Code::conflict) return together;
      // A row refers to one of them though its count says otherwise: that one stays, the others go.
      for (std::size_t i = 0; !together && i < page.size(); ++i) {
        auto alone = database_.write([&](db::Transaction& tx) -> Result<void> {
          decide_one(tx, page[i], run.cutoff);
          return {};
        });
        if (alone) continue;
        if (alone.error().code != Code::conflict) return alone;
        run.fail("a blob is in use though its count is 0", page[i].location.store, page[i].location.key, alone.error());
      }
    }
    if (last) return {};
  }
}

Result<void> Sweep::remove_decided(Run& run) {
  std::int64_t after = 0;
  while (true) {
    RV_TRY(const std::vector<Decided> page, database_.read([&](db::Transaction& tx) -> Result<std::vector<Decided>> {
      return tx.all(
          "select id, blob_id, store, object_key, size from blob_removal where id > :after order by id limit :page",
          {{"after", after}, {"page", kPage}}, [](const db::Row& row) {
            return Decided{row.get<std::int64_t>(0),
                           row.get<std::int64_t>(1),
                           {row.get<std::string>(2), row.get<std::string>(3)},
                           row.get<std::uint64_t>(4)};
          });
    }));
    if (page.empty()) return {};
    after = page.back().row;
    std::vector<std::int64_t> gone;
    for (const Decided& decided : page) {
      const Stores::Entry* entry = stores_.find(decided.location.store);
      // A reader that found the blob just before its row went has a lease by now.
      if (leased(decided.blob_row) || run.away(decided.location.store)) continue;
      if (entry == nullptr) {
        log::warning("bytes to be removed lie in a store that is not configured", {{"store", decided.location.store}});
        continue;
      }
      if (run.dry) {
        ++run.report.blobs;
        run.report.bytes += decided.size;
        continue;
      }
      if (entry->parts != nullptr) entry->parts->close(decided.location.key);
      if (auto removed = entry->store->remove(decided.location.key); !removed) {
        run.fail("a blob's bytes could not be removed", decided.location.store, decided.location.key, removed.error());
        continue;
      }
      gone.push_back(decided.row);
      ++run.report.blobs;
      run.report.bytes += decided.size;
      counters().blobs.Increment();
      counters().bytes.Increment(static_cast<double>(decided.size));
    }
    if (!gone.empty()) {
      RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
        tx.execute("delete from blob_removal where id = any(:rows)", {{"rows", gone}});
        return {};
      }));
    }
    if (page.size() < kPage) return {};
  }
}

// Says yes where the store's mark is this database's, and puts one where neither has any yet. A restored backup of the
// database knows its mark; a new database in front of old bytes does not, and must not judge them.
Result<bool> Sweep::bears_our_mark(Run& run, const Stores::Entry& entry) {
  const std::string& store = entry.store->name();
  std::optional<std::string> found;
  if (auto content = entry.store->read(std::string(kMarkFile), 0, 4096)) {
    found = std::string(trim(*content));
  } else if (content.error().code != Code::not_found) {
    return std::unexpected(std::move(content).error());
  }
  struct Mark {
    Uuid id;
    bool written;
  };
  auto known = [&](db::Transaction& tx) {
    return tx.one("select mark, written from blob_store_mark where store = :store", {{"store", store}},
                  [](const db::Row& row) { return Mark{row.get<Uuid>(0), row.get<bool>(1)}; });
  };
  RV_TRY(std::optional<Mark> mark,
         database_.read([&](db::Transaction& tx) -> Result<std::optional<Mark>> { return known(tx); }));
  if (mark && found == mark->id.text() && mark->written) return true;
  if (run.dry) return !found && !mark;
  if ((mark && mark->written) || (found && (!mark || *found != mark->id.text()))) {
    log::error(
        "a store does not bear this database's mark, so that no orphans are looked for in it; is its disk "
        "mounted, and its database the right one? If so, put the mark there, or remove its row",
        {{"store", store},
         {"file", std::string(kMarkFile)},
         {"found", found.value_or("")},
         {"expected", mark ? mark->id.text() : ""}});
    ++run.report.failures;
    return false;
  }
  if (!mark) {
    const Uuid fresh = Uuid::v7();
    RV_TRY(mark, database_.write([&](db::Transaction& tx) -> Result<std::optional<Mark>> {
      tx.execute(
          "insert into blob_store_mark (store, mark, written) values (:store, :mark, :written) "
          "on conflict do nothing",
          {{"store", store}, {"mark", fresh}, {"written", false}});
      return known(tx);
    }));
  }
  RV_CHECK(put_mark(entry, mark->id.text() + "\n"));
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    tx.execute("update blob_store_mark set written = :yes where store = :store", {{"yes", true}, {"store", store}});
    return {};
  }));
  return true;
}

Result<void> Sweep::remove_orphans(Run& run, const Stores::Entry& entry) {
  if (entry.parts != nullptr) {
    if (entry.parts->path("x").empty()) return {};  // no directory
  } else {
    if (entry.direct == nullptr) return {};
    if (std::chrono::steady_clock::now() < next_look_[entry.store->name()]) return {};
  }
  RV_CHECK(look_for_orphans(run, entry));
  const auto pause = run.away(entry.store->name()) ? pauses_.away : pauses_.remote;
  next_look_[entry.store->name()] =
      std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(pause, now() - run.cutoff);
  return {};
}

Result<void> Sweep::look_for_orphans(Run& run, const Stores::Entry& entry) {
  auto marked = bears_our_mark(run, entry);
  if (!marked) {
    run.fail("a store's mark could not be read or written", entry.store->name(), std::string(kMarkFile),
             marked.error());
    return {};
  }
  if (!*marked) return {};
  RV_CHECK(remove_orphan_files(run, entry));
  if (entry.direct != nullptr) RV_CHECK(remove_orphan_uploads(run, entry));
  return {};
}

Result<std::set<std::string>> Sweep::known_keys(const std::string& store, const std::vector<std::string>& keys) {
  if (keys.empty()) return std::set<std::string>();
  return database_.read([&](db::Transaction& tx) -> Result<std::set<std::string>> {
    std::set<std::string> known;
    tx.each(
        "select object_key from blob where store = :store and object_key = any(:keys) "
        "union all select object_key from blob_removal where store = :store and object_key = any(:keys)",
        {{"store", store}, {"keys", keys}}, [&](const db::Row& row) { known.insert(row.get<std::string>(0)); });
    return known;
  });
}

Result<void> Sweep::remove_orphan_files(Run& run, const Stores::Entry& entry) {
  const std::string& store = entry.store->name();
  const std::int64_t cutoff_ns = unix_ms(run.cutoff) * 1'000'000;
  // By our own folders: a store may hold a million files of a user's beside them.
  for (int folder = 0; folder < 256; ++folder) {
    const std::string prefix = fmt::format("{:02x}/", folder);
    std::string after;
    while (!run.away(store)) {
      auto page = entry.store->list(prefix, after, kFilePage);
      if (!page) {
        run.fail("a store could not be searched for orphans", store, prefix, page.error());
        return {};
      }
      const bool last = page->size() < kFilePage;
      after = page->empty() ? "" : page->back().key;
      // A store that does not say when an object was written (0) gives no reason to take it for an old one.
      std::erase_if(*page, [&](const ListedObject& object) {
        return !is_random_key(object.key) || object.info.mtime_ns <= 0 || object.info.mtime_ns > cutoff_ns;
      });
      std::vector<std::string> keys;
      for (const ListedObject& object : *page) keys.push_back(object.key);
      RV_TRY(const std::set<std::string> known, known_keys(store, keys));
      for (const ListedObject& object : *page) {
        if (known.contains(object.key)) continue;
        if (!run.dry) {
          if (auto removed = entry.store->remove(object.key); !removed) {
            run.fail("an orphan could not be removed", store, object.key, removed.error());
            if (run.away(store)) return {};
            continue;
          }
          log::info("a file that no row names was removed", {{"store", store}, {"key", object.key}});
          counters().orphans.Increment();
          counters().bytes.Increment(static_cast<double>(object.info.size));
        }
        ++run.report.orphan_files;
        run.report.bytes += object.info.size;
      }
      if (last) break;
    }
  }
  return {};
}

// The row of an upload's blob is there as long as it is open.
Result<void> Sweep::remove_orphan_uploads(Run& run, const Stores::Entry& entry) {
  const std::string& store = entry.store->name();
  std::optional<DirectPartStore::Begun> after;
  while (!run.away(store)) {
    auto page = entry.direct->begun(after, kFilePage);
    if (!page) {
      run.fail("a store could not be searched for abandoned uploads", store, "", page.error());
      return {};
    }
    if (page->empty()) return {};
    after = page->back();
    const bool last = page->size() < kFilePage;
    std::erase_if(*page, [&](const auto& begun) { return !is_random_key(begun.key) || begun.at > run.cutoff; });
    std::vector<std::string> keys;
    for (const auto& begun : *page) keys.push_back(begun.key);
    RV_TRY(const std::set<std::string> known, known_keys(store, keys));
    for (const auto& begun : *page) {
      if (known.contains(begun.key) || run.away(store)) continue;
      if (!run.dry) {
        if (auto cancelled = entry.direct->cancel(begun.key, begun.multipart); !cancelled) {
          run.fail("an abandoned upload could not be cancelled", store, begun.key, cancelled.error());
          continue;
        }
        log::info("an upload in parts that no row names was cancelled", {{"store", store}, {"key", begun.key}});
        counters().uploads.Increment();
      }
      ++run.report.orphan_uploads;
    }
    if (last) return {};
  }
  return {};
}

}  // namespace reelvault::storage
