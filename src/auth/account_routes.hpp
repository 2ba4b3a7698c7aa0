// Signing in and out, under /account.
#pragma once
#include "auth/cookies.hpp"
#include "auth/session_service.hpp"
#include "auth/user_service.hpp"
#include "http/route.hpp"

namespace reelvault::auth {

void add_account_routes(http::RouteTable& table, SessionService& sessions, UserService& users, AccessTokens& access,
                        const Csrf& csrf);

}  // namespace reelvault::auth
