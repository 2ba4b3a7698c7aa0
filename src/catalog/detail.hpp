// Everything about one asset (api.md 7). Parts that later rooms fill (labels, faces, transcripts, ad breaks) are added
// by contributors, so that catalog never calls upwards.
#pragma once
#include "audit/read_log.hpp"
#include "catalog/asset_service.hpp"
#include "jobs/engine.hpp"

namespace reelvault::catalog {

struct ProcessingStep {
  std::string step;
  std::string status;
  double progress = 0;
  std::optional<std::string> error;
};
BOOST_DESCRIBE_STRUCT(ProcessingStep, (), (step, status, progress, error))

struct VersionJson {
  std::int64_t version = 0;
  std::string fileName, contentType;
  std::int64_t size = 0;
  Timestamp createdAt;
  std::optional<Uuid> createdBy;
  bool current = false;
  bool available = true;
  std::optional<std::string> error;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(VersionJson, (),
                      (version, fileName, contentType, size, createdAt, createdBy, current, available, error))

struct DetailUrls {
  std::optional<std::string> thumbnail, preview, stream, download, proxy, spriteVtt, waveform, poster;
};
BOOST_DESCRIBE_STRUCT(DetailUrls, (), (thumbnail, preview, stream, download, proxy, spriteVtt, waveform, poster))

struct PermissionsJson {
  bool read = true, write = false, manage = false;
};
BOOST_DESCRIBE_STRUCT(PermissionsJson, (), (read, write, manage))

struct DetailJson : AssetJson {
  boost::json::object mediaProperties;
  DetailUrls urls;
  std::vector<RelatedJson> relatedAssets;
  boost::json::array segments, labels, faces, persons, detectedText, transcripts, subtitles, adBreaks;
  std::int64_t annotationCount = 0;
  std::vector<ProcessingStep> processing;
  std::vector<VersionJson> versions;
  PermissionsJson permissions;
  std::int64_t revision = 0;  // of the asset's row, for the ETag; not shown
};
BOOST_DESCRIBE_STRUCT(DetailJson, (AssetJson),
                      (mediaProperties, urls, relatedAssets, segments, labels, faces, persons, detectedText,
                       transcripts, subtitles, adBreaks, annotationCount, processing, versions, permissions))

// Adds a room's part to the detail of one asset.
using DetailContributor = std::function<void(db::Transaction&, const Asset&, DetailJson&)>;

class DetailService {
 public:
  DetailService(AssetService& assets, jobs::Engine& jobs, audit::ReadLog& reads)
      : assets_(assets), jobs_(jobs), reads_(reads) {}
  void add(DetailContributor contributor) { contributors_.push_back(std::move(contributor)); }
  Result<DetailJson> detail(const Principal& by, const Uuid& id);
  Result<std::vector<VersionJson>> versions(const Uuid& id);  // oldest first
  Result<std::vector<jobs::Job>> job_history(const Uuid& id);

 private:
  AssetService& assets_;
  jobs::Engine& jobs_;
  audit::ReadLog& reads_;
  std::vector<DetailContributor> contributors_;
};

}  // namespace reelvault::catalog
