#include "auth/access_control.hpp"

namespace reelvault::auth {
namespace {

bool acts_for_user(const Principal& principal) {
  return principal.kind == Principal::Kind::user || principal.kind == Principal::Kind::api_key;
}

// The most that a key's scopes let through; nothing: none of them speaks of assets.
std::optional<Permission> scope_limit(const Principal& principal) {
  if (!principal.limited) return Permission::manage;
  if (scope_allows(principal, "manage")) return Permission::manage;
  if (scope_allows(principal, "write") || scope_allows(principal, "upload")) return Permission::write;
  if (scope_allows(principal, "read")) return Permission::read;
  return std::nullopt;
}

std::size_t rank(std::string_view scope) {
  auto found = std::ranges::find(kScopes, scope);
  return static_cast<std::size_t>(found - std::begin(kScopes));
}

}  // namespace

bool scope_allows(const Principal& principal, std::string_view scope) {
  if (!principal.limited) return true;
  std::size_t wanted = rank(scope);
  if (wanted == std::size(kScopes)) return false;
  return std::ranges::any_of(principal.scopes, [&](const std::string& held) {
    std::size_t at = rank(held);
    if (at == std::size(kScopes)) return false;
    // Who may only read may not upload, and the other way round.
    return at == wanted || (at > wanted && at >= rank("write"));
  });
}

std::optional<Permission> GrantedAccess::highest(const Principal& principal,
                                                 std::span<const std::int64_t> chain) const {
  if (principal.kind == Principal::Kind::system) return Permission::manage;
  if (!acts_for_user(principal)) return std::nullopt;
  // As the user is now, not as they were when the request began: what was taken away is gone.
  auto user = directory_.user(principal.user_row);
  auto limit = scope_limit(principal);
  if (!user || user->disabled || !limit) return std::nullopt;
  if (user->role == Role::admin) return limit;
  auto granted = directory_.highest(principal.user_row, chain);
  if (!granted) return std::nullopt;
  return std::min(*granted, *limit);
}

Result<void> GrantedAccess::require(const Principal& principal, Permission permission, const Uuid& asset) const {
  auto chain = tree_.chain(asset);
  auto held = chain ? highest(principal, *chain) : std::nullopt;
  if (chain && (!held || *held < permission) && catch_up_ && catch_up_()) held = highest(principal, *chain);
  if (!held) return fail_not_found();
  if (*held < permission) {
    static constexpr std::string_view names[] = {"read", "write", "manage"};
    return fail(Code::forbidden, "permission-missing",
                fmt::format("This needs the permission \"{}\" on the asset.", names[static_cast<int>(permission)]));
  }
  return {};
}

bool GrantedAccess::sees_everything(const Principal& principal) const {
  if (principal.kind == Principal::Kind::system) return true;
  if (!acts_for_user(principal) || !scope_limit(principal)) return false;
  auto user = directory_.user(principal.user_row);
  return user && !user->disabled && user->role == Role::admin;
}

std::vector<std::int64_t> GrantedAccess::granted(const Principal& principal) const {
  if (!acts_for_user(principal) || !scope_limit(principal)) return {};
  return directory_.granted(principal.user_row);
}

AccessExplanation GrantedAccess::explain(const Principal& principal, std::span<const std::int64_t> chain) const {
  AccessExplanation out;
  out.highest = highest(principal, chain);
  out.held_to = scope_limit(principal);
  if (principal.kind == Principal::Kind::system) out.reasons.push_back({.permission = Permission::manage});
  if (!acts_for_user(principal)) return out;
  auto user = directory_.user(principal.user_row);
  if (user && !user->disabled && user->role == Role::admin) out.reasons.push_back({.permission = Permission::manage});
  for (const Directory::Held& held : directory_.held(principal.user_row, chain)) {
    out.reasons.push_back(
        {.kind = held.grant.group_row != 0 ? AccessReason::Kind::group_grant : AccessReason::Kind::grant,
         .permission = held.grant.permission,
         .grant = held.grant.id,
         .group_row = held.grant.group_row,
         .asset_row = held.grant.asset_row,
         .distance = held.distance});
  }
  return out;
}

}  // namespace reelvault::auth
