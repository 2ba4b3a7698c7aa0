#include "catalog/summary.hpp"

namespace reelvault::catalog {

std::span<const dto::Rule> SummaryJson::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "mediaTypes", .sentence = "Files of each kind."},
      {.field = "totalAssets", .sentence = "Files: the asset itself, or all below the folder at any depth."},
      {.field = "totalSize", .sentence = "Bytes."},
  };
  return rules;
}

Result<SummaryJson> SummaryService::summary(const Uuid& id) {
  return assets_.database().read([&](db::Transaction& tx) -> Result<SummaryJson> {
    auto asset = assets_.repository().find(tx, id);
    if (!asset || asset->deleted_at) return fail_not_found();
    std::vector<std::int64_t> folders;
    if (asset->folder_like()) folders = assets_.tree().below(asset->row).value();
    const Counter held = asset->folder_like() ? assets_.repository().counters(tx, folders) : Counter::of(*asset);
    SummaryJson out;
    out.mediaTypes = {held.videos, held.audios, held.images, held.documents,
                      held.files - held.videos - held.audios - held.images - held.documents};
    out.totalAssets = held.files;
    out.totalSize = held.bytes;
    out.totalDurationMs = held.duration_ms;
    for (const SummaryContributor& contributor : contributors_) contributor(tx, {*asset, folders}, out);
    return out;
  });
}

}  // namespace reelvault::catalog
