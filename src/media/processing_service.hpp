// The server's side of processing: which steps a new content needs, what the worker is given, and how what it made is
// published. The steps themselves run in the worker (media/steps.hpp) and know nothing of the catalogue.
//
// For each version: checksum and probe; what the probe found decides the rest. The asset stays Creating (Replacing)
// until probe, thumbnail, renditions and waveform have ended, then settles as Available, or as Error when the content
// cannot be decoded at all. One failing step fails neither the others nor the asset.
//
// When it has settled, a film's shots are looked for, which nobody waits for.
//
// An uploaded subtitle, thumbnail or preview is read by a step of its own, which settles nothing: where it cannot be
// read, the related asset stays as it was uploaded and says why, and nothing takes the place of what was there before.
#pragma once
#include "catalog/batch_service.hpp"
#include "catalog/content_service.hpp"
#include "jobs/engine.hpp"
#include "media/segment_service.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::media {

class ProcessingService : public catalog::ContentHook {
 public:
  ProcessingService(catalog::AssetService& assets, catalog::ContentService& content, jobs::Engine& jobs,
                    storage::Stores& stores, SegmentService& segments)
      : assets_(assets), content_(content), jobs_(jobs), stores_(stores), segments_(segments) {}
  void register_types();                         // before Engine::start
  void declare(catalog::BatchService& batches);  // Reprocess
  void set_adopt_metadata(bool adopt) { adopt_metadata_ = adopt; }

  Result<void> content_arrived(db::Transaction& tx, const catalog::Asset& asset, const catalog::Version& version,
                               std::string_view reason) override;
  Result<void> related_arrived(db::Transaction& tx, const catalog::Asset& asset,
                               const catalog::Related& related) override;
  void version_cloned(db::Transaction& tx, const catalog::Version& from, std::int64_t to_asset_row,
                      std::int64_t number) override;

 private:
  using Object = boost::json::object;
  // `generation`: which run of the steps it belongs to; empty for the first, so that a second request for that is the
  // same job.
  void enqueue(db::Transaction& tx, const catalog::Asset& asset, std::int64_t version, std::string_view step,
               const jobs::Flow& flow, std::string_view generation, Object payload = {});
  Result<void> reprocess(db::Transaction& tx, const catalog::BatchCall& call, catalog::Asset& asset);
  Result<Object> prepare(const jobs::Job& job);
  Result<void> probed(db::Transaction& tx, const jobs::Job& job, const Object& result);
  Result<void> compare_checksum(const jobs::Job& job, const Object& result);  // with what was declared
  Result<void> hashed(db::Transaction& tx, const jobs::Job& job, const Object& result);
  Result<void> related_read(db::Transaction& tx, const jobs::Job& job, const Object& result);
  Result<void> made(db::Transaction& tx, const jobs::Job& job, const Object& result);
  void ends_early(db::Transaction& tx, catalog::Asset& asset, const jobs::Job& job, const Object& result);
  Result<void> shots_found(db::Transaction& tx, const jobs::Job& job, const Object& result);
  Result<void> put_files(db::Transaction& tx, const catalog::Asset& asset, const jobs::Job& job, const Object& result);
  Result<void> failed(db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure);
  // Settles the version when `ended` was the last step to end.
  Result<void> settle_when_done(db::Transaction& tx, const jobs::Job& ended,
                                const std::optional<jobs::Failure>& failure);

  catalog::AssetService& assets_;
  catalog::ContentService& content_;
  jobs::Engine& jobs_;
  storage::Stores& stores_;
  SegmentService& segments_;
  storage::BlobRepository blobs_;
  bool adopt_metadata_ = true;
};

}  // namespace reelvault::media
