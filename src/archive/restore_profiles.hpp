// Restore profiles: directories of this machine (mounts of on-premises storage) that originals are copied to on
// request. They are tables of the configuration file:
//
//   [restore.edit-suite]
//   directory = "/mnt/edit/incoming"
#pragma once
#include "base/config.hpp"

#include <filesystem>
#include <map>

namespace reelvault::archive {

using RestoreProfiles = std::map<std::string, std::filesystem::path>;

// Every fault of every table is in one Error. A directory may be away at the start (a mount): a job then says so.
Result<RestoreProfiles> configured_profiles(const Config& config);

}  // namespace reelvault::archive
