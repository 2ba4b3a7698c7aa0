// Brings the bytes of an asset into the store of the bucket that it is in now, after a move or copy between buckets on
// different stores: a durable job in the server, verified by checksum before anything refers to the copy. Until it has
// ended the asset is Moving or Copying and its bytes are served from where they were; where it fails they stay there.
// What is at work in an asset is let end first: content that settles elsewhere than its bucket's store follows then.
#pragma once
#include "catalog/tree_actions.hpp"

namespace reelvault::catalog {

class TransferService : public TreeActions::Transfer {
 public:
  TransferService(AssetService& assets, jobs::Engine& jobs, std::filesystem::path scratch)
      : assets_(assets), jobs_(jobs), scratch_(std::move(scratch)) {}
  void register_type();  // before Engine::start

  Result<std::optional<std::int64_t>> placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                             bool moved) override;
  Result<void> settled(db::Transaction& tx, Asset& asset);

 private:
  struct Piece {  // one blob that is elsewhere, and where it is referred to
    storage::Blob blob;
    std::string store;  // where it is to go
  };
  std::optional<Piece> next_piece(db::Transaction& tx, const Asset& asset);
  using Failure = jobs::Failure;
  std::expected<void, Failure> bring(const jobs::Job& job, const std::function<void(double)>& progress,
                                     const std::atomic<bool>& stop);
  std::expected<void, Failure> spread(const jobs::Job& job, const std::atomic<bool>& stop);
  Result<void> ended(db::Transaction& tx, const jobs::Job& job, const std::string& reason);

  AssetService& assets_;
  jobs::Engine& jobs_;
  std::filesystem::path scratch_;
  storage::BlobRepository blobs_;
};

}  // namespace reelvault::catalog
