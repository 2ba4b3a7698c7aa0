#include "auth/session_service.hpp"

#include "audit/audit_repository.hpp"
#include "auth/session_repository.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

std::unexpected<Error> fail_login() {
  return fail(Code::unauthenticated, "invalid-credentials", "The user name or the password is not right.");
}
audit::Entry of_user(std::string operation, const User& user, std::string reason = {}) {
  auto line = audit::account(std::move(operation), "user", user.id, user.username, std::move(reason));
  line.user_id = user.id;
  line.username = user.username;
  return line;
}

std::unexpected<Error> fail_refresh(std::string_view why) {
  return fail(Code::unauthenticated, "invalid-refresh-token", "The session has ended; sign in again.",
              std::string(why));
}

}  // namespace

Result<SessionService::SignedIn> SessionService::login(std::string_view username, std::string_view password,
                                                       std::string_view address, bool cookies) {
  std::string key = username_key(username);
  auto subjects = LoginLimiter::subjects(key, address);
  RV_CHECK(limiter_.check(subjects, now()));

  // No name is longer, and a NUL or broken UTF-8 cannot be asked of the database; such a user is unknown like others.
  bool possible = key.size() <= 1024 && valid_utf8(key) && !key.contains('\0');
  RV_TRY(std::optional<User> user, database_.read([&](db::Transaction& tx) -> Result<std::optional<User>> {
    return possible ? users::find_by_name(tx, key) : std::nullopt;
  }));
  bool open = user && !user->disabled && password.size() <= kPasswordMost;
  RV_TRY(bool right, passwords_.verify(open ? user->password_hash : std::nullopt, password.substr(0, kPasswordMost)));
  if (!right) {
    RV_CHECK(limiter_.failed(subjects, now()));
    RV_CHECK(note_failure(user));
    return fail_login();
  }

  std::optional<std::string> better;
  if (passwords_.outdated(*user->password_hash)) {
    RV_TRY(better, passwords_.hash(password));
  }
  SignedIn out{.session = Uuid::v7(), .cookies = cookies, .refresh_token = sessions::new_refresh_token()};
  Timestamp at = now();
  RV_TRY(out.user, database_.write([&](db::Transaction& tx) -> Result<User> {
    // Between the look and now the password may have been changed or the user disabled.
    auto same = tx.execute(
        "update user_account set last_login_at = :at, password_hash = :hash"
        " where id = :id and password_hash = :verified and not disabled",
        {{"at", at},
         {"hash", better ? better : user->password_hash},
         {"id", user->row},
         {"verified", user->password_hash}});
    auto still = users::find(tx, user->id);
    if (same == 0 || !still) return fail_login();
    LoginLimiter::succeeded(tx, subjects);
    audit::append(tx, of_user("sign-in", *still));
    auto row = sessions::insert(tx, out.session, still->row, cookies, at, at + refresh_lifetime_);
    sessions::add_token(tx, row, sessions::token_hash(out.refresh_token), at);
    return std::move(*still);
  }));
  out.access_token = access_.issue(out.user.id, out.session, at);
  return out;
}

// An unknown name is not kept: people type passwords where the name goes.
Result<void> SessionService::note_failure(const std::optional<User>& user) {
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    auto line =
        user ? audit::account("sign-in-failed", "user", user->id, user->username, user->disabled ? "disabled" : "")
             : audit::account("sign-in-failed", "user", std::nullopt, "", "no such user");
    audit::append(tx, std::move(line));
    return {};
  });
}

Result<SessionService::SignedIn> SessionService::begin(const Uuid& user, bool cookies) {
  SignedIn out{.session = Uuid::v7(), .cookies = cookies, .refresh_token = sessions::new_refresh_token()};
  std::string hash = sessions::token_hash(out.refresh_token);
  Timestamp at = now();
  RV_TRY(out.user, database_.write([&](db::Transaction& tx) -> Result<User> {
    auto same = tx.execute("update user_account set last_login_at = :at where uid = :uid and not disabled",
                           {{"at", at}, {"uid", user}});
    auto found = users::find(tx, user);
    if (same == 0 || !found)
      return fail(Code::unauthenticated, "user-disabled", "This user may not sign in.", "the user is disabled");
    audit::append(tx, of_user("sign-in", *found, "at the sign-in service"));
    auto row = sessions::insert(tx, out.session, found->row, cookies, at, at + refresh_lifetime_);
    sessions::add_token(tx, row, hash, at);
    return std::move(*found);
  }));
  out.access_token = access_.issue(out.user.id, out.session, at);
  return out;
}

Result<SessionService::SignedIn> SessionService::refresh(std::string_view token, const Allowed& allowed) {
  SignedIn out{.refresh_token = sessions::new_refresh_token()};
  std::string hash = sessions::token_hash(token);
  std::string next = sessions::token_hash(out.refresh_token);
  Timestamp at = now();
  // A reuse is committed: it ends the session, though the answer is an error.
  bool reused = false;
  RV_CHECK(database_.write([&](db::Transaction& tx) -> Result<void> {
    reused = false;
    auto found = sessions::find(tx, hash);
    if (!found) return fail_refresh("an unknown refresh token");
    if (!allowed(found->session))
      return fail(Code::forbidden, "csrf-token", "A request with a session cookie needs its X-CSRF-Token.");
    if (found->revoked) return fail_refresh("the session was ended before");
    if (found->used || !sessions::use_token(tx, found->token_row, at)) {
      reused = true;
      directory_.end_sessions_after(tx, sessions::revoke(tx, found->session, "a refresh token was used twice", at));
      if (auto owner = users::find(tx, found->user))
        audit::append(
            tx, audit::account("end-session", "user", owner->id, owner->username, "a refresh token was used twice"));
      out.session = found->session;
      return {};
    }
    if (found->expires_at <= at) return fail_refresh("the session has expired");
    auto user = users::find(tx, found->user);
    if (!user || user->disabled) return fail_refresh("the user is disabled");
    sessions::add_token(tx, found->session_row, next, at);
    sessions::extend(tx, found->session_row, at + refresh_lifetime_);
    out.user = std::move(*user);
    out.session = found->session;
    out.cookies = found->cookies;
    return {};
  }));
  if (reused) {
    log::warning("a refresh token was used twice; its session has been ended", {{"session", out.session.text()}});
    return fail_refresh("the refresh token was used before");
  }
  out.access_token = access_.issue(out.user.id, out.session, at);
  return out;
}

Result<void> SessionService::logout(std::string_view refresh_token, const std::optional<Uuid>& session,
                                    const Allowed& allowed) {
  if (refresh_token.empty() && !session) return {};
  std::string hash = sessions::token_hash(refresh_token);
  Timestamp at = now();
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    std::vector<Uuid> ended;
    if (auto found = refresh_token.empty() ? std::nullopt : sessions::find(tx, hash)) {
      if (!allowed(found->session))
        return fail(Code::forbidden, "csrf-token", "A request with a session cookie needs its X-CSRF-Token.");
      ended = sessions::revoke(tx, found->session, "logout", at);
      if (auto owner = users::find(tx, found->user); owner && !ended.empty())
        audit::append(tx, of_user("sign-out", *owner));
    }
    if (session)
      for (const Uuid& id : sessions::revoke(tx, *session, "logout", at)) ended.push_back(id);
    directory_.end_sessions_after(tx, std::move(ended));
    return {};
  });
}

Result<void> SessionService::change_password(const Principal& principal, const std::optional<Uuid>& session,
                                             std::string_view current, std::string_view changed,
                                             std::string_view address) {
  if (principal.kind != Principal::Kind::user)
    return fail(Code::forbidden, "session-needed",
                "A password is changed by a user who is signed in, not with an API key.");
  RV_CHECK(check_new_password(changed, principal.username, "/newPassword"));
  auto subjects = LoginLimiter::subjects(username_key(principal.username), address);
  RV_CHECK(limiter_.check(subjects, now()));
  RV_TRY(User user, this->user(principal.user_id));
  RV_TRY(bool right, passwords_.verify(user.password_hash, current.substr(0, kPasswordMost)));
  if (!right) {
    RV_CHECK(limiter_.failed(subjects, now()));
    return fail_field("/currentPassword", "is not right");
  }
  RV_TRY(std::string hash, passwords_.hash(changed));
  Timestamp at = now();
  return database_.write([&](db::Transaction& tx) -> Result<void> {
    auto still = users::find(tx, principal.user_id);
    if (!still || still->password_hash != user.password_hash)
      return fail(Code::conflict, "password-changed", "The password was changed meanwhile.");
    users::set_password(tx, still->row, hash, at);
    audit::append(tx, of_user("change-password", *still));
    LoginLimiter::succeeded(tx, subjects);
    directory_.end_sessions_after(tx, sessions::revoke_of_user(tx, still->row, session, "password changed", at));
    return {};
  });
}

Result<User> SessionService::user(const Uuid& id) {
  return database_.read([&](db::Transaction& tx) -> Result<User> {
    auto found = users::find(tx, id);
    if (!found) return fail_not_found("user");
    return std::move(*found);
  });
}

}  // namespace reelvault::auth
