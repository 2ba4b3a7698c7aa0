#include "archive/restore_profiles.hpp"

namespace reelvault::archive {

Result<RestoreProfiles> configured_profiles(const Config& config) {
  RestoreProfiles profiles;
  std::vector<FieldFault> faults;
  for (const auto& [name, values] : config.tables("restore")) {
    const std::string path = "restore." + name;
    for (const auto& [key, value] : values) {
      if (key != "directory") faults.push_back({path + "." + key, "is not a setting"});
    }
    const auto directory = values.find("directory");
    if (directory == values.end() || directory->second.empty()) {
      faults.push_back({path + ".directory", "must be given"});
    } else if (!std::filesystem::path(directory->second).is_absolute()) {
      faults.push_back({path + ".directory", "must be an absolute path"});
    } else {
      profiles.emplace(name, directory->second);
    }
  }
  if (faults.empty()) return profiles;
  Error error{Code::invalid, "invalid-configuration", "The configuration is not valid:", {}, {}, {}, 0, {}};
  for (const FieldFault& fault : faults) error.message += "\n  " + fault.pointer + " " + fault.detail;
  error.faults = std::move(faults);
  return fail(std::move(error));
}

}  // namespace reelvault::archive
