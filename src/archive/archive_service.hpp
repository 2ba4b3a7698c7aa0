// Archive and restore: the bytes of all versions of an asset go into the archive tier of its bucket, or come back, by a
// durable job in the server. Each blob is copied, hashed against what is recorded, read back, and only then, in one
// transaction with the job's end, the asset's references are swapped; the former blob goes when nothing else refers to
// it. Copies in work are rows before they are bytes, so that a crash leaves nothing that no row names, and what was
// copied and verified before it is not copied again.
//
// Thumbnails, previews, subtitles and the rows stay as they are. Renditions for streaming stay in the bucket's store
// too, and are not served while the asset is archived. Thread-safe.
#pragma once
#include "archive/archive_repository.hpp"
#include "archive/reader.hpp"
#include "archive/tier.hpp"
#include "catalog/batch_service.hpp"
#include "jobs/engine.hpp"
#include "storage/copy.hpp"

#include <set>

namespace reelvault::archive {

enum class Direction { archive, restore };

// "Expedited", "Standard" or "Bulk", in any letter case; nothing for anything else.
std::optional<std::string> parse_thaw_tier(std::string_view word);

class ArchiveService {
 public:
  struct Options {
    std::filesystem::path scratch;   // the engine's
    std::chrono::seconds poll{300};  // between looks whether a storage class has made content readable
  };
  ArchiveService(catalog::AssetService& assets, jobs::Engine& jobs, Options options)
      : assets_(assets), jobs_(jobs), options_(std::move(options)) {}
  void register_types();                         // before Engine::start
  void declare(catalog::BatchService& batches);  // the actions Archive and Restore

  // Asks for it, and gives the row of the job that does it: conflict where the bucket has no archive tier, or the
  // status forbids it. The asset's row is locked.
  Result<std::int64_t> request_archive(db::Transaction& tx, const Principal& by, catalog::Asset& asset);
  // Asked again while it is on its way: the same job.
  Result<std::optional<std::int64_t>> request_restore(db::Transaction& tx, const Principal& by, catalog::Asset& asset,
                                                      const std::string& thaw_tier);

  // At start, before Engine::start: no asset waits for a job that is not there, and no copy for an asset.
  Result<void> reconcile();

 private:
  struct Work {
    Tier target;
    std::vector<storage::Blob> to_copy;
    struct Origin {
      std::int64_t kept_row;
      storage::Blob registered, archived;
    };
    std::vector<Origin> origins;
  };
  struct Begun {
    std::optional<Work> work;
    jobs::Failure refusal;  // without work
  };
  Outcome<boost::json::object> run(Direction direction, const jobs::Job& job,
                                   const std::function<void(double)>& progress, const std::atomic<bool>& stop);
  Result<Begun> begin(db::Transaction& tx, Direction direction, const jobs::Job& job);
  Outcome<void> copy(Direction direction, const jobs::Job& job, const Work& work, const storage::Blob& blob,
                     const storage::GoOn& go_on);
  Result<void> done(db::Transaction& tx, Direction direction, const jobs::Job& job, const boost::json::object& result);
  Result<void> failed(db::Transaction& tx, Direction direction, const jobs::Job& job, const std::string& reason);
  Result<void> swap(db::Transaction& tx, const catalog::Asset& asset, Direction direction, const Tier& target,
                    const catalog::AssetRepository::BucketPlace& place, const std::set<std::int64_t>& origins);
  void drop(db::Transaction& tx, const Kept& kept);
  bool ours(db::Transaction& tx, const jobs::Job& job);
  std::int64_t enqueue(db::Transaction& tx, Direction direction, const Principal& by, const catalog::Asset& asset,
                       boost::json::object payload);
  Result<Tier> target(db::Transaction& tx, Direction direction, const catalog::Asset& asset,
                      catalog::AssetRepository::BucketPlace& place);

  catalog::AssetService& assets_;
  jobs::Engine& jobs_;
  const Options options_;
  ArchiveRepository repository_;
  storage::BlobRepository blobs_;
};

}  // namespace reelvault::archive
