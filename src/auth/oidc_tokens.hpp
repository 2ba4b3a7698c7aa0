// Tokens of the configured issuer as bearer tokens. Verifying one that was not seen before may ask the issuer for its
// keys and write down the user, so it may wait: the server does it on a lane.
#pragma once
#include "auth/oidc_accounts.hpp"
#include "auth/token.hpp"

namespace reelvault::auth {

class OidcTokens : public TokenVerifier {
 public:
  OidcTokens(OidcIssuer& issuer, OidcAccounts& accounts) : issuer_(issuer), accounts_(accounts) {}

  bool recognises(std::string_view token) const override;
  Result<Identity> verify(std::string_view token) override;
  bool rests_on_database() const override { return false; }
  bool may_wait() const override { return true; }

 private:
  OidcIssuer& issuer_;
  OidcAccounts& accounts_;
};

}  // namespace reelvault::auth
