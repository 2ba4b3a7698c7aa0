// Signing in at the issuer through the browser: authorization code with PKCE, state and nonce. What must be known when
// the browser comes back travels with the browser itself, in a signed cookie of ten minutes that no script reads, one
// for each sign-in begun, so that any node can end it and two tabs do not disturb each other.
#pragma once
#include "auth/cookies.hpp"
#include "auth/oidc_accounts.hpp"
#include "auth/session_service.hpp"

namespace reelvault::auth {

class OidcSignIn {
 public:
  OidcSignIn(OidcIssuer& issuer, OidcAccounts& accounts, SessionService& sessions, KeyRing& keys)
      : issuer_(issuer), accounts_(accounts), sessions_(sessions), keys_(keys) {}
  const OidcSettings& settings() const { return issuer_.settings(); }

  // Both ask the issuer: on a lane only.
  struct Begun {
    std::string location;  // where the browser goes
    std::string cookie;    // a Set-Cookie
  };
  Result<Begun> begin(const http::Request& request, std::string return_to);
  struct Ended {
    SessionService::SignedIn in;
    std::string return_to;
  };
  // unauthenticated, with the types "sign-in-expired" (no such sign-in was begun in this browser), "sign-in-refused",
  // "user-disabled" and "invalid-token"; unavailable.
  Result<Ended> end(const http::Request& request);
  // Forgets the sign-in that the request ends, however it ended; nothing where it ends none.
  std::optional<std::string> forgetting_cookie(const http::Request& request) const;

 private:
  struct Pending;
  std::string seal(const Pending& pending) const;
  std::optional<Pending> unseal(std::string_view cookie) const;

  OidcIssuer& issuer_;
  OidcAccounts& accounts_;
  SessionService& sessions_;
  KeyRing& keys_;
};

// A path of this server, and nothing that a browser takes for another.
bool local_path(std::string_view path);

}  // namespace reelvault::auth
