// Brings a file from a signed address of the store into scratch: decoders have no network of their own.
#pragma once
#include "base/error.hpp"

#include <atomic>
#include <filesystem>

namespace reelvault::media {

// Resumes a few times where it broke off. http, https.
Result<void> fetch(const std::string& url, const std::filesystem::path& to, std::uint64_t bytes_max,
                   const std::atomic<bool>& cancelled);

}  // namespace reelvault::media
