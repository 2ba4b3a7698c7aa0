// Local restore: copies the original of an asset, from whatever tier it lies in, into the directory of a restore
// profile. It is hashed against what is recorded and read back, written under a hidden name, made durable, and renamed.
// Nothing is ever overwritten: a taken name is numbered, save that a file with the very same content counts as this
// one, so that a job which is run again after a crash leaves one file. The asset's status stays as it is. Thread-safe.
#pragma once
#include "archive/reader.hpp"
#include "archive/restore_profiles.hpp"
#include "base/dto.hpp"
#include "catalog/asset_service.hpp"
#include "jobs/engine.hpp"

namespace reelvault::archive {

struct LocalRestoreRequest {
  std::vector<Uuid> sourceAssetIds;
  std::vector<std::string> restoreProfileNames;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(LocalRestoreRequest, (), (sourceAssetIds, restoreProfileNames))

struct OneLocalRestoreRequest {
  std::vector<std::string> restoreProfileNames;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(OneLocalRestoreRequest, (), (restoreProfileNames))

struct LocalRestoreJob {
  Uuid jobId, assetId;
  std::string restoreProfileName;
};
BOOST_DESCRIBE_STRUCT(LocalRestoreJob, (), (jobId, assetId, restoreProfileName))

struct LocalRestoreAnswer {
  std::vector<LocalRestoreJob> jobs;
};
BOOST_DESCRIBE_STRUCT(LocalRestoreAnswer, (), (jobs))

class LocalRestoreService {
 public:
  LocalRestoreService(catalog::AssetService& assets, jobs::Engine& jobs, RestoreProfiles profiles,
                      std::chrono::seconds poll)
      : assets_(assets), jobs_(jobs), profiles_(std::move(profiles)), poll_(poll) {}
  void register_type();  // before Engine::start

  // One job for each asset and profile, or none at all.
  Result<LocalRestoreAnswer> request(const Principal& by, const LocalRestoreRequest& request);
  // What is wrong with the names of profiles.
  Result<void> check(const std::vector<std::string>& profile_names) const;

 private:
  struct Original {
    storage::Blob blob;
    std::string file_name;
  };
  Outcome<boost::json::object> run(const jobs::Job& job, const std::function<void(double)>& progress,
                                   const std::atomic<bool>& stop);
  Result<Original> original(const jobs::Job& job);
  // Removes what jobs left there that a crash or a cancellation ended for good.
  void tidy(const std::filesystem::path& directory);

  catalog::AssetService& assets_;
  jobs::Engine& jobs_;
  const RestoreProfiles profiles_;
  const std::chrono::seconds poll_;
};

}  // namespace reelvault::archive
