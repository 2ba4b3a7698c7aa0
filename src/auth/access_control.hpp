// The rules of access.hpp over the grants in memory.
#pragma once
#include "auth/access.hpp"
#include "auth/directory.hpp"

namespace reelvault::auth {

// Scopes of an API key: "upload" lets files be brought in, "read" lets them be seen, and each of "write", "manage" and
// "admin" includes those before it.
inline constexpr std::string_view kScopes[] = {"upload", "read", "write", "manage", "admin"};
bool scope_allows(const Principal& principal, std::string_view scope);

// Why somebody may do what they may.
struct AccessReason {
  enum class Kind { role, grant, group_grant };
  Kind kind = Kind::role;
  Permission permission = Permission::read;
  Uuid grant;                  // of a grant
  std::int64_t group_row = 0;  // of a group's grant
  std::int64_t asset_row = 0;  // where the grant stands
  std::size_t distance = 0;    // 0: on the asset itself, 1: on its folder, …
};
struct AccessExplanation {
  std::optional<Permission> highest;
  std::optional<Permission> held_to;  // the most that the API key's scopes let through
  std::vector<AccessReason> reasons;  // all that bear on it, nearest first
};

class GrantedAccess : public AccessControl {
 public:
  // `catch_up`: see Directory::catch_up; none where no other node can have news.
  GrantedAccess(const Directory& directory, ResourceTree& tree, std::function<bool()> catch_up = {})
      : directory_(directory), tree_(tree), catch_up_(std::move(catch_up)) {}

  std::optional<Permission> highest(const Principal& principal, std::span<const std::int64_t> chain) const override;
  Result<void> require(const Principal& principal, Permission permission, const Uuid& asset) const override;
  bool sees_everything(const Principal& principal) const override;
  std::vector<std::int64_t> granted(const Principal& principal) const override;

  AccessExplanation explain(const Principal& principal, std::span<const std::int64_t> chain) const;

 private:
  const Directory& directory_;
  ResourceTree& tree_;
  std::function<bool()> catch_up_;
};

}  // namespace reelvault::auth
