#include "app/maintenance.hpp"

#include "base/log.hpp"
#include "db/statistics.hpp"

namespace reelvault::app {

namespace {
constexpr std::chrono::minutes interval{5};
void report(std::string_view what, const Result<void>& done) {
  if (!done)
    log::error(fmt::format("{} failed", what), {{"message", done.error().message}, {"detail", done.error().detail}});
}
}  // namespace

Maintenance::Maintenance(const Config& config, Rooms& rooms)
    : config_(config),
      rooms_(rooms),
      sweep_(rooms.database, *rooms.stores),
      hearing_([this] { hear(); }),
      tidying_([this] { tidy(); }) {}

Maintenance::~Maintenance() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  sweep_.stop();
  wake_.notify_all();
  hearing_.join();
  tidying_.join();
}

bool Maintenance::stopped_within(std::chrono::seconds time) {
  std::unique_lock lock(mutex_);
  return wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Maintenance::hear() {
  using clock = std::chrono::steady_clock;
  // Of a large library whose database comes from a cold disk the first try may run out of time.
  auto read_ahead = [this] {
    auto asked = rooms_.index->read_ahead();
    report("reading ahead for searches", asked);
    return asked.has_value();
  };
  bool ahead = read_ahead();
  auto next_look = clock::now() + std::chrono::seconds(30);
  auto next_count = clock::now() + std::chrono::seconds(2);
  while (!stopped_within(std::chrono::seconds(1))) {
    if (!ahead) ahead = read_ahead();
    report("hearing of changed accounts", rooms_.accounts->refresh());
    if (clock::now() >= next_count) {
      report("counting the database's tables", db::refresh_statistics(rooms_.database));
      next_count = clock::now() + std::chrono::seconds(5);
    }
    if (clock::now() >= next_look) {
      report("taking up batches", rooms_.batches->take_up(false));
      next_look = clock::now() + std::chrono::seconds(30);
    }
    report("the care of the search index", rooms_.index->tidy(std::chrono::milliseconds(500)));
  }
}

void Maintenance::tidy() {
  const auto grace = config_.seconds("storage.sweep_grace_s");
  const auto between = std::clamp<std::chrono::seconds>(grace, std::chrono::seconds(1), interval);
  // The first round is not at once: a server that just started has people waiting.
  auto pause = std::min<std::chrono::seconds>(between, std::chrono::seconds(10));
  while (!stopped_within(pause)) {
    round();
    pause = between;
  }
}

// What was thrown away long ago goes the way of any permanent deletion, a batch at a time.
Result<void> Maintenance::empty_bin() {
  const auto days = config_.integer("bin.days");
  if (days == 0) return {};
  RV_TRY(const auto old, rooms_.database.read([&](db::Transaction& tx) -> Result<std::vector<Uuid>> {
    return rooms_.assets->repository().bin_before(tx, now() - std::chrono::days(days), 200);
  }));
  if (old.empty()) return {};
  catalog::BatchRequest request;
  request.targetIds = old;
  RV_TRY(const auto done, rooms_.batches->run(Principal::system(), "Delete", request));
  log::info("emptied the bin", {{"assets", done.batch.totalCount}, {"failures", done.batch.failedCount}});
  return {};
}

void Maintenance::round() {
  report("cancelling idle uploads", rooms_.uploads->sweep());
  report("emptying the bin", empty_bin());
  rooms_.batches->forget_ended(now() - std::chrono::days(7));
  auto swept = sweep_.run(config_.seconds("storage.sweep_grace_s"));
  if (!swept)
    report("the sweep", std::unexpected(swept.error()));
  else if (swept->blobs + swept->orphan_files + swept->orphan_uploads > 0)
    log::info("swept", {{"blobs", swept->blobs},
                        {"orphanFiles", swept->orphan_files},
                        {"orphanUploads", swept->orphan_uploads},
                        {"bytes", swept->bytes},
                        {"failures", swept->failures}});
  if (auto pruned = rooms_.outbox->prune(std::chrono::hours(24), std::chrono::days(30)); !pruned)
    report("pruning events", std::unexpected(pruned.error()));
  report("emptying removed collections", rooms_.collections->tidy());
  report("pruning the audit", rooms_.audit->prune());
  report("pruning the log of webhooks", rooms_.webhook_dispatcher->prune());
  report("the care of accounts", rooms_.accounts->maintain(now()));
  for (const storage::Stores::Entry& entry : rooms_.stores->all())
    if (entry.parts) entry.parts->tidy(std::chrono::minutes(5));
}

}  // namespace reelvault::app
