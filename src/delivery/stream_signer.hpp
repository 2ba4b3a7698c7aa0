// Signatures of streaming cookies and signed URLs in the form that CloudFront defines for a custom policy (Amazon
// CloudFront Developer Guide, "Use signed cookies", "Create a signed URL using a custom policy"): an RSA-SHA1 signature
// over a JSON policy, base64 with + = / written as - _ ~. So a CloudFront distribution can stand in front without a
// change. Beside it `rv-grant` names the user or the share, and this origin checks their right on every request.
// Thread-safe; verified policies are remembered, so that a segment costs no RSA operation.
#pragma once
#include "auth/keyring.hpp"
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

// Purposes of keys that this room adds to the key ring; keys rotate there, and an older one verifies until it lapses.
inline constexpr std::string_view kStreamKey = "stream";  // rsa_2048
inline constexpr std::string_view kGrantKey = "grant";    // hmac_256

// Whom a grant names: who asked for it, which for a program is its API key and not all that its user may. A session's
// is its user's for as long as that is signed in. A pass is not for media: it is what a share's page shows in place of
// the password.
struct Grantee {
  enum class Kind { user, session, api_key, share, share_pass };
  Kind kind = Kind::user;
  Uuid id;      // of the user, the session, the key, or the share
  Uuid user{};  // of a session
  bool operator==(const Grantee&) const = default;
};

class StreamSigner {
 public:
  explicit StreamSigner(auth::KeyRing& keys) : keys_(keys) {}
  ~StreamSigner();

  // For everything that begins with `prefix`, which must end in '/': a path, e.g. "/media/a/b/".
  Result<StreamCredentials> sign(const std::string& base_url, const std::string& prefix, Timestamp expires);
  // Whether the credentials are ours, not expired and cover `path` (decoded, without "." or ".." segments). The host in
  // the policy is not compared: a proxy may have rewritten it, and the path names the asset.
  bool verify(const StreamCredentials& credentials, std::string_view path);

  std::string grant(const Grantee& to, Timestamp expires);
  std::optional<Grantee> granted(std::string_view text);  // while it is good

 private:
  struct Key;
  struct Verified {
    std::string prefix;
    std::int64_t expires_s;
  };
  struct Granted {
    Grantee to;
    std::int64_t expires_s;
  };
  std::shared_ptr<Key> key(const auth::SigningKey& from);
  std::optional<Verified> check(const StreamCredentials& credentials);

  auth::KeyRing& keys_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<Key>> parsed_;  // by id
  std::unordered_map<std::string, Verified> verified_;            // by key id, policy and signature
  std::unordered_map<std::string, Granted> grants_;               // those that were found right
};

}  // namespace reelvault::delivery
