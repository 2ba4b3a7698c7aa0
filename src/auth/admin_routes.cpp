#include "auth/admin_routes.hpp"

#include "http/all_faults.hpp"

namespace reelvault::auth {

using namespace http;

namespace {

RouteInfo info(std::string summary, std::string tag, Access access, Cost cost, std::vector<int> errors = {}) {
  return {.summary = std::move(summary),
          .tag = std::move(tag),
          .access = access,
          .cost = cost,
          .errors = std::move(errors),
          .idempotent_key = false};
}
RouteInfo created(RouteInfo info) {
  info.status = 201;
  return info;
}

template <class T>
Reply<T> revised(Revised<T> found) {
  std::string etag = revision_etag(found.revision, dto::write(found.value));
  Reply<T> out(std::move(found.value));
  out.headers.add("ETag", std::move(etag));
  return out;
}
template <class T>
Reply<T> made(Reply<T> out, std::string_view below) {
  out.headers.add("Location", std::string(below) + "/" + out.value.id.text());
  return out;
}
template <class B>
std::string_view if_match(const Call<NoQuery, B>& call) {
  return call.request.headers.get("If-Match");
}

}  // namespace

void add_user_routes(RouteTable& table, UserService& users) {
  table.add(
      get<AccountQuery, UserPage>("/admin/user", info("List users", "Users", admin_only(), Cost::read),
                                  [&](const Call<AccountQuery, NoBody>& call) { return users.list(call.query); }));
  table.add(post<NoQuery, CreateUser, UserJson>(
      "/admin/user", created(info("Create a user", "Users", admin_only(), Cost::hash, {409})),
      [&](const Call<NoQuery, CreateUser>& call) -> Result<Reply<UserJson>> {
        RV_TRY(auto user, users.create(call.body));
        return made(revised(std::move(user)), "/admin/user");
      }));
  table.add(get<NoQuery, UserJson>("/admin/user/{id}", info("Get a user", "Users", admin_only(), Cost::point),
                                   [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<UserJson>> {
                                     RV_TRY(auto user, users.get(call.id()));
                                     return revised(std::move(user));
                                   }));
  Route change = patch<NoQuery, PatchUser, UserJson>(
      "/admin/user/{id}", info("Change a user", "Users", admin_only(), Cost::hash, {409, 412}),
      [&](const Call<NoQuery, PatchUser>& call) -> Result<Reply<UserJson>> {
        RV_TRY(auto user, users.patch(call.id(), call.body, if_match(call)));
        return revised(std::move(user));
      });
  table.add(with_all_faults<PatchUser>(std::move(change), [&](const Request& request, const PatchUser& given) {
    return users.check(path_id(request), given);
  }));
  table.add(del<NoQuery, NoBody>(
      "/admin/user/{id}",
      info("Delete a user, their keys, sessions and grants", "Users", admin_only(), Cost::write, {409, 412}),
      [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
        RV_CHECK(users.remove(call.id(), if_match(call)));
        return Reply<Nothing>(Nothing{});
      }));
}

void add_group_routes(RouteTable& table, GroupService& groups) {
  table.add(
      get<AccountQuery, GroupPage>("/admin/group", info("List groups", "Groups", admin_only(), Cost::read),
                                   [&](const Call<AccountQuery, NoBody>& call) { return groups.list(call.query); }));
  table.add(post<NoQuery, CreateGroup, GroupJson>(
      "/admin/group", created(info("Create a group", "Groups", admin_only(), Cost::write, {409})),
      [&](const Call<NoQuery, CreateGroup>& call) -> Result<Reply<GroupJson>> {
        RV_TRY(auto group, groups.create(call.body));
        return made(revised(std::move(group)), "/admin/group");
      }));
  table.add(get<NoQuery, GroupJson>("/admin/group/{id}", info("Get a group", "Groups", admin_only(), Cost::point),
                                    [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<GroupJson>> {
                                      RV_TRY(auto group, groups.get(call.id()));
                                      return revised(std::move(group));
                                    }));
  table.add(patch<NoQuery, PatchGroup, GroupJson>(
      "/admin/group/{id}", info("Change a group", "Groups", admin_only(), Cost::write, {409, 412}),
      [&](const Call<NoQuery, PatchGroup>& call) -> Result<Reply<GroupJson>> {
        RV_TRY(auto group, groups.patch(call.id(), call.body, if_match(call)));
        return revised(std::move(group));
      }));
  table.add(del<NoQuery, NoBody>("/admin/group/{id}",
                                 info("Delete a group and its grants", "Groups", admin_only(), Cost::write, {412}),
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(groups.remove(call.id(), if_match(call)));
                                   return Reply<Nothing>(Nothing{});
                                 }));
  table.add(get<AccountQuery, UserPage>(
      "/admin/group/{id}/member", info("List a group's members", "Groups", admin_only(), Cost::read),
      [&](const Call<AccountQuery, NoBody>& call) { return groups.members(call.id(), call.query); }));
  table.add(post<NoQuery, AddMember, GroupJson>(
      "/admin/group/{id}/member", created(info("Add a member", "Groups", admin_only(), Cost::write)),
      [&](const Call<NoQuery, AddMember>& call) { return groups.add_member(call.id(), call.body.userId); }));
  table.add(del<NoQuery, NoBody>("/admin/group/{id}/member/{userId}",
                                 info("Remove a member", "Groups", admin_only(), Cost::write),
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(groups.remove_member(call.id(), call.id("userId")));
                                   return Reply<Nothing>(Nothing{});
                                 }));
}

void add_api_key_routes(RouteTable& table, ApiKeyService& keys) {
  // Everyone their own, so no role; a key with scopes must have "admin" to touch keys.
  Access own = signed_in("admin");
  table.add(get<ApiKeyQuery, ApiKeyPage>(
      "/admin/api-key", info("List API keys: one's own, or everyone's for administrators", "API keys", own, Cost::read),
      [&](const Call<ApiKeyQuery, NoBody>& call) { return keys.list(call.principal(), call.query); }));
  table.add(post<NoQuery, CreateApiKey, ApiKeyJson>(
      "/admin/api-key", created(info("Create an API key, shown this once", "API keys", own, Cost::write, {404})),
      [&](const Call<NoQuery, CreateApiKey>& call) -> Result<Reply<ApiKeyJson>> {
        RV_TRY(ApiKeyJson key, keys.create(call.principal(), call.body));
        Reply<ApiKeyJson> out = made(Reply<ApiKeyJson>(std::move(key)), "/admin/api-key");
        out.headers.add("Cache-Control", "no-store");
        return out;
      }));
  table.add(get<NoQuery, ApiKeyJson>(
      "/admin/api-key/{id}", info("Get an API key, without the key itself", "API keys", own, Cost::point),
      [&](const Call<NoQuery, NoBody>& call) { return keys.get(call.principal(), call.id()); }));
  table.add(patch<NoQuery, PatchApiKey, ApiKeyJson>(
      "/admin/api-key/{id}", info("Change an API key's name, scopes or expiry", "API keys", own, Cost::write),
      [&](const Call<NoQuery, PatchApiKey>& call) { return keys.patch(call.principal(), call.id(), call.body); }));
  table.add(del<NoQuery, NoBody>("/admin/api-key/{id}", info("Delete an API key", "API keys", own, Cost::write),
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(keys.remove(call.principal(), call.id()));
                                   return Reply<Nothing>(Nothing{});
                                 }));
}

void add_grant_routes(RouteTable& table, GrantService& grants) {
  // Which asset it is about stands in the query, the body or the grant, so the service asks for the permission there.
  const Access managers = editor_only("manage");
  table.add(get<GrantQuery, GrantPage>(
      "/admin/grant",
      info("List grants: all for administrators, else of a folder that one manages", "Grants", managers, Cost::read),
      [&](const Call<GrantQuery, NoBody>& call) { return grants.list(call.principal(), call.query); }));
  Route create = post<NoQuery, CreateGrant, GrantJson>(
      "/admin/grant",
      created(info("Grant a permission on a bucket or folder", "Grants", managers, Cost::write, {404, 409})),
      [&](const Call<NoQuery, CreateGrant>& call) -> Result<Reply<GrantJson>> {
        RV_TRY(GrantJson grant, grants.create(call.principal(), call.body));
        return made(Reply<GrantJson>(std::move(grant)), "/admin/grant");
      });
  table.add(with_all_faults<CreateGrant>(std::move(create), [&](const Request& request, const CreateGrant& given) {
    return grants.check(*request.principal, given);
  }));
  RouteInfo find = info("Find whom something can be granted to", "Grants", managers, Cost::read);
  find.description =
      "For whoever manages the asset. At most 20 groups and 20 users; whoever is not among them is to be named more "
      "exactly.";
  table.add(get<GranteeQuery, GranteeItems>("/admin/grantee", std::move(find),
                                            [&](const Call<GranteeQuery, NoBody>& call) -> Result<Reply<GranteeItems>> {
                                              RV_TRY(GranteeItems found, grants.grantees(call.principal(), call.query));
                                              Reply<GranteeItems> out(std::move(found));
                                              out.headers.add("Cache-Control", "no-store");
                                              return out;
                                            }));
  table.add(get<NoQuery, GrantJson>(
      "/admin/grant/{id}", info("Get a grant", "Grants", managers, Cost::point),
      [&](const Call<NoQuery, NoBody>& call) { return grants.get(call.principal(), call.id()); }));
  table.add(patch<NoQuery, PatchGrant, GrantJson>(
      "/admin/grant/{id}", info("Change what a grant permits", "Grants", managers, Cost::write),
      [&](const Call<NoQuery, PatchGrant>& call) { return grants.patch(call.principal(), call.id(), call.body); }));
  table.add(del<NoQuery, NoBody>("/admin/grant/{id}", info("Take a grant back", "Grants", managers, Cost::write),
                                 [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<Nothing>> {
                                   RV_CHECK(grants.remove(call.principal(), call.id()));
                                   return Reply<Nothing>(Nothing{});
                                 }));
}

}  // namespace reelvault::auth
