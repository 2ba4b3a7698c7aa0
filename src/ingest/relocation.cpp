#include "ingest/relocation.hpp"

#include "base/text.hpp"
#include "catalog/batch_repository.hpp"
#include "storage/copy.hpp"
#include "storage/rename_store.hpp"
#include "storage/sweep.hpp"

namespace reelvault::ingest {

namespace json = boost::json;
using catalog::Asset;
using catalog::AssetStatus;
using catalog::Operation;
using jobs::Failure;

namespace {

constexpr std::string_view file_job = "relocate";
constexpr std::string_view folder_job = "relocate-folder";
constexpr std::string_view removal_job = "remove-object";
constexpr int page = 100;
constexpr int attempts = 8;

Failure failure_of(const Error& error) {
  return {
      .code = error.type.empty() ? "relocation-failed" : error.type, .message = error.message, .detail = error.detail};
}

std::unexpected<Failure> stopped() {
  return std::unexpected(
      Failure{.code = std::string(jobs::kWorkerStopped), .message = "The server stopped, or the job was cancelled."});
}

// Something else is made of its content now, which reads the object where it is.
bool busy(AssetStatus status) {
  switch (status) {
    case AssetStatus::available:
    case AssetStatus::restored:
    case AssetStatus::error:
    case AssetStatus::renaming:
    case AssetStatus::moving: return false;
    default: return true;
  }
}

Operation operation_of(const jobs::Job& job) {
  const auto* name = job.payload.if_contains("operation");
  return name && name->is_string() && name->get_string() == "rename" ? Operation::rename : Operation::transfer_move;
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_string() ? std::string(std::string_view(value->get_string())) : std::string();
}

}  // namespace

void Relocation::register_types() {
  auto add = [this](std::string_view name, auto run, bool ends) {
    jobs::Type type;
    type.name = name;
    type.in_server = true;
    type.run = [run](const jobs::Job& job, const std::function<void(double)>& progress,
                     const std::atomic<bool>& stop) -> std::expected<json::object, Failure> {
      if (auto done = run(job, progress, stop); !done) return std::unexpected(std::move(done).error());
      return json::object{};
    };
    type.succeeded = [this, ends](db::Transaction& tx, const jobs::Job& job, const json::object&) -> Result<void> {
      return ends ? ended(tx, job, "its object lies where it is named") : Result<void>{};
    };
    type.failed = [this, ends](db::Transaction& tx, const jobs::Job& job, const Failure& failure) -> Result<void> {
      return ends ? ended(tx, job, "its object stays where it was: " + failure.message) : Result<void>{};
    };
    jobs_.add(std::move(type));
  };
  add(
      file_job,
      [this](const jobs::Job& job, const auto& progress, const auto& stop) { return relocate(job, progress, stop); },
      true);
  add(folder_job, [this](const jobs::Job& job, const auto&, const auto& stop) { return spread(job, stop); }, false);
  add(removal_job, [this](const jobs::Job& job, const auto&, const auto&) { return remove_object(job); }, false);
  assets_.on_removed([this](db::Transaction& tx, const Asset& asset) { removed(tx, asset); });
}

// Nothing: its object is not this bucket's to move, or lies where it should.
std::optional<Relocation::Plan> Relocation::plan(db::Transaction& tx, const Asset& asset) {
  auto registration = registrations_.of_asset(tx, asset.row);
  if (!registration || asset.deleted_at) return std::nullopt;
  auto place = assets_.place_of(tx, asset);
  if (!place || !place->managed || place->store != registration->location.store) return std::nullopt;
  const auto rows = assets_.repository().ancestors(tx, asset.row);  // itself first, the bucket last
  std::map<std::int64_t, std::string> names;
  for (Asset& each : assets_.repository().rows(tx, rows)) names.emplace(each.row, std::move(each.name));
  std::string key;
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    if (row == rows.rbegin()) continue;
    key += (key.empty() ? "" : "/") + names[*row];
  }
  key = place->key_prefix + key;
  if (!storage::check_key(key) || (key == registration->location.key && !registration->moving_to)) return std::nullopt;
  return Plan{std::move(*registration), place->key_prefix, std::move(key)};
}

Result<std::optional<std::int64_t>> Relocation::placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                                       Operation operation) {
  const json::object payload{{"operation", operation == Operation::rename ? "rename" : "move"}};
  if (asset.folder_like()) {
    auto place = assets_.place_of(tx, asset);
    if (!place || !place->managed) return std::nullopt;
    return jobs_.enqueue(tx, {.type = std::string(folder_job),
                              .asset_row = asset.row,
                              .asset_id = asset.id,
                              .key = {},
                              .payload = payload,
                              .priority = 15,
                              .needs = {}});
  }
  if (!plan(tx, asset)) return std::nullopt;
  const Operation status_of = operation == Operation::rename ? Operation::rename : Operation::transfer_move;
  if (catalog::allowed(status_of, asset.status))
    RV_CHECK(assets_.transit(tx, asset, status_of, by, "its object gets another key"));
  std::vector<std::int64_t> needs;  // what reads the object where it is
  for (const jobs::Job& job : jobs_.history(tx, asset.row))
    if (!jobs::ended(job.status)) needs.push_back(job.row);
  return jobs_.enqueue(tx, {.type = std::string(file_job),
                            .asset_row = asset.row,
                            .asset_id = asset.id,
                            .version = asset.version,
                            .key = {},
                            .payload = payload,
                            .priority = 15,
                            .flow = jobs::flow_of(file_job, by.user_id),
                            .max_attempts = attempts,
                            .needs = std::move(needs)});
}

Result<std::string> Relocation::choose(const Plan& plan, const storage::Stores::Entry& entry) {
  const std::size_t slash = plan.desired.rfind('/') + 1;
  for (int number = 1; number < 1000; ++number) {
    std::string key =
        number == 1 ? plan.desired : plan.desired.substr(0, slash) + numbered_name(plan.desired.substr(slash), number);
    if (key == plan.registration.location.key) return key;
    auto there = entry.store->stat(key);
    if (there) continue;
    if (there.error().code != Code::not_found) return std::unexpected(std::move(there).error());
    return key;
  }
  return fail(Code::conflict, "object-exists", "Every key for that name is taken.");
}

Result<void> Relocation::carry(const jobs::Job& job, const storage::Stores::Entry& entry, const Plan& plan,
                               const std::string& to, const std::function<void(double)>& progress,
                               const std::atomic<bool>& stop) {
  const storage::Location& from = plan.registration.location;
  if (auto* renames = dynamic_cast<storage::RenameStore*>(entry.store.get())) return renames->rename(from.key, to);
  const std::filesystem::path scratch = scratch_ / ("relocate-" + job.id.text());
  std::error_code ignored;
  std::filesystem::create_directories(scratch, ignored);
  auto copied = storage::copy_object(
      stores_,
      {.from = from, .size = plan.registration.found.size, .sha256 = {}, .to = {from.store, to}, .scratch = scratch},
      [&](std::uint64_t done, std::uint64_t total) {
        if (total > 0) progress(100.0 * static_cast<double>(done) / static_cast<double>(total));
        return !stop;
      });
  std::filesystem::remove_all(scratch, ignored);
  RV_CHECK(std::move(copied));
  return entry.store->remove(from.key);
}

Result<void> Relocation::settle_at(const jobs::Job& job, const Plan& plan, const std::string& to,
                                   const storage::ObjectInfo& info) {
  return assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    auto asset = assets_.repository().lock_row(tx, job.asset_row);
    auto registration = registrations_.find(tx, plan.registration.location);
    if (!registration || registration->row != plan.registration.row) return {};
    blobs_.relocate(tx, registration->location, to, registration->found, info);
    registration->location.key = to;
    registration->found = info;
    registration->moving_to.reset();
    registrations_.update(tx, *registration);
    if (!asset) return {};
    assets_.repository().set_source_key(tx, *asset, to.substr(to.starts_with(plan.prefix) ? plan.prefix.size() : 0));
    assets_.changed(tx, *asset, "relocate");
    return {};
  });
}

Relocation::Outcome Relocation::relocate(const jobs::Job& job, const std::function<void(double)>& progress,
                                         const std::atomic<bool>& stop) {
  db::Database& database = assets_.database();
  while (!stop) {
    auto found = database.write([&](db::Transaction& tx) -> Result<std::optional<Plan>> {
      auto asset = assets_.repository().lock_row(tx, job.asset_row);
      auto next = asset ? plan(tx, *asset) : std::nullopt;
      if (!next) return std::optional<Plan>{};
      if (busy(asset->status))
        return fail(Code::conflict, "asset-busy", fmt::format("The asset is {}.", catalog::status_name(asset->status)));
      if (catalog::allowed(operation_of(job), asset->status))
        RV_CHECK(assets_.transit(tx, *asset, operation_of(job), Principal::system(), "its object gets another key"));
      return next;
    });
    if (!found) return std::unexpected(failure_of(found.error()));
    if (!*found) return {};
    Plan& plan = **found;
    const auto* entry = stores_.find(plan.registration.location.store);
    if (!entry)
      return std::unexpected(
          Failure{.code = "no-store", .message = "The store of the object is not configured on this server."});

    // What an attempt that was cut off has done already.
    if (plan.registration.moving_to) {
      const std::string to = *plan.registration.moving_to;
      auto source = entry->store->stat(plan.registration.location.key);
      auto target = entry->store->stat(to);
      if (!source && source.error().code != Code::not_found) return std::unexpected(failure_of(source.error()));
      if (!target && target.error().code != Code::not_found) return std::unexpected(failure_of(target.error()));
      if (!source && target && target->size == plan.registration.found.size) {
        if (auto settled = settle_at(job, plan, to, *target); !settled)
          return std::unexpected(failure_of(settled.error()));
        continue;
      }
      if (!source) {
        auto forgotten = database.write([&](db::Transaction& tx) -> Result<void> {
          plan.registration.moving_to.reset();
          registrations_.update(tx, plan.registration);
          return {};
        });
        if (!forgotten) return std::unexpected(failure_of(forgotten.error()));
        return std::unexpected(Failure{.code = "object-gone",
                                       .message = "The registered object is not there any more.",
                                       .detail = {},
                                       .permanent = true});
      }
    }
    auto to = choose(plan, *entry);
    if (!to) return std::unexpected(failure_of(to.error()));
    const bool stays = *to == plan.registration.location.key;
    auto intended = database.write([&](db::Transaction& tx) -> Result<void> {
      plan.registration.moving_to = stays ? std::nullopt : std::optional(*to);
      registrations_.update(tx, plan.registration);
      return {};
    });
    if (!intended) return std::unexpected(failure_of(intended.error()));
    if (stays) return {};
    if (auto carried = carry(job, *entry, plan, *to, progress, stop); !carried) {
      Failure failure = failure_of(carried.error());
      if (stop) return stopped();
      failure.permanent = carried.error().code == Code::not_found;
      return std::unexpected(std::move(failure));
    }
    auto info = entry->store->stat(*to);
    if (!info) return std::unexpected(failure_of(info.error()));
    if (auto settled = settle_at(job, plan, *to, *info); !settled) return std::unexpected(failure_of(settled.error()));
    // A number stands at the end of a key that was taken: that is its place now.
    if (*to != plan.desired) return {};
  }
  return stopped();
}

Result<void> Relocation::ended(db::Transaction& tx, const jobs::Job& job, const std::string& reason) {
  auto asset = assets_.repository().lock_row(tx, job.asset_row);
  if (!asset || (asset->status != AssetStatus::renaming && asset->status != AssetStatus::moving)) return {};
  return assets_.transit(tx, *asset, Operation::transfer_end, Principal::system(), reason);
}

// Of a folder that was renamed or moved: each file below it, as if that had been done to it alone.
Relocation::Outcome Relocation::spread(const jobs::Job& job, const std::atomic<bool>& stop) {
  const Operation operation = operation_of(job) == Operation::rename ? Operation::rename : Operation::move;
  std::deque<std::int64_t> folders{job.asset_row};
  while (!folders.empty()) {
    const std::int64_t folder = folders.front();
    folders.pop_front();
    std::int64_t after = 0;
    while (true) {
      if (stop) return stopped();
      struct Page {
        std::vector<std::int64_t> folders;
        std::int64_t last = 0;
        std::size_t rows = 0;
      };
      auto done = assets_.database().write([&](db::Transaction& tx) -> Result<Page> {
        Page out;
        for (const auto& child : catalog::BatchRepository{}.children(tx, folder, after, page, true)) {
          ++out.rows;
          out.last = child.row;
          if (child.type != catalog::AssetType::file) {
            out.folders.push_back(child.row);
          } else if (auto asset = assets_.repository().lock_row(tx, child.row)) {
            RV_TRY(const auto carries, placed(tx, *asset, Principal::system(), operation));
            if (carries) catalog::BatchRepository{}.wait_as(tx, job.row, *carries);
          }
        }
        return out;
      });
      if (!done) return std::unexpected(failure_of(done.error()));
      folders.insert(folders.end(), done->folders.begin(), done->folders.end());
      after = done->last;
      if (done->rows < static_cast<std::size_t>(page)) break;
    }
  }
  return {};
}

// The sweep would remove the bytes too, after its grace time; a copy that shares them keeps them until then.
void Relocation::removed(db::Transaction& tx, const Asset& asset) {
  auto registration = registrations_.of_asset(tx, asset.row);
  if (!registration) return;
  auto place = assets_.place_of(tx, asset);
  if (!place || !place->managed || place->store != registration->location.store) return;
  blobs_.own(tx, registration->location);
  jobs_.enqueue(tx, {.type = std::string(removal_job),
                     .asset_row = 0,
                     .asset_id = {},
                     .key = {},
                     .payload = {{"store", registration->location.store},
                                 {"key", registration->location.key},
                                 {"size", registration->found.size},
                                 {"etag", registration->found.etag}},
                     .priority = 15,
                     .max_attempts = attempts,
                     .needs = {}});
}

Relocation::Outcome Relocation::remove_object(const jobs::Job& job) {
  const storage::Location location{text_of(job.payload, "store"), text_of(job.payload, "key")};
  const auto* entry = stores_.find(location.store);
  if (!entry)
    return std::unexpected(
        Failure{.code = "no-store", .message = "The store of the object is not configured on this server."});
  auto wanted = assets_.database().read([&](db::Transaction& tx) -> Result<bool> {
    auto registration = registrations_.find(tx, location);
    return !blobs_.in_use(tx, location) && !(registration && registration->asset_row);
  });
  if (!wanted) return std::unexpected(failure_of(wanted.error()));
  if (!*wanted) return {};
  storage::ObjectInfo before{.size = job.payload.at("size").to_number<std::uint64_t>(),
                             .etag = text_of(job.payload, "etag")};
  auto there = entry->store->stat(location.key);
  // Somebody put another one there: that one was not what was deleted.
  if (there && !unchanged(before, *there)) return {};
  if (there || there.error().code != Code::not_found)
    if (auto gone = entry->store->remove(location.key); !gone) return std::unexpected(failure_of(gone.error()));
  auto forgotten = assets_.database().write([&](db::Transaction& tx) -> Result<void> {
    if (auto registration = registrations_.find(tx, location); registration && !registration->asset_row)
      registrations_.remove(tx, registration->row);
    if (auto blob = blobs_.find(tx, location)) blobs_.forget(tx, blob->row);
    return {};
  });
  if (!forgotten) return std::unexpected(failure_of(forgotten.error()));
  return {};
}

}  // namespace reelvault::ingest
