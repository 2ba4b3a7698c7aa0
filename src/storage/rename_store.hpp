// What a local directory can do besides: give an object another key without touching its bytes.
#pragma once
#include "base/error.hpp"

#include <string>

namespace reelvault::storage {

class RenameStore {
 public:
  virtual ~RenameStore() = default;
  // Durable when it returns; never replaces (conflict, "object-exists"). Folders that it leaves empty are removed.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
};

}  // namespace reelvault::storage
