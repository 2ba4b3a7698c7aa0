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

struct S3Listing {
  std::vector<ListedObject> objects;  // keys as in the bucket
  bool truncated = false;
};
Result<S3Listing> parse_listing(std::string_view xml);

struct S3Parts {
  std::vector<DirectPartStore::StoredPart> parts;
  bool truncated = false;
  int next_marker = 0;
};
Result<S3Parts> parse_parts(std::string_view xml);

struct S3Begun {
  std::vector<DirectPartStore::Begun> uploads;  // keys as in the bucket
  bool truncated = false;
};
Result<S3Begun> parse_begun(std::string_view xml);

Result<std::string> parse_upload_id(std::string_view xml);

std::string completion_document(const std::vector<DirectPartStore::StoredPart>& parts);

std::string without_quotes(std::string_view etag);

}  // namespace reelvault::storage
