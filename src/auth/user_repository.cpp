#include "auth/user_repository.hpp"

#include "base/text.hpp"

namespace reelvault::auth {
namespace {

constexpr std::string_view kNames[] = {"viewer", "editor", "admin"};
constexpr std::size_t kLongestName = 200;

constexpr std::string_view kColumns =
    "id, uid, username, display_name, email, role, disabled, password_hash, last_login_at, created_at, modified_at,"
    " revision";

User read_user(const db::Row& row) {
  User user;
  user.row = row.get<std::int64_t>(0);
  user.id = row.get<Uuid>(1);
  user.username = row.get<std::string>(2);
  user.display_name = row.get<std::optional<std::string>>(3);
  user.email = row.get<std::optional<std::string>>(4);
  user.role = static_cast<Role>(row.get<int>(5));
  user.disabled = row.get<bool>(6);
  user.password_hash = row.get<std::optional<std::string>>(7);
  user.last_login_at = row.get<std::optional<Timestamp>>(8);
  user.created_at = row.get<Timestamp>(9);
  user.modified_at = row.get<Timestamp>(10);
  user.revision = row.get<std::int64_t>(11);
  return user;
}

std::unexpected<Error> fail_taken() { return fail(Code::conflict, "username-taken", "There is a user of that name."); }

}  // namespace

std::string_view role_name(Role role) { return kNames[static_cast<std::size_t>(role)]; }
Role parse_role(std::string_view name) {
  auto found = std::ranges::find(kNames, name);
  return found == std::end(kNames) ? Role::viewer : static_cast<Role>(found - std::begin(kNames));
}

std::string username_key(std::string_view username) { return fold_case(nfc(trim(username))); }

Result<std::string> clean_name(std::string_view given, std::string pointer) {
  std::string name = nfc(trim(given));
  if (name.empty()) return fail_field(std::move(pointer), "must not be empty");
  if (name.size() > kLongestName)
    return fail_field(std::move(pointer), fmt::format("must have at most {} bytes", kLongestName));
  bool control = std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (control || !valid_utf8(name)) return fail_field(std::move(pointer), "has characters that a name cannot have");
  return name;
}

namespace users {

std::optional<User> find(db::Transaction& tx, const Uuid& id) {
  return tx.one(fmt::format("select {} from user_account where uid = :uid", kColumns), {{"uid", id}}, read_user);
}

std::optional<User> find_by_name(db::Transaction& tx, std::string_view key) {
  return tx.one(fmt::format("select {} from user_account where username_key = :key", kColumns), {{"key", key}},
                read_user);
}

Result<std::int64_t> insert(db::Transaction& tx, const User& user) {
  std::string key = username_key(user.username);
  auto row = tx.try_insert(
      "insert into user_account (uid, username, username_key, display_name, email, role, disabled, password_hash,"
      " password_changed_at, created_at, modified_at)"
      " values (:uid, :username, :key, :display_name, :email, :role, :disabled, :hash, :at, :at, :at)",
      {{"uid", user.id},
       {"username", user.username},
       {"key", key},
       {"display_name", user.display_name},
       {"email", user.email},
       {"role", user.role},
       {"disabled", user.disabled},
       {"hash", user.password_hash},
       {"at", user.created_at}});
  if (!row) return fail_taken();
  return *row;
}

Result<void> update(db::Transaction& tx, const User& user) {
  std::string key = username_key(user.username);
  bool done = tx.try_execute(
      "update user_account set username = :username, username_key = :key, display_name = :display_name, email = :email,"
      " role = :role, disabled = :disabled, modified_at = :at, revision = revision + 1 where id = :id",
      {{"username", user.username},
       {"key", key},
       {"display_name", user.display_name},
       {"email", user.email},
       {"role", user.role},
       {"disabled", user.disabled},
       {"at", user.modified_at},
       {"id", user.row}});
  if (!done) return fail_taken();
  return {};
}

void set_password(db::Transaction& tx, std::int64_t row, const std::optional<std::string>& hash, Timestamp at) {
  tx.execute("update user_account set password_hash = :hash, password_changed_at = :at where id = :id",
             {{"hash", hash}, {"at", at}, {"id", row}});
}

void remove(db::Transaction& tx, std::int64_t row) {
  tx.execute("delete from user_account where id = :id", {{"id", row}});
}

bool any(db::Transaction& tx) { return tx.value<std::int64_t>("select id from user_account limit 1").has_value(); }

std::int64_t enabled_admins(db::Transaction& tx) {
  return *tx.value<std::int64_t>("select count(*) from user_account where role = :admin and not disabled",
                                 {{"admin", Role::admin}});
}

std::vector<User> page(db::Transaction& tx, const PageRequest& request, const Further& further) {
  PageSql sql = page_sql(request, "username_key", further);
  return tx.all(fmt::format("select {} from user_account{}{}", kColumns, sql.where, sql.order), sql.parameters,
                read_user);
}

std::int64_t count(db::Transaction& tx, const PageRequest& request, const Further& further) {
  return count_rows(tx, "user_account", request, "username_key", further);
}

}  // namespace users

}  // namespace reelvault::auth
