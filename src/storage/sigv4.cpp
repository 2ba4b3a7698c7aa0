#include "storage/sigv4.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::storage {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

std::string raw(const std::array<std::byte, 32>& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
std::string hmac(std::string_view key, std::string_view data) {
  return raw(hmac_sha256(bytes_of(key), bytes_of(data)));
}

std::string scope(const SigningKey& key, Timestamp time) {
  return amz_date(time).substr(0, 8) + "/" + key.region + "/s3/aws4_request";
}

std::string signed_headers(const Headers& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string signature(const SignedRequest& request, const SigningKey& key, Timestamp time) {
  std::string canonical = request.method + "\n" + request.path + "\n" + canonical_query(request.query) + "\n";
  for (const auto& [name, value] : request.headers) canonical += name + ":" + std::string(trim(value)) + "\n";
  canonical += "\n" + signed_headers(request.headers) + "\n" + request.payload_hash;
  const std::string to_sign = std::string(kAlgorithm) + "\n" + amz_date(time) + "\n" + scope(key, time) + "\n" +
                              hex(sha256(bytes_of(canonical)));
  std::string signing = hmac("AWS4" + key.secret_key, amz_date(time).substr(0, 8));
  for (std::string_view part :
       {std::string_view(key.region), std::string_view("s3"), std::string_view("aws4_request")}) {
    signing = hmac(signing, part);
  }
  return hex(hmac(signing, to_sign));
}

}  // namespace

std::string amz_date(Timestamp time) {
  std::string date;
  for (char c : rfc3339(time).substr(0, 19)) {
    if (c != '-' && c != ':') date += c;
  }
  return date + "Z";
}

std::string canonical_query(const Query& query) {
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : query) encoded.emplace_back(percent_encode(name), percent_encode(value));
  std::ranges::sort(encoded);
  std::string joined;
  for (const auto& [name, value] : encoded) joined += (joined.empty() ? "" : "&") + name + "=" + value;
  return joined;
}

std::string authorization(const SignedRequest& request, const SigningKey& key, Timestamp time) {
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm, key.access_key, scope(key, time),
                     signed_headers(request.headers), signature(request, key, time));
}

std::string presigned_query(SignedRequest request, const SigningKey& key, Timestamp time,
                            std::chrono::seconds lifetime) {
  request.query.emplace_back("X-Amz-Algorithm", kAlgorithm);
  request.query.emplace_back("X-Amz-Credential", key.access_key + "/" + scope(key, time));
  request.query.emplace_back("X-Amz-Date", amz_date(time));
  request.query.emplace_back("X-Amz-Expires", std::to_string(lifetime.count()));
  request.query.emplace_back("X-Amz-SignedHeaders", signed_headers(request.headers));
  request.payload_hash = unsigned_payload;
  return canonical_query(request.query) + "&X-Amz-Signature=" + signature(request, key, time);
}

}  // namespace reelvault::storage
