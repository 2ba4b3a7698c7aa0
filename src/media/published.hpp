// What a step made, on its way from the worker's folder into the store.
#pragma once
#include "catalog/asset_service.hpp"
#include "jobs/engine.hpp"
#include "storage/blob_store.hpp"

namespace reelvault::media {

// For jobs::Type::publish: brings the files that `result` names into the store of the asset's bucket, and says there
// where they are.
Result<boost::json::object> publish_files(catalog::AssetService& assets, storage::Stores& stores, const jobs::Job& job,
                                          const std::filesystem::path& scratch, boost::json::object result);
// Of one of its files: the blob that is not in the database yet.
storage::Blob published_blob(const boost::json::object& file);

// Where a step finds the bytes: "path", or "url" for half a day.
Result<void> add_place(const storage::Stores& stores, const storage::Blob& blob, boost::json::object& input);

}  // namespace reelvault::media
