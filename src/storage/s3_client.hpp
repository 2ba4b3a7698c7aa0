// Requests to an S3 endpoint: signed, sent over connections that are kept, and sent again with growing pauses where the
// store is busy or the connection breaks. Blocks; any thread.
#pragma once
#include "storage/blob_store.hpp"
#include "storage/sigv4.hpp"

#include <mutex>

namespace reelvault::storage {

// Bytes of a local file as a request's body.
struct FileSlice {
  int fd = -1;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct S3Request {
  std::string method;
  std::string key;  // in the bucket; empty: the bucket itself
  Query query = {};
  Headers headers = {};
  std::string body = {};
  std::optional<FileSlice> file = {};     // instead of `body`
  std::uint64_t answer_limit = 16 << 20;  // a longer answer is an error
  int attempts = 5;
};

struct S3Response {
  int status = 0;
  Headers headers;
  std::string body;
  std::string code;    // of an <Error>, whatever the status
  bool again = false;  // the answer is not to the first attempt, which may have had its effect
  bool good() const { return status >= 200 && status < 300 && code.empty(); }
};

class S3Client {
 public:
  // `silence`: for so long a store may say nothing, three times that to what changes something; after twice that in all
  // it is asked no more.
  explicit S3Client(S3Options options, std::chrono::seconds silence = std::chrono::seconds(20));
  ~S3Client();
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  // Any answer that the store gave; unavailable when it gave none, or a passing failure to the last attempt.
  Result<S3Response> send(const S3Request& request);
  // The URL by which somebody else sends this request, at the public endpoint.
  std::string presign(const S3Request& request, std::chrono::seconds lifetime) const;

 private:
  struct Endpoint {
    std::string scheme, host, path;  // host with its port, as in the Host header; path: "/bucket" or ""
  };
  struct Transfer;
  static Endpoint endpoint_of(const std::string& url, const S3Options& options);
  std::string path_of(const Endpoint& endpoint, const std::string& key) const;
  Result<S3Response> attempt(const S3Request& request, const std::string& payload_hash);
  void* take_handle();
  void give_back(void* handle);

  const std::chrono::seconds silence_;
  const S3Options options_;
  const SigningKey key_;
  const Endpoint endpoint_, public_endpoint_;
  std::mutex mutex_;
  std::vector<void*> idle_;  // curl handles, each with its open connection
};

// What an answer that is not good means: not_found, conflict (a part or precondition), unavailable.
Error s3_error(const S3Response& response, std::string_view doing);

}  // namespace reelvault::storage
