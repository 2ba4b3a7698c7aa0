#pragma once
#include "base/error.hpp"

namespace reelvault::catalog {

// A display name as it is kept, or what is wrong with it. Unlike a client's file name it is not bent into shape: what a
// person typed is refused or taken.
Result<std::string> valid_name(const std::string& given, const std::string& pointer);

}  // namespace reelvault::catalog
