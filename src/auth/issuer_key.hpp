// A public key of an OpenID Connect issuer, from its JSON Web Key. The key is pinned to one algorithm, RS256 for RSA of
// at least 2048 bits and ES256 for P-256, whatever a token's header says; every other kind of key is passed over, so
// that neither "none" nor HS256 with a public key as secret can be asked of one. Immutable, any thread.
#pragma once
#include <boost/json.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace reelvault::auth {

class IssuerKey {
 public:
  // Nothing for a key that is not for signatures, or of another kind or algorithm.
  static std::optional<IssuerKey> from_jwk(const boost::json::object& jwk);
  IssuerKey(IssuerKey&&) noexcept;
  IssuerKey& operator=(IssuerKey&&) noexcept;
  ~IssuerKey();

  const std::string& id() const { return id_; }  // empty where the issuer gives none
  std::string_view algorithm() const { return algorithm_; }
  bool verify(std::string_view data, std::string_view signature) const;

 private:
  struct State;
  explicit IssuerKey(std::unique_ptr<State> state);
  std::string id_;
  std::string_view algorithm_;
  std::unique_ptr<State> state_;
};

}  // namespace reelvault::auth
