// Clips: a stretch of a film or sound as an asset of its own. The server's side: what is asked for is checked and the
// asset made, in status Clipping; a job cuts (media/clip.hpp), and what it made arrives as any content does.
#pragma once
#include "catalog/content_service.hpp"
#include "jobs/engine.hpp"
#include "media/clip_repository.hpp"

namespace reelvault::media {

struct ClipRequest {
  boost::json::value startTimecode, endTimecode;
  std::optional<std::string> displayName;
  std::optional<Uuid> parentId;
  std::string mode;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;  // whatever the asset is
};
BOOST_DESCRIBE_STRUCT(ClipRequest, (), (startTimecode, endTimecode, displayName, parentId, mode))

class ClipService {
 public:
  ClipService(catalog::AssetService& assets, catalog::ContentService& content, jobs::Engine& jobs,
              storage::Stores& stores)
      : assets_(assets), content_(content), jobs_(jobs), stores_(stores) {}
  void register_type();  // before Engine::start

  // The new asset. Needs read on the source, and write where the clip goes.
  Result<catalog::Asset> request(db::Transaction& tx, const Principal& by, const Uuid& id, const ClipRequest& request);

 private:
  using Object = boost::json::object;
  struct Range;
  Result<Range> range_of(const catalog::Asset& source, const catalog::Version& version, const ClipRequest& request);
  Result<catalog::Asset> destination(db::Transaction& tx, const Principal& by, const catalog::Asset& source,
                                     const std::optional<Uuid>& id);
  std::optional<catalog::Version> source_of(db::Transaction& tx, const jobs::Job& job);  // nothing: it is gone
  Result<Object> prepare(const jobs::Job& job);
  Result<std::optional<std::int64_t>> hold_again(const jobs::Job& job);
  Result<void> made(db::Transaction& tx, const jobs::Job& job, const Object& result);
  Result<void> put_subtitle(db::Transaction& tx, const catalog::Asset& clip, const ClipRepository::Subtitle& track,
                            const Object& file, const Object& found);
  Result<void> failed(db::Transaction& tx, const jobs::Job& job, const jobs::Failure& failure);

  catalog::AssetService& assets_;
  catalog::ContentService& content_;
  jobs::Engine& jobs_;
  storage::Stores& stores_;
  storage::BlobRepository blobs_;
  ClipRepository repository_;
};

}  // namespace reelvault::media
