#include "catalog/detail.hpp"

#include "base/text.hpp"

namespace reelvault::catalog {

namespace {

std::string file_url(const Asset& asset, const Related& related, std::string_view name) {
  return "/media/" + asset.id.text() + "/" + related.id.text() + "/" + percent_encode(name, "/");
}

VersionJson version_json(const Version& version, const Asset& asset, const std::set<std::int64_t>& overwritten) {
  return {version.number,
          version.file_name,
          version.content_type,
          version.size,
          version.created_at,
          version.created_by,
          version.number == asset.version,
          !overwritten.contains(version.number),
          version.error};
}

void fill_urls(const Asset& asset, const std::vector<Related>& related, DetailJson& out) {
  out.urls.thumbnail = out.thumbnailUrl;
  out.urls.preview = out.previewUrl;
  out.urls.stream = out.streamUrl;
  out.urls.download = out.downloadUrl;
  for (const Related& each : related) {
    if (each.files.empty()) continue;
    if (each.relationship == "proxy") out.urls.proxy = file_url(asset, each, each.files.front().name);
    for (const RelatedFile& file : each.files) {
      if (file.name == "sprites.vtt") out.urls.spriteVtt = file_url(asset, each, file.name);
      if (file.name == "poster.jpg") out.urls.poster = file_url(asset, each, file.name);
    }
    if (each.relationship == "waveform") out.urls.waveform = file_url(asset, each, each.files.front().name);
  }
}

}  // namespace

std::span<const dto::Rule> VersionJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "available",
       .sentence = "False where the content is gone: a registered object that was overwritten in its place. It cannot "
                   "be brought back."},
  };
  return rules;
}

Result<DetailJson> DetailService::detail(const Principal& by, const Uuid& id) {
  AssetService& assets = assets_;
  std::int64_t asset_row = 0;
  RV_TRY(DetailJson detail, assets.database().read([&](db::Transaction& tx) -> Result<DetailJson> {
    auto asset = assets.repository().find(tx, id);
    if (!asset) return fail_not_found();
    asset_row = asset->row;
    DetailJson out;
    static_cast<AssetJson&>(out) = assets.json(tx, *asset);
    out.revision = asset->revision;
    VersionRepository versions;
    const auto overwritten = versions.overwritten(tx, asset->row);
    for (const Version& version : versions.all(tx, asset->row)) {
      out.versions.push_back(version_json(version, *asset, overwritten));
      if (version.number == asset->version && version.media_properties_json != "{}")
        out.mediaProperties = boost::json::parse(version.media_properties_json).as_object();
    }
    auto related = RelatedRepository{}.of_asset(tx, asset->row, asset->version);
    for (const Related& each : related) out.relatedAssets.push_back(related_json(each, asset->id));
    fill_urls(*asset, related, out);
    std::int64_t latest = out.versions.empty() ? 0 : out.versions.back().version;
    for (const jobs::Job& job : jobs_.history(tx, asset->row)) {
      if (job.version != latest) continue;
      ProcessingStep step{job.type, std::string(jobs::status_name(job.status)), job.progress, {}};
      if (job.failure) step.error = job.failure->message;
      // A step that was run again shows its newest run.
      auto same = std::ranges::find(out.processing, job.type, &ProcessingStep::step);
      if (same != out.processing.end())
        *same = std::move(step);
      else
        out.processing.push_back(std::move(step));
    }
    if (auto chain = assets.tree().chain_of(*asset)) {
      auto highest = assets.access().highest(by, *chain).value_or(Permission::read);
      out.permissions = {true, highest >= Permission::write, highest >= Permission::manage};
    }
    for (const DetailContributor& contributor : contributors_) contributor(tx, *asset, out);
    return out;
  }));
  reads_.note(by, {.operation = "view", .asset_row = asset_row, .asset_id = id, .asset_name = detail.displayName});
  return detail;
}

Result<std::vector<VersionJson>> DetailService::versions(const Uuid& id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<VersionJson>> {
    auto asset = assets_.repository().find(tx, id);
    if (!asset) return fail_not_found();
    std::vector<VersionJson> out;
    const auto overwritten = VersionRepository{}.overwritten(tx, asset->row);
    for (const Version& version : VersionRepository{}.all(tx, asset->row))
      out.push_back(version_json(version, *asset, overwritten));
    return out;
  });
}

Result<std::vector<jobs::Job>> DetailService::job_history(const Uuid& id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<std::vector<jobs::Job>> {
    auto asset = assets_.repository().find(tx, id);
    if (!asset) return fail_not_found();
    return jobs_.history(tx, asset->row);
  });
}

}  // namespace reelvault::catalog
