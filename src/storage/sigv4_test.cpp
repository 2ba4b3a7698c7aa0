// The examples that Amazon publishes with the description of Signature Version 4 for S3.
#include "storage/sigv4.hpp"

#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace reelvault::storage {
namespace {

const SigningKey kKey{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1"};
const Timestamp kTime = *parse_rfc3339("2013-05-24T00:00:00Z");
const std::string kHost = "examplebucket.s3.amazonaws.com";

std::string hash_of(std::string_view text) { return hex(sha256(bytes_of(text))); }

std::string signature_of(std::string method, std::string path, Query query, Headers headers, std::string_view body) {
  headers["host"] = kHost;
  headers["x-amz-date"] = "20130524T000000Z";
  headers["x-amz-content-sha256"] = hash_of(body);
  const std::string value = authorization({method, path, query, headers, hash_of(body)}, kKey, kTime);
  EXPECT_TRUE(
      value.starts_with("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"));
  return value.substr(value.find("Signature=") + 10);
}

TEST(SigV4, SignsAnObjectsRange) {
  EXPECT_EQ(signature_of("GET", "/test.txt", {}, {{"range", "bytes=0-9"}}, ""),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SignsAPutWithABody) {
  EXPECT_EQ(signature_of("PUT", "/test%24file.text", {},
                         {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         "Welcome to Amazon S3."),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, SignsQueriesWithAndWithoutValues) {
  EXPECT_EQ(signature_of("GET", "/", {{"lifecycle", ""}}, {}, ""),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signature_of("GET", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, ""),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, PreSigns) {
  EXPECT_EQ(presigned_query({"GET", "/test.txt", {}, {{"host", kHost}}, ""}, kKey, kTime, std::chrono::seconds(86400)),
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, SortsAndEncodesQueries) {
  EXPECT_EQ(canonical_query({{"b", "x y"}, {"a", "/+~"}, {"B", "é"}, {"a-b", ""}}), "B=%C3%A9&a=%2F%2B~&a-b=&b=x%20y");
}

}  // namespace
}  // namespace reelvault::storage
