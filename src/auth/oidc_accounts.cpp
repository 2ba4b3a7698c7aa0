#include "auth/oidc_accounts.hpp"

#include "audit/audit_repository.hpp"
#include "auth/group_repository.hpp"
#include "auth/identity_repository.hpp"
#include "auth/token.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

constexpr std::size_t kGroupsMost = 1000;
constexpr std::size_t kEmailMost = 320;
constexpr int kNumbersTried = 100;

std::unexpected<Error> fail_disabled() {
  return fail(Code::unauthenticated, "user-disabled", "This user may not sign in.", "the user is disabled");
}

// A name that a user can have: the first of these that is one, or one made of the subject.
std::string name_of(const OidcClaims& claims) {
  for (std::string_view claim : {"preferred_username", "email", "name", "sub"}) {
    if (claim == "email" && !claims.says("email_verified")) continue;
    if (auto name = clean_name(claims.text(claim), "")) return std::move(*name);
  }
  auto sum = sha256(bytes_of(claims.issuer + "\n" + claims.subject));
  return "user-" + hex(std::span(sum).first(8));
}

// The sign-in service decides this, and the user is who it concerns.
audit::Entry of_user(std::string operation, const User& user, std::string_view what) {
  auto line = audit::account(std::move(operation), "user", user.id, user.username,
                             fmt::format("by the sign-in service: {}", what));
  line.user_id = user.id;
  line.username = user.username;
  return line;
}

std::optional<std::string> display_name_of(const OidcClaims& claims) {
  auto name = clean_name(claims.text("name"), "");
  return name ? std::optional(std::move(*name)) : std::nullopt;
}

}  // namespace

// What a token says, in our words.
struct OidcAccounts::Said {
  std::string issuer, subject, username;
  std::optional<std::string> display_name;
  std::optional<std::string> email;  // verified by the issuer
  std::optional<std::vector<std::string>> groups;
  std::optional<Role> role;
  std::optional<Timestamp> issued_at;

  bool decides() const { return groups || role; }
  // An old token does not undo what a newer one said.
  bool newer_than(const std::optional<Timestamp>& taken) const {
    return decides() && (!taken || (issued_at && *issued_at > *taken));
  }
};

OidcAccounts::Said OidcAccounts::said(const OidcClaims& claims) const {
  Said out{.issuer = claims.issuer,
           .subject = claims.subject,
           .username = name_of(claims),
           .display_name = display_name_of(claims),
           .issued_at = claims.issued_at};
  std::string email = claims.text("email");
  bool possible = email.contains('@') && email.size() <= kEmailMost && !email.contains('\0') && valid_utf8(email);
  if (possible && claims.says("email_verified")) out.email = std::move(email);

  auto has = [&](const std::string& claim) {
    return !claim.empty() && (claims.of_sign_in || claims.all.contains(claim) || !claims.list(claim).empty());
  };
  if (has(settings_.groups_claim)) {
    out.groups.emplace();
    for (std::string& value : claims.list(settings_.groups_claim)) {
      if (out.groups->size() == kGroupsMost) break;
      if (!valid_utf8(value) || value.contains('\0')) continue;
      auto mapped = settings_.groups.find(value);
      if (mapped != settings_.groups.end()) out.groups->push_back(mapped->second);
      if (settings_.groups.empty()) out.groups->push_back(std::move(value));
    }
  }
  if (has(settings_.roles_claim)) {
    Role role = settings_.default_role;
    for (const std::string& value : claims.list(settings_.roles_claim)) {
      if (settings_.editor_values.contains(value)) role = std::max(role, Role::editor);
      if (settings_.admin_values.contains(value)) role = Role::admin;
    }
    out.role = role;
  }
  return out;
}

Result<User> OidcAccounts::user_of(const OidcClaims& claims) {
  Said said = this->said(claims);
  RV_TRY(auto there, database_.read([&](db::Transaction& tx) -> Result<std::optional<User>> {
    auto found = identities::find(tx, said.issuer, said.subject);
    if (!found) return std::nullopt;
    if (found->user.disabled) return fail_disabled();
    if (said.newer_than(found->claims_at)) return std::nullopt;
    return std::move(found->user);
  }));
  if (there) return std::move(*there);

  Timestamp at = now();
  bool last_admin = false;
  auto user =
      database_.write([&](db::Transaction& tx) -> Result<User> { return bring_in_step(tx, said, at, last_admin); });
  if (user && last_admin)
    log::warning("the last administrator stays one, though the issuer says otherwise", {{"username", user->username}});
  return user;
}

Result<User> OidcAccounts::bring_in_step(db::Transaction& tx, const Said& said, Timestamp at, bool& last_admin) {
  last_admin = false;
  Changes changes{.epoch = next_epoch(tx)};
  auto known = identities::find(tx, said.issuer, said.subject);
  User user;
  if (known) {
    user = std::move(known->user);
  } else {
    RV_TRY(user, find_or_make(tx, said, at));
  }
  if (user.disabled) return fail_disabled();
  if (said.newer_than(known ? known->claims_at : std::nullopt)) {
    if (said.role && *said.role != user.role) {
      last_admin = user.role == Role::admin && users::enabled_admins(tx) <= 1;
      if (!last_admin) {
        user.role = *said.role;
        user.modified_at = at;
        RV_CHECK(users::update(tx, user));
        ++user.revision;
        audit::append(tx, of_user("update-user", user, fmt::format("role {}", role_name(user.role))));
      }
    }
    if (said.groups) set_groups(tx, user, said, at, changes);
    identities::set_claims_at(tx, said.issuer, said.subject, said.issued_at.value_or(Timestamp{}));
  }
  changes.users.push_back(user.known());
  directory_.apply_after(tx, std::move(changes));
  return user;
}

Result<User> OidcAccounts::find_or_make(db::Transaction& tx, const Said& said, Timestamp at) {
  if (settings_.link_email && said.email) {
    if (auto user = identities::unlinked_by_email(tx, said.issuer, *said.email)) {
      if (user->disabled) return fail_disabled();
      identities::link(tx, said.issuer, said.subject, user->row, at);
      audit::append(tx, of_user("update-user", *user, "linked by a verified e-mail address"));
      return std::move(*user);
    }
  }
  User user{.id = Uuid::v7(), .display_name = said.display_name, .email = said.email};
  user.role = said.role.value_or(settings_.default_role);
  user.created_at = user.modified_at = at;
  for (int number = 1; number <= kNumbersTried; ++number) {
    user.username = number == 1 ? said.username : fmt::format("{}-{}", said.username, number);
    auto row = users::insert(tx, user);
    if (!row && row.error().type == "username-taken") continue;
    if (!row) return std::unexpected(std::move(row).error());
    user.row = *row;
    identities::link(tx, said.issuer, said.subject, user.row, at);
    audit::append(tx, of_user("create-user", user, fmt::format("role {}", role_name(user.role))));
    return user;
  }
  return fail(Code::conflict, "username-taken", "There is a user of that name.");
}

void OidcAccounts::set_groups(db::Transaction& tx, const User& user, const Said& said, Timestamp at, Changes& changes) {
  auto wanted = identities::groups_named(tx, *said.groups);
  auto present = identities::memberships(tx, user.row);
  std::size_t before = changes.members.size();
  for (const identities::Membership& each : present) {
    if (!each.from_issuer || std::ranges::binary_search(wanted, each.group_row)) continue;
    groups::remove_member(tx, each.group_row, user.row);
    changes.members.push_back({each.group_row, user.row, false});
  }
  for (std::int64_t group : wanted) {
    if (std::ranges::find(present, group, &identities::Membership::group_row) != present.end()) continue;
    identities::add_membership(tx, group, user.row, at);
    changes.members.push_back({group, user.row, true});
  }
  if (changes.members.size() > before) audit::append(tx, of_user("update-user", user, "groups"));
}

}  // namespace reelvault::auth
