// The objects of a directory tree in the byte order of their keys, a page at a time, in memory bounded by the page:
// a folder of a million files is read through once per page and never held.
#pragma once
#include "storage/left_out.hpp"

namespace reelvault::storage {

// Links to folders are not followed, links to files are where they stay beneath the root. Left out: what is no file,
// names that are not UTF-8, our own marks (".reelvault-…"), folders that may not be read. All but the marks are counted
// and given reasons for, where that is asked for; else they are logged.
Result<LeftOutStore::Found> list_directory(const std::filesystem::path& root, const std::string& prefix,
                                           const std::string& after, int limit, bool with_left_out);

}  // namespace reelvault::storage
