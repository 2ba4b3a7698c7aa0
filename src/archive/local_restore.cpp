#include "archive/local_restore.hpp"

#include "archive/restored_file.hpp"
#include "storage/copy.hpp"
#include "storage/sweep.hpp"

namespace reelvault::archive {

namespace json = boost::json;
using catalog::Asset;

namespace {

constexpr std::string_view kType = "local-restore";
constexpr std::size_t kMostJobs = 500;
constexpr std::size_t kBlock = 1 << 20;

Result<std::string> sha256_of(int fd, const std::atomic<bool>& stop) {
  Digest digest(Digest::Kind::sha256);
  std::vector<std::byte> block(kBlock);
  for (std::uint64_t done = 0;;) {
    if (stop) return fail(Code::conflict, "copy-stopped", "The copying was stopped.");
    RV_TRY(const std::size_t got, read_at(fd, block, done));
    if (got == 0) return digest.finish();
    digest.update(std::span(block).first(got));
    done += got;
  }
}

jobs::Failure outcome_of(const Error& error) { return error.type == "copy-stopped" ? stopped() : failure_of(error); }

}  // namespace

std::span<const dto::Rule> LocalRestoreRequest::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "sourceAssetIds", .sentence = "Files whose originals are copied.", .min_length = 1, .max_length = 500},
      {.field = "restoreProfileNames",
       .sentence = "Restore profiles of the configuration.",
       .min_length = 1,
       .max_length = 20},
  };
  return rules;
}

std::span<const dto::Rule> OneLocalRestoreRequest::rules() { return LocalRestoreRequest::rules().subspan(1); }

void LocalRestoreService::register_type() {
  jobs::Type type;
  type.name = kType;
  type.in_server = true;
  type.crew = kCrew;
  type.run = [this](const jobs::Job& job, const std::function<void(double)>& progress, const std::atomic<bool>& stop) {
    return run(job, progress, stop);
  };
  jobs_.add(std::move(type));
}

Result<void> LocalRestoreService::check(const std::vector<std::string>& profile_names) const {
  Faults faults;
  for (std::size_t i = 0; i < profile_names.size(); ++i)
    if (!profiles_.contains(profile_names[i]))
      faults.add(fmt::format("/restoreProfileNames/{}", i), "is not a restore profile of this server");
  return faults.check();
}

Result<LocalRestoreAnswer> LocalRestoreService::request(const Principal& by, const LocalRestoreRequest& request) {
  RV_CHECK(check(request.restoreProfileNames));
  std::vector<Uuid> ids;
  for (const Uuid& id : request.sourceAssetIds)
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  std::vector<std::string> profiles;
  for (const std::string& name : request.restoreProfileNames)
    if (std::ranges::find(profiles, name) == profiles.end()) profiles.push_back(name);
  if (ids.size() * profiles.size() > kMostJobs)
    return fail_field("/sourceAssetIds", fmt::format("times restoreProfileNames must be at most {}", kMostJobs));
  return assets_.database().write([&](db::Transaction& tx) -> Result<LocalRestoreAnswer> {
    // In one order, so that two requests do not wait for each other; and all before anything is written.
    std::vector<Uuid> in_order = ids;
    std::ranges::sort(in_order);
    std::map<Uuid, Asset> assets;
    std::optional<Error> refusal;
    for (const Uuid& id : in_order) {
      auto asset = assets_.lock_permitted(tx, by, id, Permission::write);
      // Which of several ids is refused first must not depend on their order: unknown and unreadable ones are.
      if (!asset && asset.error().code == Code::not_found) return std::unexpected(std::move(asset).error());
      if (!asset)
        refusal = std::move(asset).error();
      else
        assets.emplace(id, std::move(*asset));
    }
    if (refusal) return fail(std::move(*refusal));
    for (const auto& [id, asset] : assets)
      if (asset.type != catalog::AssetType::file || asset.version == 0)
        return fail(Code::conflict, "no-content", fmt::format("\"{}\" has no content to restore.", asset.name));
    LocalRestoreAnswer answer;
    for (const Uuid& id : ids) {
      const Asset& asset = assets.at(id);
      for (const std::string& profile : profiles) {
        const std::int64_t job = jobs_.enqueue(tx, {.type = std::string(kType),
                                                    .asset_row = asset.row,
                                                    .asset_id = asset.id,
                                                    .payload = {{"profile", profile}, {"version", asset.version}},
                                                    .flow = jobs::flow_of(kType, by.user_id),
                                                    .max_attempts = 5});
        for (const jobs::Job& one : jobs_.history(tx, asset.row)) {
          if (one.row == job) answer.jobs.push_back({one.id, asset.id, profile});
        }
      }
      assets_.repository().add_history(tx, {.asset_row = asset.row,
                                            .asset_id = asset.id,
                                            .user_id = by.user_row != 0 ? std::optional(by.user_id) : std::nullopt,
                                            .username = by.username,
                                            .operation = "local-restore",
                                            .from = asset.status,
                                            .to = asset.status,
                                            .reason = fmt::format("{}", fmt::join(profiles, ", "))});
    }
    return answer;
  });
}

Result<LocalRestoreService::Original> LocalRestoreService::original(const jobs::Job& job) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<Original> {
    const auto* number = job.payload.if_contains("version");
    const auto version = catalog::VersionRepository{}.find(
        tx, job.asset_row, number != nullptr && number->is_number() ? number->to_number<std::int64_t>() : 0);
    auto blob = version ? storage::BlobRepository{}.find(tx, version->blob_row) : std::nullopt;
    if (!blob) return fail(Code::not_found, "content-gone", "The content of this asset is gone.");
    return Original{std::move(*blob), version->file_name};
  });
}

void LocalRestoreService::tidy(const std::filesystem::path& directory) {
  for (const std::string& owner : RestoredFile::owners(directory)) {
    auto ended = assets_.database().read([&](db::Transaction& tx) -> Result<bool> {
      const auto job = jobs_.find(tx, *Uuid::parse(owner));
      return job && jobs::ended(job->status);  // one that is not known may be another installation's
    });
    if (ended && *ended) RestoredFile::remove_left_over(directory, owner);
  }
}

Outcome<json::object> LocalRestoreService::run(const jobs::Job& job, const std::function<void(double)>& progress,
                                               const std::atomic<bool>& stop) {
  const auto* name = job.payload.if_contains("profile");
  const auto profile =
      name != nullptr && name->is_string() ? profiles_.find(std::string(name->get_string())) : profiles_.end();
  if (profile == profiles_.end()) {
    return std::unexpected(jobs::Failure{
        .code = "no-profile", .message = "The restore profile is not configured any more.", .permanent = true});
  }
  auto content = original(job);
  if (!content) return std::unexpected(failure_of(content.error()));
  const storage::Blob& blob = content->blob;
  const auto lease = storage::Sweep::lease(blob.row);
  if (auto readable = make_readable(assets_.stores(), {blob}, "Standard", poll_); !readable) {
    return std::unexpected(readable.error());
  }
  tidy(profile->second);
  auto restore = [&]() -> Result<json::object> {
    RV_TRY(RestoredFile file, RestoredFile::make(profile->second, job.id.text(), blob.size));
    RV_TRY(const storage::Copied copied,
           storage::copy_to_file(assets_.stores(), blob.location, blob.size, blob.sha256, file.fd(), file.path(),
                                 [&](std::uint64_t done, std::uint64_t total) {
                                   if (total > 0)
                                     progress(100.0 * static_cast<double>(done) / static_cast<double>(total));
                                   return !stop;
                                 }));
    RV_TRY(const std::string called, file.publish(content->file_name, blob.size, [&](int fd) -> Result<bool> {
      RV_TRY(const std::string there, sha256_of(fd, stop));
      return there == copied.sha256;
    }));
    return json::object{{"file", (profile->second / called).string()}, {"bytes", blob.size}};
  };
  auto restored = restore();
  // While it was archived or restored, the bytes may have moved from where they were looked for.
  if (!restored && restored.error().code == Code::not_found) {
    jobs::Failure failure = failure_of(restored.error());
    failure.permanent = false;
    return std::unexpected(failure);
  }
  if (!restored) return std::unexpected(outcome_of(restored.error()));
  return std::move(*restored);
}

}  // namespace reelvault::archive
