#include "ingest/watcher.hpp"

#include "base/log.hpp"

namespace reelvault::ingest {
namespace {

constexpr int kPage = 5000;                 // objects listed, and compared by one query, at a time
constexpr std::size_t kMostSeen = 200'000;  // that wait to come to rest; more wait for a later look
constexpr std::size_t kTogether = 100;      // registered together
constexpr int kMostFailures = 100'000;      // remembered at a time
constexpr int kFailuresShown = 100;
constexpr std::chrono::minutes kHeld{2};  // that another node is not heard of before it is taken for gone

bool same(const storage::ObjectInfo& a, const storage::ObjectInfo& b) {
  return a.size == b.size && a.mtime_ns == b.mtime_ns && a.ctime_ns == b.ctime_ns && a.etag == b.etag;
}

}  // namespace

Watcher::Watcher(RegisterService& registers, catalog::AssetService& assets, Options options)
    : registers_(registers), assets_(assets), options_(std::move(options)) {
  if (options_.node.empty()) options_.node = Uuid::v7().text();
}

void Watcher::start() {
  thread_ = std::thread([this] { run(); });
}

void Watcher::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (!thread_.joinable()) return;
  thread_.join();
  // So that another node, or this one after its restart, need not wait.
  (void)assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    watches_.release(tx, options_.node, now());
    return {};
  });
}

bool Watcher::stopping() {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void Watcher::run() {
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.interval, [this] { return stopping_; })) {
    lock.unlock();
    auto buckets =
        assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<Uuid>> { return watches_.watched(tx); });
    if (!buckets) {
      log::error("watched buckets could not be read", {{"detail", buckets.error().detail}});
    } else {
      std::erase_if(seen_, [&](const auto& each) { return std::ranges::find(*buckets, each.first) == buckets->end(); });
      for (const Uuid& bucket : *buckets) {
        if (stopping()) break;
        if (auto looked = look(bucket); !looked && looked.error().type != "watched-elsewhere")
          log::error(
              "a watched bucket could not be looked through",
              {{"bucket", bucket.text()}, {"reason", looked.error().message}, {"detail", looked.error().detail}});
      }
    }
    lock.lock();
  }
}

Result<ScanReport> Watcher::look(const Uuid& bucket) {
  RV_TRY(const RegisterService::Place place, registers_.place(bucket));
  const std::int64_t row = place.bucket.row;
  RV_TRY(const bool ours, assets_.database().write([&](db::Transaction& tx) -> Result<bool> {
    return watches_.hold(tx, row, options_.node, now(), now() + kHeld);
  }));
  if (!ours) {
    seen_.erase(bucket);
    return fail(Code::conflict, "watched-elsewhere", "Another node looks through this bucket.");
  }
  ScanReport report{.started_at = now(), .ended_at = {}, .error = {}};
  auto looked = look_through(place, seen_[bucket], report);
  report.ended_at = now();
  report.waiting = static_cast<std::int64_t>(seen_[bucket].size());
  if (!looked) report.error = looked.error().message.empty() ? "The store could not be read." : looked.error().message;
  RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    watches_.report(tx, row, report);
    return {};
  }));
  if (report.registered > 0)
    log::info("registered objects of a watched bucket",
              {{"bucket", place.bucket.name}, {"objects", report.registered}});
  RV_CHECK(std::move(looked));
  return report;
}

Result<void> Watcher::look_through(const RegisterService::Place& place, SeenObjects& seen, ScanReport& report) {
  db::Database& database = assets_.database();
  const std::string& prefix = place.settings.key_prefix;
  std::map<std::string, WatchFailure> failures;
  RV_TRY(const auto failed, database.read([&](db::Transaction& tx) -> Result<std::vector<WatchFailure>> {
    return watches_.failures(tx, place.bucket.row, kMostFailures);
  }));
  for (const WatchFailure& failure : failed) failures.emplace(failure.object_key, failure);
  std::set<std::string> gone;  // of the failures
  for (const auto& [key, failure] : failures) gone.insert(key);

  SeenObjects next;
  std::string after;
  while (!stopping()) {
    RV_TRY(auto listed, storage::list_with_left_out(*place.store->store, prefix, after, kPage));
    RV_CHECK(note_left_out(place, listed.left_out, failures, gone, report));
    auto& page = listed.objects;
    const bool last = page.size() < static_cast<std::size_t>(kPage);
    // The ledger of the same stretch of keys; at the end, of all that follow.
    RV_TRY(const auto known, database.read([&](db::Transaction& tx) -> Result<std::map<std::string, Registration>> {
      std::map<std::string, Registration> out;
      for (Registration& each :
           registrations_.range(tx, place.settings.store, prefix, after, last ? "" : page.back().key, INT32_MAX))
        out.emplace(each.location.key, std::move(each));
      return out;
    }));
    std::set<std::int64_t> forgotten;  // registrations of objects that are gone, with assets that are gone
    for (const auto& [key, registration] : known)
      if (!registration.asset_row) forgotten.insert(registration.row);
    std::vector<Wanted> ready;
    const Clock::time_point moment = Clock::now();
    for (storage::ListedObject& object : page) {
      std::string key = object.key.substr(prefix.size());
      gone.erase(key);
      auto found = known.find(object.key);
      if (found != known.end()) forgotten.erase(found->second.row);
      if (own_object(object.key) || ignored_name(key)) {
        ++report.ignored;
        continue;
      }
      ++report.objects;
      // Whatever became of the asset: what is in the bin, or gone for good, is not brought back by itself.
      if (found != known.end() && (found->second.in_bin || unchanged(found->second.found, object.info))) continue;
      if (auto failure = failures.find(key); failure != failures.end() && failure->second.next_at > now()) continue;
      Seen now_seen{std::move(object.info), moment};
      if (auto before = seen.find(key); before != seen.end() && same(before->second.info, now_seen.info)) {
        now_seen.since = before->second.since;
        now_seen.looks = before->second.looks + 1;
      }
      if (now_seen.looks >= 2 && moment - now_seen.since >= options_.stable)
        ready.push_back({.key = key, .display_name = {}, .seen = now_seen.info});
      if (next.size() < kMostSeen) next.emplace(std::move(key), std::move(now_seen));
    }
    for (const Wanted& wanted : ready) next.erase(wanted.key);
    RV_CHECK(take(place, std::move(ready), failures, report));
    // Of a store that shows nothing at all, its disk not mounted perhaps, nothing is taken for removed.
    if (report.objects + report.ignored == 0) forgotten.clear();
    if (!forgotten.empty() || !last) {
      RV_CHECK(database.write([&](db::Transaction& tx) -> Result<void> {
        for (std::int64_t row : forgotten) registrations_.remove(tx, row);
        (void)watches_.hold(tx, place.bucket.row, options_.node, now(), now() + kHeld);
        return {};
      }));
    }
    if (last) break;
    after = page.back().key;
  }
  if (stopping()) return {};
  seen = std::move(next);
  return database.write([&](db::Transaction& tx) -> Result<void> {
    watches_.remove_failures(tx, place.bucket.row, {gone.begin(), gone.end()});
    return {};
  });
}

WatchFailure Watcher::failed_again(const std::string& key, std::string error, const WatchFailure* before) const {
  WatchFailure out{.object_key = key,
                   .error = std::move(error),
                   .attempts = before ? before->attempts + 1 : 1,
                   .first_at = before ? before->first_at : now(),
                   .last_at = now(),
                   .next_at = {}};
  const auto pause =
      std::min(options_.backoff * (std::int64_t{1} << std::min(out.attempts - 1, 20)), options_.backoff_max);
  out.next_at = out.last_at + pause;
  return out;
}

// Told once: it is seen at every look, and mended it is taken at once.
Result<void> Watcher::note_left_out(const RegisterService::Place& place, const std::vector<storage::LeftOut>& left_out,
                                    std::map<std::string, WatchFailure>& failures, std::set<std::string>& gone,
                                    ScanReport& report) {
  std::vector<WatchFailure> fresh;
  for (const storage::LeftOut& each : left_out) {
    const std::string key = each.key.substr(place.settings.key_prefix.size());
    if (own_object(key) || ignored_name(key)) {
      ++report.ignored;
      continue;
    }
    gone.erase(key);
    auto before = failures.find(key);
    const bool known = before != failures.end();
    if (known ? before->second.error == each.reason : failures.size() >= std::size_t{kMostFailures}) continue;
    log::warning("something in a watched bucket cannot be registered",
                 {{"bucket", place.bucket.name}, {"key", key}, {"reason", each.reason}});
    WatchFailure failure = failed_again(key, each.reason, known ? &before->second : nullptr);
    failure.next_at = failure.last_at;
    failures.insert_or_assign(key, failure);
    fresh.push_back(std::move(failure));
  }
  if (fresh.empty()) return {};
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    for (const WatchFailure& failure : fresh) watches_.put_failure(tx, place.bucket.row, failure);
    return {};
  });
}

Result<void> Watcher::take(const RegisterService::Place& place, std::vector<Wanted> ready,
                           std::map<std::string, WatchFailure>& failures, ScanReport& report) {
  const Terms terms{.bucket = place.bucket.name, .rename_on_conflict = true};
  for (std::size_t first = 0; first < ready.size() && !stopping(); first += kTogether) {
    std::vector<Wanted> some(std::make_move_iterator(ready.begin() + static_cast<std::ptrdiff_t>(first)),
                             std::make_move_iterator(ready.begin() + static_cast<std::ptrdiff_t>(
                                                                         std::min(first + kTogether, ready.size()))));
    RV_TRY(const auto results, registers_.take(Principal::system(), terms, some));
    std::vector<std::string> mended;
    std::vector<WatchFailure> fresh;
    for (std::size_t i = 0; i < some.size(); ++i) {
      const std::string& key = some[i].key;
      auto failure = failures.find(key);
      if (results[i]) {
        if (results[i]->outcome != Registered::Outcome::unchanged) ++report.registered;
        if (failure != failures.end()) mended.push_back(key);
        continue;
      }
      const Error& error = results[i].error();
      // Written to, or gone, since the look: it has its time again.
      if (error.type == "object-changing" || error.type == "no-object" || error.type == "in-bin") continue;
      WatchFailure now_failed = failed_again(
          key, error.faults.empty() ? error.message : fmt::format("The key {}.", error.faults.front().detail),
          failure == failures.end() ? nullptr : &failure->second);
      log::warning("an object of a watched bucket could not be registered", {{"bucket", place.bucket.name},
                                                                             {"key", key},
                                                                             {"reason", now_failed.error},
                                                                             {"detail", error.detail},
                                                                             {"attempts", now_failed.attempts}});
      fresh.push_back(std::move(now_failed));
    }
    if (mended.empty() && fresh.empty()) continue;
    RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
      watches_.remove_failures(tx, place.bucket.row, mended);
      for (const WatchFailure& failure : fresh) watches_.put_failure(tx, place.bucket.row, failure);
      return {};
    }));
  }
  return {};
}

Result<WatchStatus> Watcher::status(const Uuid& bucket) {
  RV_TRY(const RegisterService::Place place, registers_.place(bucket));
  return assets_.database().read([&](db::Transaction& tx) -> Result<WatchStatus> {
    return WatchStatus{.watched = place.settings.watched,
                       .last = watches_.last(tx, place.bucket.row),
                       .failed = watches_.count_failures(tx, place.bucket.row),
                       .failures = watches_.failures(tx, place.bucket.row, kFailuresShown)};
  });
}

}  // namespace reelvault::ingest
