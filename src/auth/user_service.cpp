#include "auth/user_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/group_repository.hpp"
#include "auth/session_repository.hpp"
#include "base/faults.hpp"

namespace reelvault::auth {
namespace {

Result<void> keep_an_admin(db::Transaction& tx) {
  if (users::enabled_admins(tx) > 0) return {};
  return fail(Code::conflict, "last-admin", "This is the last administrator who can sign in; make another one first.");
}

bool runs_things(const User& user) { return user.role == Role::admin && !user.disabled; }

// For the audit; never what a password was or is.
std::string what_changes(const User& before, const User& after, bool password) {
  std::string out;
  auto add = [&](const std::string& part) { out += (out.empty() ? "" : ", ") + part; };
  if (before.username != after.username) add(fmt::format("name (was \"{}\")", before.username));
  if (before.display_name != after.display_name) add("display name");
  if (before.email != after.email) add("e-mail");
  if (before.role != after.role) add(fmt::format("role {} to {}", role_name(before.role), role_name(after.role)));
  if (before.disabled != after.disabled) add(after.disabled ? "disabled" : "enabled");
  if (password) add("password");
  return out;
}

}  // namespace

UserJson user_json(const User& user, std::vector<GroupRef> groups) {
  return {.id = user.id,
          .username = user.username,
          .displayName = user.display_name,
          .email = user.email,
          .role = std::string(role_name(user.role)),
          .disabled = user.disabled,
          .hasPassword = user.password_hash.has_value(),
          .groups = std::move(groups),
          .lastLoginAt = user.last_login_at,
          .createdAt = user.created_at,
          .modifiedAt = user.modified_at};
}

std::vector<GroupRef> groups_of(db::Transaction& tx, std::int64_t user_row) {
  auto found = groups::of_users(tx, {user_row});
  return std::move(found[user_row]);
}

Result<Revised<UserJson>> UserService::get(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<Revised<UserJson>> {
    auto user = users::find(tx, id);
    if (!user) return fail_not_found("user");
    return Revised{user_json(*user, groups_of(tx, user->row)), user->revision};
  });
}

Result<UserPage> UserService::list(const AccountQuery& query) {
  RV_TRY(PageRequest request, page_request(query.pageSize, query.pageToken, query.sort, query.search));
  return database_.read([&](db::Transaction& tx) -> Result<UserPage> {
    auto page = make_page(users::page(tx, request), request, users::count(tx, request), [](const User& user) {
      return PageRequest::After{username_key(user.username), unix_ms(user.created_at), user.row};
    });
    std::vector<std::int64_t> rows;
    for (const User& user : page.items) rows.push_back(user.row);
    auto groups = groups::of_users(tx, rows);
    UserPage out{.nextPageToken = page.next, .totalItemCount = page.total, .totalIsEstimate = page.estimate};
    for (const User& user : page.items) out.items.push_back(user_json(user, std::move(groups[user.row])));
    return out;
  });
}

Result<void> UserService::check(const Uuid& id, const PatchUser& given) const {
  Faults faults;
  const auto known = directory_.user(id);
  std::string name = known ? known->username : "";
  if (given.username) name = faults.take(clean_name(*given.username, "/username"));
  if (given.password.state == dto::Patch<std::string>::State::value)
    faults.take(check_new_password(given.password.value, name, "/password"));
  return faults.check();
}

Result<Revised<UserJson>> UserService::create(const CreateUser& given) {
  User user{.id = Uuid::v7(), .display_name = given.displayName, .email = given.email, .role = parse_role(given.role)};
  RV_CHECK(dto::check(given));
  RV_TRY(user.username, clean_name(given.username, "/username"));
  if (given.password) {
    RV_TRY(user.password_hash, passwords_.hash(*given.password));
  }
  user.created_at = user.modified_at = now();
  return database_.write([&](db::Transaction& tx) -> Result<Revised<UserJson>> {
    Changes changes{.epoch = next_epoch(tx)};
    RV_TRY(user.row, users::insert(tx, user));
    audit::append(
        tx, audit::account("create-user", "user", user.id, user.username, "role " + std::string(role_name(user.role))));
    changes.users.push_back(user.known());
    directory_.apply_after(tx, std::move(changes));
    return Revised{user_json(user, {}), user.revision};
  });
}

Result<Revised<UserJson>> UserService::patch(const Uuid& id, const PatchUser& given, std::string_view if_match) {
  std::optional<std::string> name, hash;
  RV_CHECK(check(id, given));
  if (given.username) {
    RV_TRY(name, clean_name(*given.username, "/username"));
  }
  if (given.password.state == dto::Patch<std::string>::State::value) {
    RV_TRY(hash, passwords_.hash(given.password.value));
  }
  Timestamp at = now();
  return database_.write([&](db::Transaction& tx) -> Result<Revised<UserJson>> {
    Changes changes{.epoch = next_epoch(tx)};
    auto user = users::find(tx, id);
    if (!user) return fail_not_found("user");
    RV_CHECK(check_if_match(if_match, user->revision));
    bool ran_things = runs_things(*user);
    bool was_disabled = user->disabled;
    const User before = *user;
    auto merge = [](std::optional<std::string>& field, const dto::Patch<std::string>& patch) {
      if (!patch.present()) return;
      field = patch.state == dto::Patch<std::string>::State::null ? std::nullopt : std::optional(patch.value);
    };
    if (name) user->username = *name;
    merge(user->display_name, given.displayName);
    merge(user->email, given.email);
    if (given.role) user->role = parse_role(*given.role);
    if (given.disabled) user->disabled = *given.disabled;
    user->modified_at = at;
    RV_CHECK(users::update(tx, *user));
    if (ran_things && !runs_things(*user)) RV_CHECK(keep_an_admin(tx));

    bool password_changed = given.password.present();
    if (password_changed) users::set_password(tx, user->row, hash, at);
    if (password_changed || (user->disabled && !was_disabled))
      directory_.end_sessions_after(
          tx, sessions::revoke_of_user(tx, user->row, std::nullopt, password_changed ? "password changed" : "disabled",
                                       at));
    audit::append(tx, audit::account("update-user", "user", user->id, user->username,
                                     what_changes(before, *user, password_changed)));
    changes.users.push_back(user->known());
    directory_.apply_after(tx, std::move(changes));
    return Revised{user_json(*user, groups_of(tx, user->row)), user->revision + 1};
  });
}

Result<void> UserService::remove(const Uuid& id, std::string_view if_match) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    Changes changes{.epoch = next_epoch(tx)};
    auto user = users::find(tx, id);
    if (!user) return fail_not_found("user");
    RV_CHECK(check_if_match(if_match, user->revision));
    users::remove(tx, user->row);
    audit::append(tx, audit::account("delete-user", "user", user->id, user->username));
    if (runs_things(*user)) RV_CHECK(keep_an_admin(tx));
    changes.users_gone.push_back(user->row);
    directory_.apply_after(tx, std::move(changes));
    return {};
  });
}

}  // namespace reelvault::auth
