// What lies below a folder, in numbers (api.md 14), from counters that every folder keeps of what it holds directly: it
// costs its sub-folders, not its files. Labels, persons and texts come from contributors, the rooms that find them.
#pragma once
#include "catalog/asset_service.hpp"

namespace reelvault::catalog {

struct SummaryLabel {
  std::string name, category;
  std::int64_t count = 0;
  double maxConfidence = 0;
  std::int64_t assetCount = 0;
};
BOOST_DESCRIBE_STRUCT(SummaryLabel, (), (name, category, count, maxConfidence, assetCount))

struct MediaTypes {
  std::int64_t video = 0, audio = 0, image = 0, document = 0, other = 0;
};
BOOST_DESCRIBE_STRUCT(MediaTypes, (), (video, audio, image, document, other))

struct SummaryJson {
  std::vector<SummaryLabel> labels;
  boost::json::array persons, detectedText;
  MediaTypes mediaTypes;
  std::int64_t totalAssets = 0, totalSize = 0, totalDurationMs = 0;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SummaryJson, (),
                      (labels, persons, detectedText, mediaTypes, totalAssets, totalSize, totalDurationMs))

// Of what a summary is: a file, or a folder with every folder below it (whoever reads a folder reads all of it).
struct SummaryScope {
  const Asset& asset;
  const std::vector<std::int64_t>& folders;  // rows, its own first; empty for a file
};
using SummaryContributor = std::function<void(db::Transaction&, const SummaryScope&, SummaryJson&)>;

class SummaryService {
 public:
  explicit SummaryService(AssetService& assets) : assets_(assets) {}
  void add(SummaryContributor contributor) { contributors_.push_back(std::move(contributor)); }
  Result<SummaryJson> summary(const Uuid& id);

 private:
  AssetService& assets_;
  std::vector<SummaryContributor> contributors_;
};

}  // namespace reelvault::catalog
