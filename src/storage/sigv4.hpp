// AWS Signature Version 4 for S3, pure: the signature of a request in its Authorization header, and of one that
// somebody else sends later, in its query.
#pragma once
#include "base/time.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace reelvault::storage {

struct SigningKey {
  std::string access_key, secret_key, region;
};

using Query = std::vector<std::pair<std::string, std::string>>;  // decoded
using Headers = std::map<std::string, std::string>;              // names in lower case

struct SignedRequest {
  std::string method;
  std::string path;  // percent-encoded, as it is sent
  Query query;
  Headers headers;           // all are signed; "host" must be among them
  std::string payload_hash;  // SHA-256 in hex, or "UNSIGNED-PAYLOAD"
};

inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

std::string amz_date(Timestamp time);  // "20130524T000000Z"

// Encoded and in the order of signing; also what may stand behind the "?".
std::string canonical_query(const Query& query);

// The value of the Authorization header. `headers` holds "x-amz-date" of the same time, and "x-amz-content-sha256".
std::string authorization(const SignedRequest& request, const SigningKey& key, Timestamp time);

// The query of a pre-signed URL, the request's own parameters included. Only "host" should be among the headers.
std::string presigned_query(SignedRequest request, const SigningKey& key, Timestamp time,
                            std::chrono::seconds lifetime);

}  // namespace reelvault::storage
