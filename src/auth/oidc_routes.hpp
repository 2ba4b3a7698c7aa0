// Signing in at an OpenID Connect issuer, under /account/oidc. The routes are there without one, too, and say so.
#pragma once
#include "auth/oidc_sign_in.hpp"
#include "http/route.hpp"

namespace reelvault::auth {

// `sign_in` is null where none is configured.
void add_oidc_routes(http::RouteTable& table, OidcSignIn* sign_in, const SessionService& sessions, const Csrf& csrf);

}  // namespace reelvault::auth
