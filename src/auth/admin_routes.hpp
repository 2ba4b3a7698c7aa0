// Managing users, groups, API keys and grants, under /admin.
#pragma once
#include "auth/api_key_service.hpp"
#include "auth/grant_service.hpp"
#include "auth/group_service.hpp"
#include "auth/user_service.hpp"
#include "http/route.hpp"

namespace reelvault::auth {

void add_user_routes(http::RouteTable& table, UserService& users);
void add_group_routes(http::RouteTable& table, GroupService& groups);
void add_api_key_routes(http::RouteTable& table, ApiKeyService& keys);
void add_grant_routes(http::RouteTable& table, GrantService& grants);

}  // namespace reelvault::auth
