// The objects of a directory tree in the byte order of their keys, a page at a time, in memory bounded by the page:
// a folder of a million files is read through once per page and never held.
#pragma once
#include "storage/blob_store.hpp"

namespace reelvault::storage {

// Links to folders are not followed, links to files are where they stay beneath the root. Left out: what is no file,
// names that are not UTF-8, our own marks (".reelvault-…"), folders that may not be read (they are logged).
Result<std::vector<ListedObject>> list_directory(const std::filesystem::path& root, const std::string& prefix,
                                                 const std::string& after, int limit);

}  // namespace reelvault::storage
