// Which blobs this process is reading, by row. Any thread.
#pragma once
#include <cstdint>
#include <memory>

namespace reelvault::storage {

std::shared_ptr<const void> take_lease(std::int64_t blob_row);
bool leased(std::int64_t blob_row);

}  // namespace reelvault::storage
