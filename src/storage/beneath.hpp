// Opening files by keys that users may have chosen: a key, symbolic links along it included, never leads out of its
// root, not even when somebody changes a link meanwhile.
#pragma once
#include "base/file.hpp"

#include <string>

namespace reelvault::storage {

// Like open(2) of root/key. Where the kernel cannot confine links (before 5.6), any link on the way is refused.
// not_found: no such file; conflict: O_EXCL and it is there; invalid: it leads outside; "no-permission".
Result<UniqueFd> open_beneath(const std::filesystem::path& root, const std::string& key, int flags,
                              unsigned mode = 0640);

std::unexpected<Error> fail_no_permission(std::string where);

}  // namespace reelvault::storage
