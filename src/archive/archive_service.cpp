#include "archive/archive_service.hpp"

#include "base/log.hpp"
#include "base/text.hpp"
#include "jobs/scratch.hpp"
#include "storage/sweep.hpp"

namespace reelvault::archive {

namespace json = boost::json;
using catalog::Asset;
using catalog::AssetStatus;
using catalog::Operation;

namespace {

constexpr int kAttempts = 4;
constexpr int kPage = 200;

std::string_view job_type(Direction direction) { return direction == Direction::archive ? "archive" : "restore"; }

std::string text_of(const json::object& object, std::string_view name, std::string otherwise) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::move(otherwise);
}

bool waiting(Direction direction, AssetStatus status) {
  return direction == Direction::archive ? status == AssetStatus::pending_archive || status == AssetStatus::archiving
                                         : status == AssetStatus::pending_restore || status == AssetStatus::restoring;
}

}  // namespace

std::optional<std::string> parse_thaw_tier(std::string_view word) {
  for (std::string_view tier : {"Expedited", "Standard", "Bulk"}) {
    if (lower_ascii(word) == lower_ascii(tier)) return std::string(tier);
  }
  return std::nullopt;
}

void ArchiveService::register_types() {
  for (const Direction direction : {Direction::archive, Direction::restore}) {
    jobs::Type type;
    type.name = job_type(direction);
    type.in_server = true;
    type.crew = kCrew;
    type.run = [this, direction](const jobs::Job& job, const std::function<void(double)>& progress,
                                 const std::atomic<bool>& stop) { return run(direction, job, progress, stop); };
    type.succeeded = [this, direction](db::Transaction& tx, const jobs::Job& job, const json::object& result) {
      return done(tx, direction, job, result);
    };
    type.failed = [this, direction](db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure) {
      return failed(tx, direction, job, failure.message);
    };
    jobs_.add(std::move(type));
  }
}

void ArchiveService::declare(catalog::BatchService& batches) {
  using Made = std::optional<catalog::BatchAction::Made>;
  batches.add({.name = "Archive",
               .route = "archive",
               .summary = "Move an asset's content into the archive tier of its bucket",
               .reach = catalog::BatchAction::Reach::files_below,
               .act = [this](db::Transaction& tx, const catalog::BatchCall& call,
                             catalog::BatchAction::Step& step) -> Result<Made> {
                 RV_TRY(const std::int64_t job, request_archive(tx, call.by, step.asset));
                 step.jobs.push_back(job);
                 return std::nullopt;
               }});
  batches.add(
      {.name = "Restore",
       .route = "restore",
       .summary = "Bring an asset's content back from the archive",
       .reach = catalog::BatchAction::Reach::files_below,
       .check = [](db::Transaction&, const catalog::BatchCall& call, std::vector<FieldFault>& faults) -> Result<void> {
         const json::value* tier = call.arguments.if_contains("tier");
         if (tier == nullptr || tier->is_null()) return {};
         if (!tier->is_string() || !parse_thaw_tier(std::string_view(tier->get_string()))) {
           faults.push_back({"/tier", "must be one of Expedited, Standard, Bulk"});
         }
         return {};
       },
       .act = [this](db::Transaction& tx, const catalog::BatchCall& call,
                     catalog::BatchAction::Step& step) -> Result<Made> {
         const std::string tier = text_of(call.arguments, "tier", "Standard");
         RV_TRY(const auto job, request_restore(tx, call.by, step.asset, parse_thaw_tier(tier).value_or("Standard")));
         if (job) step.jobs.push_back(*job);
         return std::nullopt;
       },
       .outside_admin = true});
}

std::int64_t ArchiveService::enqueue(db::Transaction& tx, Direction direction, const Principal& by, const Asset& asset,
                                     json::object payload) {
  return jobs_.enqueue(tx, {.type = std::string(job_type(direction)),
                            .asset_row = asset.row,
                            .asset_id = asset.id,
                            .payload = std::move(payload),
                            .flow = jobs::flow_of(job_type(direction), by.user_id),
                            .max_attempts = kAttempts});
}

Result<std::int64_t> ArchiveService::request_archive(db::Transaction& tx, const Principal& by, Asset& asset) {
  RV_CHECK(catalog::after(Operation::archive_request, asset.status));
  const auto place = assets_.place_of(tx, asset);
  if (!place) return fail_not_found();
  RV_CHECK(archive_tier(*place, assets_.stores()));
  const bool restored = asset.status == AssetStatus::restored;
  RV_CHECK(assets_.transit(tx, asset, Operation::archive_request, by, "archive"));
  return enqueue(tx, Direction::archive, by, asset, {{"restored", restored}});
}

Result<std::optional<std::int64_t>> ArchiveService::request_restore(db::Transaction& tx, const Principal& by,
                                                                    Asset& asset, const std::string& thaw_tier) {
  if (waiting(Direction::restore, asset.status)) {
    for (const jobs::Job& job : jobs_.history(tx, asset.row))
      if (job.type == job_type(Direction::restore) && !jobs::ended(job.status)) return job.row;
    return std::nullopt;
  }
  RV_CHECK(assets_.transit(tx, asset, Operation::restore_request, by, "restore"));
  return enqueue(tx, Direction::restore, by, asset, {{"tier", thaw_tier}});
}

Result<Tier> ArchiveService::target(db::Transaction& tx, Direction direction, const Asset& asset,
                                    catalog::AssetRepository::BucketPlace& place) {
  auto found = assets_.place_of(tx, asset);
  if (!found) return fail_not_found("bucket");
  place = std::move(*found);
  if (direction == Direction::archive) return archive_tier(place, assets_.stores());
  return usual_tier(place);
}

// Whether nobody else was given the job meanwhile. With the asset's row locked, which whoever ends the job does too.
bool ArchiveService::ours(db::Transaction& tx, const jobs::Job& job) {
  const auto now = jobs_.find(tx, job.id);
  return now && now->status == jobs::Status::running && now->fence == job.fence;
}

Result<ArchiveService::Begun> ArchiveService::begin(db::Transaction& tx, Direction direction, const jobs::Job& job) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return Begun{{}, {.code = "asset-gone", .message = "The asset was deleted.", .permanent = true}};
  if (!ours(tx, job)) return Begun{{}, stopped()};
  const Principal system = Principal::system();
  const Operation request = direction == Direction::archive ? Operation::archive_request : Operation::restore_request;
  const Operation begun = direction == Direction::archive ? Operation::archive : Operation::restore;
  // An administrator had a failed job tried again.
  if (!waiting(direction, asset->status)) {
    if (auto asked = assets_.transit(tx, *asset, request, system, "tried again"); !asked) {
      return Begun{{}, failure_of(asked.error())};
    }
  }
  if (catalog::allowed(begun, asset->status)) RV_CHECK(assets_.transit(tx, *asset, begun, system, "its turn came"));

  Work work;
  catalog::AssetRepository::BucketPlace place;
  auto tier = target(tx, direction, *asset, place);
  if (!tier) return Begun{{}, failure_of(tier.error())};
  work.target = std::move(*tier);
  std::set<std::int64_t> copied;
  std::map<std::int64_t, const Kept*> origins;
  const std::vector<Kept> all = repository_.of_asset(tx, asset->row);
  for (const Kept& kept : all) {
    if (kept.state == KeptState::origin) {
      origins[kept.source_row] = &kept;
      continue;
    }
    const auto blob = blobs_.find(tx, kept.blob_row);
    const bool good = kept.state == KeptState::copied && blob && work.target.holds(*blob);
    if (good) copied.insert(kept.source_row);
    if (!good) drop(tx, kept);  // begun before a crash
  }
  for (const std::int64_t row : repository_.content(tx, asset->row)) {
    auto blob = blobs_.find(tx, row);
    if (!blob || copied.contains(row)) continue;
    if (work.target.holds(*blob) && (blob->owned || direction == Direction::restore)) continue;
    if (const auto origin = origins.find(row); direction == Direction::restore && origin != origins.end()) {
      if (auto registered = blobs_.find(tx, origin->second->blob_row)) {
        work.origins.push_back({origin->second->row, std::move(*registered), *blob});
      }
    }
    work.to_copy.push_back(std::move(*blob));
  }
  return Begun{std::move(work), {}};
}

Outcome<json::object> ArchiveService::run(Direction direction, const jobs::Job& job,
                                          const std::function<void(double)>& progress, const std::atomic<bool>& stop) {
  auto begun = assets_.database().write([&](db::Transaction& tx) { return begin(tx, direction, job); });
  if (!begun) return std::unexpected(failure_of(begun.error()));
  if (!begun->work) return std::unexpected(begun->refusal);
  Work& work = *begun->work;
  std::vector<std::shared_ptr<const void>> leases;
  for (const storage::Blob& blob : work.to_copy) leases.push_back(storage::Sweep::lease(blob.row));

  // What this server never owned may lie where it was registered still, as it was.
  json::array origins;
  for (const Work::Origin& origin : work.origins) {
    const auto* entry = assets_.stores().find(origin.registered.location.store);
    if (entry == nullptr || stop) continue;
    const auto info = entry->store->stat(origin.registered.location.key);
    const auto expected = origin.registered.expected();
    if (!info || info->size != expected.size || (expected.mtime_ns != 0 && info->mtime_ns != expected.mtime_ns))
      continue;
    const auto there = storage::hash_object(*entry, origin.registered.location.key, expected.size, false,
                                            [&](std::uint64_t) { return !stop; });
    if (!there || !origin.archived.sha256 || there->sha256 != *origin.archived.sha256) continue;
    origins.push_back(origin.kept_row);
    std::erase_if(work.to_copy, [&](const storage::Blob& blob) { return blob.row == origin.archived.row; });
  }

  if (auto readable =
          make_readable(assets_.stores(), work.to_copy, text_of(job.payload, "tier", "Standard"), options_.poll);
      !readable) {
    return std::unexpected(readable.error());
  }
  double before = 0, whole = 0;
  for (const storage::Blob& blob : work.to_copy) whole += static_cast<double>(blob.size);
  for (const storage::Blob& blob : work.to_copy) {
    const auto size = static_cast<double>(blob.size);
    auto copied = copy(direction, job, work, blob, [&](std::uint64_t done, std::uint64_t total) {
      if (total > 0 && whole > 0) {
        progress(100 * (before + size * static_cast<double>(done) / static_cast<double>(total)) / whole);
      }
      return !stop;
    });
    if (!copied) return std::unexpected(copied.error());
    before += size;
  }
  return json::object{
      {"objects", work.to_copy.size()}, {"bytes", static_cast<std::uint64_t>(whole)}, {"origins", origins}};
}

Outcome<void> ArchiveService::copy(Direction direction, const jobs::Job& job, const Work& work,
                                   const storage::Blob& blob, const storage::GoOn& go_on) {
  db::Database& database = assets_.database();
  storage::Blob made{.location = {work.target.store, storage::random_key()}, .size = blob.size};
  made.storage_class = work.target.storage_class;
  // The row comes before the bytes: whatever happens now, somebody knows of them.
  auto kept = database.write([&](db::Transaction& tx) -> Result<std::optional<Kept>> {
    auto asset = assets_.repository().lock_row(tx, job.asset_row);
    if (!asset || !waiting(direction, asset->status) || !ours(tx, job)) return std::optional<Kept>{};
    Kept kept{.blob_row = blobs_.insert(tx, made), .source_row = blob.row};
    blobs_.refer(tx, kept.blob_row);
    kept.row = repository_.insert(tx, asset->row, kept);
    return std::optional(kept);
  });
  if (!kept) return std::unexpected(failure_of(kept.error()));
  if (!*kept) return std::unexpected(stopped());

  auto copied = storage::copy_object(assets_.stores(),
                                     {.from = blob.location,
                                      .size = blob.size,
                                      .sha256 = blob.sha256,
                                      .to = made.location,
                                      .scratch = jobs::Scratch(options_.scratch).out(job.id, job.fence),
                                      .storage_class = made.storage_class},
                                     go_on);
  auto recorded = database.write([&](db::Transaction& tx) -> Result<bool> {
    auto asset = assets_.repository().lock_row(tx, job.asset_row);
    if (!copied) {
      if (asset) drop(tx, **kept);
      return true;
    }
    if (!asset || !repository_.set_copied(tx, (*kept)->row)) return false;
    blobs_.set_hashes(tx, (*kept)->blob_row, copied->sha256, copied->crc32);
    return true;
  });
  if (!copied) {
    if (copied.error().type == "copy-stopped") return std::unexpected(stopped());
    return std::unexpected(failure_of(copied.error()));
  }
  if (!recorded) return std::unexpected(failure_of(recorded.error()));
  if (!*recorded) return std::unexpected(stopped());
  return {};
}

void ArchiveService::drop(db::Transaction& tx, const Kept& kept) {
  if (repository_.remove(tx, kept.row)) blobs_.release(tx, kept.blob_row);
}

Result<void> ArchiveService::swap(db::Transaction& tx, const Asset& asset, Direction direction, const Tier& target,
                                  const catalog::AssetRepository::BucketPlace& place,
                                  const std::set<std::int64_t>& origins) {
  const std::vector<Kept> all = repository_.of_asset(tx, asset.row);
  for (const std::int64_t from : repository_.content(tx, asset.row)) {
    const auto blob = blobs_.find(tx, from);
    const auto kept = std::ranges::find_if(all, [&](const Kept& one) {
      return one.source_row == from &&
             (one.state == KeptState::copied || (one.state == KeptState::origin && origins.contains(one.row)));
    });
    if (kept == all.end()) {
      if (blob && target.holds(*blob)) continue;
      return fail(Code::conflict, "content-changed", "The asset's content changed meanwhile.",
                  fmt::format("blob {} was not copied", from));
    }
    const std::int64_t uses = repository_.swap(tx, asset.row, from, kept->blob_row);
    blobs_.refer(tx, kept->blob_row, static_cast<int>(uses));
    blobs_.publish(tx, kept->blob_row);
    if (direction == Direction::archive && !blob->owned && !place.managed) {
      // Not ours to remove: it stays known as what this asset was registered from.
      repository_.insert(tx, asset.row, {.blob_row = from, .source_row = kept->blob_row, .state = KeptState::origin});
      blobs_.refer(tx, from);
    }
    blobs_.release(tx, from, static_cast<int>(uses));
    if (direction == Direction::archive && !blob->owned && place.managed) blobs_.own_unreferenced(tx, from);
  }
  for (const Kept& kept : all) {
    if (kept.state != KeptState::origin || direction == Direction::restore) drop(tx, kept);
  }
  return {};
}

Result<void> ArchiveService::done(db::Transaction& tx, Direction direction, const jobs::Job& job,
                                  const json::object& result) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return fail(Code::not_found, "asset-gone", "The asset was deleted meanwhile.");
  catalog::AssetRepository::BucketPlace place;
  RV_TRY(const Tier tier, target(tx, direction, *asset, place));
  std::set<std::int64_t> origins;
  if (const auto* rows = result.if_contains("origins"); rows != nullptr && rows->is_array()) {
    for (const json::value& row : rows->get_array()) origins.insert(row.to_number<std::int64_t>());
  }
  RV_CHECK(swap(tx, *asset, direction, tier, place, origins));
  assets_.repository().set_storage_class(tx, *asset,
                                         direction == Direction::archive ? std::optional(tier.word()) : std::nullopt);
  const Operation end = direction == Direction::archive ? Operation::archive_done : Operation::restore_done;
  return assets_.transit(tx, *asset, end, Principal::system(), "copied and found right by its checksums");
}

Result<void> ArchiveService::failed(db::Transaction& tx, Direction direction, const jobs::Job& job,
                                    const std::string& reason) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset) return {};
  for (const Kept& kept : repository_.of_asset(tx, asset->row)) {
    if (kept.state != KeptState::origin) drop(tx, kept);
  }
  if (!waiting(direction, asset->status)) return {};
  Operation undone = Operation::restore_failed;
  if (direction == Direction::archive) {
    const auto* restored = job.payload.if_contains("restored");
    undone = restored != nullptr && restored->is_bool() && restored->get_bool() ? Operation::archive_undone
                                                                                : Operation::archive_failed;
  }
  return assets_.transit(tx, *asset, undone, Principal::system(), reason);
}

Result<void> ArchiveService::reconcile() {
  std::int64_t after = 0;
  while (true) {
    RV_TRY(const std::vector<std::int64_t> page,
           assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<std::int64_t>> {
             return repository_.in_work(tx, after, kPage);
           }));
    for (const std::int64_t row : page) {
      after = row;
      RV_CHECK(assets_.database().write([&](db::Transaction& tx) -> Result<void> {
        auto asset = assets_.repository().lock_row(tx, row);
        if (!asset) return {};
        for (const jobs::Job& job : jobs_.history(tx, row)) {
          const bool of_ours = job.type == job_type(Direction::archive) || job.type == job_type(Direction::restore);
          if (of_ours && !jobs::ended(job.status)) return {};
        }
        log::warning("an asset waited for a job that is not there", {{"asset", asset->id.text()}});
        const bool archiving = waiting(Direction::archive, asset->status);
        return failed(tx, archiving ? Direction::archive : Direction::restore, {.asset_row = row},
                      "The job that was at it is not there any more.");
      }));
    }
    if (page.size() < kPage) return {};
  }
}

}  // namespace reelvault::archive
