#include "archive/reader.hpp"

namespace reelvault::archive {

jobs::Failure failure_of(const Error& error) {
  jobs::Failure failure;
  failure.code = error.type;
  if (failure.code.empty()) failure.code = error.code == Code::no_space ? "no-space" : "store-failed";
  failure.message = error.message;
  if (failure.message.empty()) {
    failure.message = error.code == Code::no_space ? "There is no room for it in the store." : "The store failed.";
  }
  failure.detail = error.detail;
  failure.permanent = error.code == Code::not_found || error.code == Code::conflict || error.code == Code::invalid;
  return failure;
}

jobs::Failure stopped() {
  return {.code = std::string(jobs::kWorkerStopped), .message = "The server stopped, or the job was cancelled."};
}

Outcome<void> make_readable(const storage::Stores& stores, const std::vector<storage::Blob>& blobs,
                            const std::string& thaw_tier, std::chrono::seconds poll) {
  using Readiness = storage::ClassStore::Readiness;
  std::size_t waiting = 0;
  for (const storage::Blob& blob : blobs) {
    const auto* entry = stores.find(blob.location.store);
    if (!blob.storage_class || entry == nullptr || entry->classes == nullptr) continue;
    auto readiness = entry->classes->readiness(blob.location.key);
    if (!readiness) return std::unexpected(failure_of(readiness.error()));
    if (*readiness == Readiness::readable) continue;
    ++waiting;
    if (*readiness == Readiness::thawing) continue;
    if (auto asked = entry->classes->thaw(blob.location.key, thaw_tier, kThawDays); !asked) {
      return std::unexpected(failure_of(asked.error()));
    }
  }
  if (waiting == 0) return {};
  return std::unexpected(jobs::Failure{.code = "thawing",
                                       .message = "The store is making the archived content readable.",
                                       .detail = fmt::format("{} of {} objects", waiting, blobs.size()),
                                       .again_after = poll});
}

}  // namespace reelvault::archive
