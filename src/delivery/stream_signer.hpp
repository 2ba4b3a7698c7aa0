// Signatures of streaming cookies and signed URLs in the form that CloudFront defines for a custom policy (Amazon
// CloudFront Developer Guide, "Use signed cookies", "Create a signed URL using a custom policy"): an RSA-SHA1 signature
// over a JSON policy, base64 with + = / written as - _ ~. So a CloudFront distribution can stand in front without a
// change. Beside it `rv-grant` names the user, and this origin checks that user's right on every request.
// Thread-safe; verified policies are remembered, so that a segment costs no RSA operation.
#pragma once
#include "base/error.hpp"
#include "base/principal.hpp"
#include "base/time.hpp"

#include <memory>
#include <mutex>
#include <unordered_map>

namespace reelvault::delivery {

struct StreamCredentials {
  std::string policy, signature, key_pair_id;
};

class StreamSigner {
 public:
  // `private_key_pem`: RSA, 2048 bits; `grant_key`: 32 raw bytes.
  static Result<std::unique_ptr<StreamSigner>> make(const std::string& private_key_pem, std::string grant_key);
  static std::string new_private_key();  // PEM
  ~StreamSigner();

  // For everything that begins with `prefix`, which must end in '/': a path, e.g. "/media/a/b/".
  StreamCredentials sign(const std::string& base_url, const std::string& prefix, Timestamp expires);
  // Whether the credentials are ours, not expired and cover `path` (decoded, without "." or ".." segments). The host in
  // the policy is not compared: a proxy may have rewritten it, and paths hold unguessable scope of their own.
  bool verify(const StreamCredentials& credentials, std::string_view path);

  std::string grant(const Uuid& user, Timestamp expires);
  std::optional<Uuid> granted(std::string_view text);  // the user, while it is good

 private:
  struct Key;
  struct Verified {
    std::string prefix;
    std::int64_t expires_s;
  };
  StreamSigner(std::unique_ptr<Key> key, std::string grant_key, std::string key_pair_id);
  std::optional<Verified> check(const StreamCredentials& credentials);

  std::unique_ptr<Key> key_;
  std::string grant_key_, key_pair_id_;
  std::mutex mutex_;
  std::unordered_map<std::string, Verified> verified_;  // by policy and signature
};

}  // namespace reelvault::delivery
