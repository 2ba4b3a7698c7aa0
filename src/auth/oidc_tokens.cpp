#include "auth/oidc_tokens.hpp"

#include "auth/jws.hpp"

namespace reelvault::auth {
namespace {

constexpr std::size_t kLongest = 16 << 10;

}  // namespace

// Everything in three parts that does not say that it is signed as our own tokens are.
bool OidcTokens::recognises(std::string_view token) const {
  if (token.size() > kLongest || std::ranges::count(token, '.') != 2) return false;
  auto parts = split_jws(token);
  return parts && parts->algorithm != "EdDSA";
}

Result<Identity> OidcTokens::verify(std::string_view token) {
  const std::string& audience = issuer_.settings().audience;
  if (audience.empty()) return fail_bad_token("no audience is configured for bearer tokens");
  RV_TRY(OidcClaims claims, issuer_.verify(token, audience, now()));
  RV_TRY(User user, accounts_.user_of(claims));
  return Identity{.user = user.id, .expires_at = claims.expires_at};
}

}  // namespace reelvault::auth
