// Keys of objects in stores. The ones we make are "ab/cd/<32 hex digits>.blob", the folders being the first digits:
// unguessable, spread, and told apart from whatever else lies in a store, so that the sweep never takes a user's file
// for one of ours. Keys of registered objects come from users and are checked.
#pragma once
#include "base/error.hpp"

#include <string>
#include <string_view>

namespace reelvault::storage {

std::string random_key();
bool is_random_key(std::string_view key);

// invalid: empty, over 1024 bytes, absolute, with an empty, "." or ".." component, not UTF-8, or with a NUL.
Result<void> check_key(std::string_view key);

}  // namespace reelvault::storage
