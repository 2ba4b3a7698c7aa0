// One server at a time on a data directory: a second process beside a busy SQLite writer hardly gets to write, and two
// sweeps would delete each other's files.
#pragma once
#include "base/error.hpp"
#include "base/file.hpp"

#include <filesystem>

namespace reelvault::db {

// Makes the directory where it is missing. The lock holds until the descriptor goes; the kernel drops it when the
// process dies. Code::conflict when another process holds it, with a sentence for the operator.
Result<UniqueFd> lock_data_directory(const std::filesystem::path& directory);

}  // namespace reelvault::db
