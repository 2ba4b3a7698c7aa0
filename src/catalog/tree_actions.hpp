// What can be done to assets in the tree, one or many (catalog/batch.hpp): Move, Copy, Duplicate, Trash, Undelete,
// Delete and Index. Moving, renaming and copying cost no bytes: a move changes one row however much lies below, a copy
// shares its source's blobs.
#pragma once
#include "catalog/batch_service.hpp"
#include "catalog/content_service.hpp"

namespace reelvault::catalog {

class TreeActions {
 public:
  TreeActions(AssetService& assets, ContentService& content, jobs::Engine& jobs)
      : assets_(assets), content_(content), jobs_(jobs) {}
  void declare(BatchService& batches);

  // For what brings bytes to where a moved or copied asset is now; called in the transaction, on each file. Without it
  // bytes stay where they are, which serves them as well.
  class Transfer {
   public:
    virtual ~Transfer() = default;
    // `moved`: a file, or a folder with all below; otherwise a fresh copy of a file. May change the asset's status.
    // Gives the row of the job that brings them, if any.
    virtual Result<std::optional<std::int64_t>> placed(db::Transaction& tx, Asset& asset, const Principal& by,
                                                       bool moved) = 0;
  };
  void set_transfer(Transfer* transfer) { transfer_ = transfer; }

 private:
  using Made = std::optional<BatchAction::Made>;
  Result<Asset> destination(db::Transaction& tx, const Principal& by, const Uuid& id);
  Result<Made> move(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step);
  Result<Made> copy(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step, bool beside);
  Result<Made> replace(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step, const Asset& parent);
  Result<void> bring(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step, Asset& asset, bool moved);
  Result<Made> undelete(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step);
  Result<Made> remove(db::Transaction& tx, const BatchCall& call, BatchAction::Step& step);
  Result<void> copy_content(db::Transaction& tx, const Asset& from, Asset& to, const Principal& by);

  AssetService& assets_;
  ContentService& content_;
  jobs::Engine& jobs_;
  storage::BlobRepository blobs_;
  Transfer* transfer_ = nullptr;
};

}  // namespace reelvault::catalog
