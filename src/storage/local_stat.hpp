// What a file of a local store is.
#pragma once
#include "storage/blob_store.hpp"

namespace reelvault::storage {

// not_found for all but regular files; invalid where the key leads out of the root.
Result<ObjectInfo> stat_object(const std::filesystem::path& root, const std::string& key);

}  // namespace reelvault::storage
