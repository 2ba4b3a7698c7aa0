// A user account and its rows.
#pragma once
#include "auth/changes.hpp"
#include "auth/page.hpp"

namespace reelvault::auth {

struct User {
  std::int64_t row = 0;
  Uuid id;
  std::string username;
  std::optional<std::string> display_name, email;
  Role role = Role::viewer;
  bool disabled = false;
  std::optional<std::string> password_hash;
  std::optional<Timestamp> last_login_at;
  Timestamp created_at{}, modified_at{};
  std::int64_t revision = 1;

  KnownUser known() const { return {row, id, username, role, disabled}; }
};

std::string_view role_name(Role role);  // "viewer", "editor", "admin"
Role parse_role(std::string_view name);
inline constexpr std::string_view kRoles = "viewer|editor|admin";

std::string username_key(std::string_view username);
// NFC, without blanks around it; a fault for what cannot be a name.
Result<std::string> clean_name(std::string_view given, std::string pointer);

// The only SQL about users.
namespace users {

std::optional<User> find(db::Transaction& tx, const Uuid& id);
std::optional<User> find_by_name(db::Transaction& tx, std::string_view username_key);
// conflict "username-taken" where the name is.
Result<std::int64_t> insert(db::Transaction& tx, const User& user);
Result<void> update(db::Transaction& tx, const User& user);  // all but password, by row; revision + 1
void set_password(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& hash, Timestamp at);
void remove(db::Transaction& tx, std::int64_t row);
bool any(db::Transaction& tx);
std::int64_t enabled_admins(db::Transaction& tx);
std::vector<User> page(db::Transaction& tx, const PageRequest& request, const Further& further = {});
std::int64_t count(db::Transaction& tx, const PageRequest& request, const Further& further = {});

}  // namespace users

}  // namespace reelvault::auth
