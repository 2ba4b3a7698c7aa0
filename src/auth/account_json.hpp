// What the account routes take and give.
#pragma once
#include "auth/access_control.hpp"
#include "auth/user_repository.hpp"
#include "base/dto.hpp"

namespace reelvault::auth {

struct GroupRef {
  Uuid id;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(GroupRef, (), (id, name))

struct UserJson {
  Uuid id;
  std::string username;
  std::optional<std::string> displayName, email;
  std::string role;
  bool disabled = false;
  bool hasPassword = false;
  std::vector<GroupRef> groups;
  std::optional<Timestamp> lastLoginAt;
  Timestamp createdAt, modifiedAt;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(UserJson, (),
                      (id, username, displayName, email, role, disabled, hasPassword, groups, lastLoginAt, createdAt,
                       modifiedAt))

struct UserPage {
  std::vector<UserJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(UserPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct LoginRequest {
  std::string username, password;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(LoginRequest, (), (username, password))

struct LoginAnswer {
  std::optional<std::string> accessToken, refreshToken;  // null where cookies hold them
  std::int64_t expiresIn = 0;
  UserJson user;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(LoginAnswer, (), (accessToken, refreshToken, expiresIn, user))

struct RefreshRequest {
  std::optional<std::string> refreshToken;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(RefreshRequest, (), (refreshToken))

struct ChangePassword {
  std::string currentPassword, newPassword;
};
BOOST_DESCRIBE_STRUCT(ChangePassword, (), (currentPassword, newPassword))

struct CreateUser {
  std::string username;
  std::optional<std::string> password, displayName, email;
  std::string role;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CreateUser, (), (username, password, displayName, email, role))

struct PatchUser {
  std::optional<std::string> username;
  dto::Patch<std::string> displayName, email;
  std::optional<std::string> role;
  std::optional<bool> disabled;
  dto::Patch<std::string> password;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(PatchUser, (), (username, displayName, email, role, disabled, password))

struct AccountQuery {
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  std::string sort;
  std::optional<std::string> search;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(AccountQuery, (), (pageSize, pageToken, sort, search))

struct GroupJson {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::int64_t memberCount = 0;
  Timestamp createdAt, modifiedAt;
};
BOOST_DESCRIBE_STRUCT(GroupJson, (), (id, name, description, memberCount, createdAt, modifiedAt))

struct GroupPage {
  std::vector<GroupJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(GroupPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct CreateGroup {
  std::string name;
  std::optional<std::string> description;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CreateGroup, (), (name, description))

struct PatchGroup {
  std::optional<std::string> name;
  dto::Patch<std::string> description;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(PatchGroup, (), (name, description))

struct AddMember {
  Uuid userId;
};
BOOST_DESCRIBE_STRUCT(AddMember, (), (userId))

struct ApiKeyJson {
  Uuid id, userId;
  std::string name, prefix;
  std::optional<std::vector<std::string>> scopes;  // null: whatever the user may
  std::optional<Timestamp> expiresAt, lastUsedAt;
  Timestamp createdAt;
  std::optional<std::string> key;  // once, in the answer that made it
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ApiKeyJson, (), (id, userId, name, prefix, scopes, expiresAt, lastUsedAt, createdAt, key))

struct ApiKeyPage {
  std::vector<ApiKeyJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(ApiKeyPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct CreateApiKey {
  std::string name;
  std::optional<Uuid> userId;
  std::optional<std::vector<std::string>> scopes;
  std::optional<Timestamp> expiresAt;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CreateApiKey, (), (name, userId, scopes, expiresAt))

struct PatchApiKey {
  std::optional<std::string> name;
  std::optional<std::vector<std::string>> scopes;
  std::optional<Timestamp> expiresAt;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(PatchApiKey, (), (name, scopes, expiresAt))

struct ApiKeyQuery {
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  std::string sort;
  std::optional<Uuid> userId;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(ApiKeyQuery, (), (pageSize, pageToken, sort, userId))

struct GrantJson {
  Uuid id;
  std::optional<Uuid> userId, groupId;
  std::string displayName;
  Uuid assetId;
  std::string permission;
  Timestamp createdAt;
  std::optional<Uuid> createdBy;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(GrantJson, (), (id, userId, groupId, displayName, assetId, permission, createdAt, createdBy))

struct GrantPage {
  std::vector<GrantJson> items;
  std::optional<std::string> nextPageToken;
  std::int64_t totalItemCount = 0;
  bool totalIsEstimate = false;
};
BOOST_DESCRIBE_STRUCT(GrantPage, (), (items, nextPageToken, totalItemCount, totalIsEstimate))

struct CreateGrant {
  std::optional<Uuid> userId, groupId;
  Uuid assetId;
  std::string permission;
  static std::span<const dto::Rule> rules();
  void check(Faults& faults) const;
};
BOOST_DESCRIBE_STRUCT(CreateGrant, (), (userId, groupId, assetId, permission))

struct PatchGrant {
  std::string permission;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(PatchGrant, (), (permission))

struct GrantQuery {
  std::int64_t pageSize = 50;
  std::optional<std::string> pageToken;
  std::string sort;
  std::optional<Uuid> userId, groupId, assetId;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(GrantQuery, (), (pageSize, pageToken, sort, userId, groupId, assetId))

// Whom something may be granted to.
struct GranteeJson {
  std::string kind;
  Uuid id;
  std::string displayName;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(GranteeJson, (), (kind, id, displayName))

struct GranteeItems {
  std::vector<GranteeJson> items;
};
BOOST_DESCRIBE_STRUCT(GranteeItems, (), (items))

struct GranteeQuery {
  Uuid assetId;
  std::string search;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(GranteeQuery, (), (assetId, search))

std::string_view permission_name(Permission permission);  // "read", "write", "manage"
Permission parse_permission(std::string_view name);
// The revision, by which If-Match goes, and a sum of the body, since a body also shows what is no change of the row (a
// login, a new member of a group).
std::string revision_etag(std::int64_t revision, std::string_view body);
// precondition where the request has an If-Match that does not name this revision.
Result<void> check_if_match(std::string_view if_match, std::int64_t revision);

template <class T>
struct Revised {
  T value;
  std::int64_t revision = 0;
};

}  // namespace reelvault::auth
