// Users without a server: the first administrator, and what `reelvault user add|password` does. A server that runs
// meanwhile on the same database hears of it within seconds.
#pragma once
#include "auth/directory.hpp"
#include "auth/password.hpp"
#include "base/config.hpp"

namespace reelvault::auth {

// A first password and its hash, which takes a core a tenth of a second and can be made ahead.
struct FirstPassword {
  std::optional<std::string> made;  // where none is configured
  Result<std::string> hash;
};
FirstPassword first_password(const Config& config, const Passwords& passwords);

// Makes the first user, an administrator, in a database that has none: with the configured name and password, or one
// made at random, which is given back to be printed once and is written nowhere else.
Result<std::optional<std::string>> ensure_first_admin(db::Database& database, Directory& directory,
                                                      const Passwords& passwords, const Config& config,
                                                      std::optional<FirstPassword> ahead = {});

struct NewUser {
  std::string username;
  std::string password;  // empty: none opens the account
  Role role = Role::viewer;
};
Result<Uuid> add_user(db::Database& database, const NewUser& user, PasswordCost cost = {});
// Ends the user's sessions too.
Result<void> set_password(db::Database& database, std::string_view username, const std::string& password,
                          PasswordCost cost = {});

}  // namespace reelvault::auth
