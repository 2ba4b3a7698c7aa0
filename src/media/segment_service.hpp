// The shots of films: taken from what the step "shots" found, brought along where a content is copied or brought back,
// and shown. A content version has its own; those of the one that an asset serves are what can be asked for.
#pragma once
#include "catalog/content_service.hpp"
#include "catalog/detail.hpp"
#include "media/segment_repository.hpp"

namespace reelvault::media {

class SegmentService {
 public:
  explicit SegmentService(catalog::AssetService& assets) : assets_(assets) {}

  // Instead of what was found before. `found`: the properties of the step's result.
  Result<void> found(db::Transaction& tx, const catalog::Version& version, const boost::json::object& found);
  // Whether `from` had any. Copies are segments of their own, with ids of their own.
  bool copy(db::Transaction& tx, const catalog::Version& from, std::int64_t to_asset_row, std::int64_t number);

  Result<SegmentDetailJson> segment(const Uuid& asset, const Uuid& segment);
  Result<ScreenshotDetailJson> screenshot(const Uuid& asset, const Uuid& segment, const Uuid& screenshot);
  void describe(db::Transaction& tx, const catalog::Asset& asset, catalog::DetailJson& detail);

 private:
  struct Found {
    Uuid asset;
    std::optional<Uuid> stills;
    Shot segment;
  };
  Result<Found> find(const Uuid& asset, const Uuid& segment);
  catalog::AssetService& assets_;
  SegmentRepository segments_;
};

}  // namespace reelvault::media
