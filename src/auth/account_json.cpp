#include "auth/account_json.hpp"

#include "auth/password.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

constexpr std::string_view kPermissions[] = {"read", "write", "manage"};

constexpr dto::Rule kPageSize{
    .field = "pageSize", .sentence = "Items of one page.", .minimum = 1, .maximum = 500, .default_json = "50"};
constexpr dto::Rule kPageToken{
    .field = "pageToken", .sentence = "nextPageToken of the page before.", .max_length = 2000};
constexpr dto::Rule kCreationSort{
    .field = "sort", .sentence = "The order.", .one_of = "createdAt|-createdAt", .default_json = "\"createdAt\""};
constexpr dto::Rule kRole{.field = "role",
                          .sentence = "admin may do everything; editor and viewer need grants.",
                          .one_of = kRoles,
                          .default_json = "\"viewer\""};
constexpr dto::Rule kScopeRule{
    .field = "scopes",
    .sentence = "What the key may do of what its user may; each of write, manage and admin includes those before it.",
    .max_length = 5,
    .one_of = "upload|read|write|manage|admin"};
constexpr dto::Rule kPermission{
    .field = "permission", .sentence = "Each includes those before it.", .one_of = "read|write|manage"};
constexpr dto::Rule kName{.field = "name", .min_length = 1, .max_length = 200};
constexpr dto::Rule kDescription{.field = "description", .max_length = 2000};
constexpr dto::Rule kDisplayName{.field = "displayName", .max_length = 200};
constexpr dto::Rule kEmail{.field = "email", .max_length = 320};

void check_key(const std::optional<std::vector<std::string>>& scopes, const std::optional<Timestamp>& expires_at,
               Faults& faults) {
  if (scopes && scopes->empty()) faults.add("/scopes", "must name at least one, or be left out");
  if (expires_at && *expires_at <= now()) faults.add("/expiresAt", "must be in the future");
}

}  // namespace

std::span<const dto::Rule> UserJson::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "role", .one_of = kRoles},
      {.field = "hasPassword", .sentence = "False of who signs in by single sign-on alone: there is none to change."}};
  return list;
}
std::span<const dto::Rule> LoginRequest::rules() {
  static constexpr dto::Rule list[] = {{.field = "username", .max_length = 1024}};
  return list;
}
std::span<const dto::Rule> LoginAnswer::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "accessToken", .sentence = "Send it as Authorization: Bearer. Null where cookies hold the session."},
      {.field = "refreshToken", .sentence = "Good for one exchange. Null where cookies hold the session."},
      {.field = "expiresIn", .sentence = "Seconds that the access token is good for."}};
  return list;
}
std::span<const dto::Rule> RefreshRequest::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "refreshToken", .sentence = "Absent: the one in the session's cookie.", .max_length = 200}};
  return list;
}
std::span<const dto::Rule> CreateUser::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "username", .min_length = 1, .max_length = 200},
      {.field = "password", .sentence = "At least 8 characters. Absent: no password opens the account."},
      kDisplayName,
      kEmail,
      kRole};
  return list;
}
void CreateUser::check(Faults& faults) const {
  const std::string name = faults.take(clean_name(username, "/username"));
  if (password) faults.take(check_new_password(*password, name, "/password"));
}
std::span<const dto::Rule> PatchUser::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "username", .min_length = 1, .max_length = 200},
      {.field = "password", .sentence = "Ends the user's sessions. Null: no password opens the account."},
      {.field = "disabled", .sentence = "True ends the user's sessions, and their keys are refused, at once."},
      {.field = "role", .one_of = kRoles},
      kDisplayName,
      kEmail};
  return list;
}
std::span<const dto::Rule> AccountQuery::rules() {
  static constexpr dto::Rule list[] = {
      kPageSize,
      kPageToken,
      {.field = "sort",
       .sentence = "The order.",
       .one_of = "name|-name|createdAt|-createdAt",
       .default_json = "\"name\""},
      {.field = "search", .sentence = "A part of the name, in any case.", .max_length = 200}};
  return list;
}
std::span<const dto::Rule> CreateGroup::rules() {
  static constexpr dto::Rule list[] = {kName, kDescription};
  return list;
}
void CreateGroup::check(Faults& faults) const { (void)faults.take(clean_name(name, "/name")); }
std::span<const dto::Rule> PatchGroup::rules() { return CreateGroup::rules(); }
void PatchGroup::check(Faults& faults) const {
  if (name) (void)faults.take(clean_name(*name, "/name"));
}
std::span<const dto::Rule> ApiKeyJson::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "prefix", .sentence = "The part of the key by which it can be recognised."},
      {.field = "scopes", .sentence = "Null: whatever its user may."},
      {.field = "lastUsedAt", .sentence = "To within the hour."},
      {.field = "key", .sentence = "The key itself, in the answer that made it and never again."}};
  return list;
}
std::span<const dto::Rule> CreateApiKey::rules() {
  static constexpr dto::Rule list[] = {
      kName,
      kScopeRule,
      {.field = "userId", .sentence = "Whose key; absent: the caller's own. Another's needs role admin."},
      {.field = "expiresAt", .sentence = "Absent: in a year."}};
  return list;
}
void CreateApiKey::check(Faults& faults) const {
  (void)faults.take(clean_name(name, "/name"));
  check_key(scopes, expiresAt, faults);
}
std::span<const dto::Rule> PatchApiKey::rules() {
  static constexpr dto::Rule list[] = {kName, kScopeRule};
  return list;
}
void PatchApiKey::check(Faults& faults) const {
  if (name) (void)faults.take(clean_name(*name, "/name"));
  check_key(scopes, expiresAt, faults);
}
std::span<const dto::Rule> ApiKeyQuery::rules() {
  static constexpr dto::Rule list[] = {
      kPageSize, kPageToken, kCreationSort, {.field = "userId", .sentence = "Keys of this user alone."}};
  return list;
}
std::span<const dto::Rule> CreateGrant::rules() {
  static constexpr dto::Rule list[] = {
      kPermission,
      {.field = "userId", .sentence = "Who gets it: a user, or"},
      {.field = "groupId", .sentence = "a group; one of the two."},
      {.field = "assetId", .sentence = "The bucket or folder; what is below inherits it."}};
  return list;
}
void CreateGrant::check(Faults& faults) const {
  if (userId.has_value() == groupId.has_value())
    faults.add(userId ? "/groupId" : "/userId", "either userId or groupId must be given");
}
std::span<const dto::Rule> PatchGrant::rules() {
  static constexpr dto::Rule list[] = {kPermission};
  return list;
}
std::span<const dto::Rule> GrantQuery::rules() {
  static constexpr dto::Rule list[] = {kPageSize, kPageToken, kCreationSort};
  return list;
}

std::span<const dto::Rule> GrantJson::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "displayName", .sentence = "Of the user or group; of a user without one, the user name."}};
  return list;
}
std::span<const dto::Rule> GranteeJson::rules() {
  static constexpr dto::Rule list[] = {{.field = "kind", .one_of = "user|group"},
                                       {.field = "displayName", .sentence = "Of a user without one, the user name."}};
  return list;
}
std::span<const dto::Rule> GranteeQuery::rules() {
  static constexpr dto::Rule list[] = {
      {.field = "assetId", .sentence = "What something is to be granted on; the caller must manage it."},
      {.field = "search",
       .sentence = "A user name, display name or name of a group, or, from three characters on, how it or a word of it "
                   "begins; or a whole e-mail address. In any case.",
       .min_length = 1,
       .max_length = 200}};
  return list;
}

std::string_view permission_name(Permission permission) { return kPermissions[static_cast<std::size_t>(permission)]; }
Permission parse_permission(std::string_view name) {
  auto found = std::ranges::find(kPermissions, name);
  return found == std::end(kPermissions) ? Permission::read : static_cast<Permission>(found - std::begin(kPermissions));
}

std::string revision_etag(std::int64_t revision, std::string_view body) {
  return fmt::format("\"r{}-{:08x}\"", revision, crc32(bytes_of(body)));
}

Result<void> check_if_match(std::string_view if_match, std::int64_t revision) {
  if (trim(if_match).empty() || trim(if_match) == "*") return {};
  std::string mine = fmt::format("\"r{}", revision);
  for (std::string_view one : split(if_match, ',')) {
    one = trim(one);
    if (one.substr(0, one.find('-')) == mine || one == mine + "\"") return {};
  }
  return fail(Code::precondition, "", "It was changed meanwhile; get it again.");
}

}  // namespace reelvault::auth
