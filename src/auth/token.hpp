// Bearer tokens and what verifies them. The gate asks each verifier in turn whether a token is its own kind, and keeps
// what the one that says so makes of it; an OpenID Connect issuer is one more verifier in the list.
#pragma once
#include "auth/directory.hpp"

#include <string_view>

namespace reelvault::auth {

class TokenVerifier {
 public:
  virtual ~TokenVerifier() = default;
  // By its form alone; cheap.
  virtual bool recognises(std::string_view token) const = 0;
  // unauthenticated for a bad token; anything else (the database is away) is not the token's fault. The message never
  // quotes the token.
  virtual Result<Identity> verify(std::string_view token) = 0;
  // Whether what it found can change without the token changing (a key's scopes): verified anew after each change of
  // accounts. What the directory knows of the user is always taken anew.
  virtual bool rests_on_database() const = 0;
  // Whether verify may take long (an issuer is asked): then it is not done on an event loop.
  virtual bool may_wait() const { return false; }
};

std::unexpected<Error> fail_bad_token(std::string detail);
std::unexpected<Error> fail_expired_token();

}  // namespace reelvault::auth
