// JSON Web Signatures in compact form (RFC 7515). A key is pinned to one algorithm: a token whose header names another
// is refused before any signature is looked at, so neither "none" nor a public key used as an HMAC secret gets through.
#pragma once
#include "base/error.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault::auth {

// An Ed25519 private key ("EdDSA", RFC 8037). Immutable, any thread.
class JwsKey {
 public:
  static Result<JwsKey> from_private_der(std::string_view pkcs8);
  JwsKey(JwsKey&&) noexcept;
  JwsKey& operator=(JwsKey&&) noexcept;
  ~JwsKey();

  std::string_view algorithm() const { return "EdDSA"; }
  std::string sign(std::string_view data) const;
  bool verify(std::string_view data, std::string_view signature) const;

 private:
  struct State;
  explicit JwsKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The parts of a compact token, decoded, before any of it is believed.
struct JwsParts {
  std::string algorithm, key_id, type;  // of the header
  std::string_view signed_part;         // header and payload as sent; within the token
  std::string payload;
  std::string signature;
};
std::optional<JwsParts> split_jws(std::string_view token);
std::string make_jws(const JwsKey& key, std::string_view key_id, std::string_view type, std::string_view payload);

}  // namespace reelvault::auth
