// What jobs of this room share: making content readable that its store has put away, and their failures.
#pragma once
#include "jobs/job.hpp"
#include "storage/blob_repository.hpp"

#include <atomic>
#include <expected>

namespace reelvault::archive {

template <class T>
using Outcome = std::expected<T, jobs::Failure>;

inline constexpr std::string_view kCrew = "archive";
inline constexpr int kThawDays = 3;  // a copy of that age is made anew; reading it is one job's work

// Damage and what is gone are final; a full disk or a store that does not answer may be otherwise later.
jobs::Failure failure_of(const Error& error);
jobs::Failure stopped();

// Of each blob whose storage class needs it, asks the store for a readable copy; a Failure to be tried again later
// (`again_after`) until all are there.
Outcome<void> make_readable(const storage::Stores& stores, const std::vector<storage::Blob>& blobs,
                            const std::string& thaw_tier, std::chrono::seconds poll);

}  // namespace reelvault::archive
