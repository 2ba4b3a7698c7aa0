// In a managed bucket a registered object lies where its asset is in the tree: when the asset is renamed or moved, a
// durable job gives the object the key that goes with its path (Renaming, Moving while it lasts), and when the asset is
// deleted for good, the object goes as well. In other buckets objects are never touched.
//
// The key that an object is being given is written down before anything is done to it, so that a job that was cut off
// between renaming and committing finds what it did. A key that is taken gets a number. Where a job fails for good the
// object stays where it was, which serves it as well.
#pragma once
#include "catalog/asset_service.hpp"
#include "ingest/registration.hpp"
#include "jobs/engine.hpp"

namespace reelvault::ingest {

class Relocation : public catalog::PlaceHook {
 public:
  Relocation(catalog::AssetService& assets, jobs::Engine& jobs, storage::Stores& stores, std::filesystem::path scratch)
      : assets_(assets), jobs_(jobs), stores_(stores), scratch_(std::move(scratch)) {}
  void register_types();  // before Engine::start; hears of deletions from then on

  Result<std::optional<std::int64_t>> placed(db::Transaction& tx, catalog::Asset& asset, const Principal& by,
                                             catalog::Operation operation) override;
  void removed(db::Transaction& tx, const catalog::Asset& asset);

 private:
  using Outcome = std::expected<void, jobs::Failure>;
  struct Plan {
    Registration registration;
    std::string prefix;   // of the bucket
    std::string desired;  // the key that goes with the path
  };
  std::optional<Plan> plan(db::Transaction& tx, const catalog::Asset& asset);
  Outcome relocate(const jobs::Job& job, const std::function<void(double)>& progress, const std::atomic<bool>& stop);
  Result<std::string> choose(const Plan& plan, const storage::Stores::Entry& entry);
  Result<void> carry(const jobs::Job& job, const storage::Stores::Entry& entry, const Plan& plan, const std::string& to,
                     const std::function<void(double)>& progress, const std::atomic<bool>& stop);
  Result<void> settle_at(const jobs::Job& job, const Plan& plan, const std::string& to,
                         const storage::ObjectInfo& info);
  Result<void> ended(db::Transaction& tx, const jobs::Job& job, const std::string& reason);
  Outcome spread(const jobs::Job& job, const std::atomic<bool>& stop);
  Outcome remove_object(const jobs::Job& job);

  catalog::AssetService& assets_;
  jobs::Engine& jobs_;
  storage::Stores& stores_;
  std::filesystem::path scratch_;
  storage::BlobRepository blobs_;
  RegistrationRepository registrations_;
};

}  // namespace reelvault::ingest
