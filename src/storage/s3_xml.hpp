// The documents of the S3 protocol, read and written. Pure. A document that is not what was asked for is unavailable:
// something else than S3 answered.
#pragma once
#include "storage/blob_store.hpp"

namespace reelvault::storage {

struct S3Failure {
  std::string code;  // "NoSuchKey"
  std::string message;
};
std::optional<S3Failure> parse_failure(std::string_view xml);  // nothing when the document is no <Error>

// One page of a list; keys as in the bucket.
template <class Entry>
struct S3Page {
  std::vector<Entry> entries;
  bool truncated = false;
};
Result<S3Page<ListedObject>> parse_listing(std::string_view xml);
Result<S3Page<DirectPartStore::StoredPart>> parse_parts(std::string_view xml);
Result<S3Page<DirectPartStore::Begun>> parse_begun(std::string_view xml);

Result<std::string> parse_upload_id(std::string_view xml);

std::string completion_document(const std::vector<DirectPartStore::StoredPart>& parts);

std::string without_quotes(std::string_view etag);

}  // namespace reelvault::storage
