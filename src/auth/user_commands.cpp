#include "auth/user_commands.hpp"

#include "audit/audit_repository.hpp"
#include "auth/user_service.hpp"
#include "base/origin.hpp"

namespace reelvault::auth {

FirstPassword first_password(const Config& config, const Passwords& passwords) {
  const std::string& configured = config.text("admin.password");
  std::optional<std::string> made;
  if (configured.empty()) made = random_password();
  auto hash = passwords.hash(made ? *made : configured);
  return {std::move(made), std::move(hash)};
}

Result<std::optional<std::string>> ensure_first_admin(db::Database& database, Directory& directory,
                                                      const Passwords& passwords, const Config& config,
                                                      std::optional<FirstPassword> ahead) {
  RV_TRY(bool any, database.read([](db::Transaction& tx) -> Result<bool> { return users::any(tx); }));
  if (any) return std::nullopt;
  User user{.id = Uuid::v7(), .role = Role::admin, .created_at = now()};
  RV_TRY(user.username, clean_name(config.text("admin.username"), "admin.username"));
  if (const std::string& configured = config.text("admin.password"); !configured.empty())
    if (auto fine = check_new_password(configured, user.username, "REELVAULT_ADMIN_PASSWORD"); !fine)
      return fail(Code::invalid, "configuration",
                  fmt::format("The first user's password, REELVAULT_ADMIN_PASSWORD (admin.password), {}.",
                              fine.error().faults.front().detail));
  FirstPassword password = ahead ? std::move(*ahead) : first_password(config, passwords);
  RV_TRY(user.password_hash, std::move(password.hash));
  user.modified_at = user.created_at;
  RV_TRY(bool first, database.write([&](db::Transaction& tx) -> Result<bool> {
    Changes changes{.epoch = next_epoch(tx)};
    if (users::any(tx)) return false;  // another node that started at the same time
    RV_TRY(user.row, users::insert(tx, user));
    audit::append(tx, audit::account("create-user", "user", user.id, user.username, "the first administrator"));
    changes.users.push_back(user.known());
    directory.apply_after(tx, std::move(changes));
    return true;
  }));
  return first ? std::move(password.made) : std::nullopt;
}

namespace {
// Who works on the machine itself, for the audit.
const Principal& command_line() {
  static const Principal principal = [] {
    Principal made = Principal::system();
    made.username = "command line";
    return made;
  }();
  return principal;
}
}  // namespace

Result<Uuid> add_user(db::Database& database, const NewUser& user, PasswordCost cost) {
  Directory directory;
  Passwords passwords(cost);
  UserService service(database, directory, passwords);
  const Origin origin{{}, &command_line()};
  const OriginScope scope(&origin);
  CreateUser given{.username = user.username, .role = std::string(role_name(user.role))};
  if (!user.password.empty()) given.password = user.password;
  RV_TRY(auto made, service.create(given));
  return made.value.id;
}

Result<void> set_password(db::Database& database, std::string_view username, const std::string& password,
                          PasswordCost cost) {
  Directory directory;
  Passwords passwords(cost);
  UserService service(database, directory, passwords);
  std::string key = username_key(username);
  RV_TRY(auto user, database.read([&](db::Transaction& tx) -> Result<std::optional<User>> {
    return users::find_by_name(tx, key);
  }));
  if (!user) return fail_not_found("user");
  RV_CHECK(check_new_password(password, user->username, "password"));
  const Origin origin{{}, &command_line()};
  const OriginScope scope(&origin);
  PatchUser given{.password = {dto::Patch<std::string>::State::value, password}};
  RV_TRY(auto changed, service.patch(user->id, given, ""));
  return {};
}

}  // namespace reelvault::auth
