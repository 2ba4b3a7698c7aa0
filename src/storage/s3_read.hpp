// Reading objects of S3, by ranges.
#pragma once
#include "storage/s3_client.hpp"

namespace reelvault::storage {

// At most `length` bytes at `offset`, fewer only at the end. With an `etag`, conflict when the object is another now.
Result<std::string> read_object(S3Client& client, const std::string& full_key, std::uint64_t offset,
                                std::uint64_t length, const std::string& etag);

// A segment's reader, which asks for more at a time the longer it is read in order.
std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)> read_ahead(
    std::shared_ptr<S3Client> client, std::string full_key, const ObjectInfo& expected, std::uint64_t end,
    std::shared_ptr<const void> hold);

}  // namespace reelvault::storage
