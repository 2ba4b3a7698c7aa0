// Access tokens: JWTs (RFC 9068 in spirit) signed by this server with EdDSA. They name a user and a session and carry
// no rights: role, groups and whether the session still stands are looked up at each use.
#pragma once
#include "auth/jws.hpp"
#include "auth/keyring.hpp"
#include "auth/token.hpp"

namespace reelvault::auth {

class AccessTokens : public TokenVerifier {
 public:
  AccessTokens(KeyRing& keys, std::chrono::seconds lifetime) : keys_(keys), lifetime_(lifetime) {}

  std::string issue(const Uuid& user, const Uuid& session, Timestamp at);
  std::chrono::seconds lifetime() const { return lifetime_; }

  std::optional<Uuid> session_of(std::string_view token);  // nothing for what is no good access token

  bool recognises(std::string_view token) const override;
  Result<Identity> verify(std::string_view token) override { return verify_at(token, now()); }
  Result<Identity> verify_at(std::string_view token, Timestamp at);
  bool rests_on_database() const override { return false; }

 private:
  std::shared_ptr<const JwsKey> key(const SigningKey& from);

  KeyRing& keys_;
  std::chrono::seconds lifetime_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const JwsKey>> parsed_;  // by key id
};

}  // namespace reelvault::auth
