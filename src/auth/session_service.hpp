// Signing in and out. An access token is short-lived and stateless but for its session; a refresh token is good for one
// exchange. Whoever shows a used one ends the session, since either they or the one who used it is a thief, and nobody
// can tell which. There is no grace for an answer that got lost: a thief who is quick would have it too. So a client
// must not send one token twice; tabs of one browser take turns (navigator.locks).
#pragma once
#include "auth/access_token.hpp"
#include "auth/login_limiter.hpp"
#include "auth/password.hpp"
#include "auth/user_repository.hpp"

namespace reelvault::auth {

class SessionService {
 public:
  SessionService(db::Database& database, Directory& directory, AccessTokens& access, const Passwords& passwords,
                 LoginLimiter& limiter, std::chrono::seconds refresh_lifetime)
      : database_(database),
        directory_(directory),
        access_(access),
        passwords_(passwords),
        limiter_(limiter),
        refresh_lifetime_(refresh_lifetime) {}

  struct SignedIn {
    User user;
    Uuid session;
    bool cookies = false;
    std::string access_token, refresh_token;
  };
  std::chrono::seconds access_lifetime() const { return access_.lifetime(); }
  std::chrono::seconds refresh_lifetime() const { return refresh_lifetime_; }

  // The same answer, after the same time, for a wrong password, an unknown or disabled user. too_many after too many.
  Result<SignedIn> login(std::string_view username, std::string_view password, std::string_view address, bool cookies);
  // For a user whom somebody else vouched for. unauthenticated for one that is gone or disabled.
  Result<SignedIn> begin(const Uuid& user, bool cookies);
  // Whether the request may use a session's token (its CSRF token fits); asked before anything changes.
  using Allowed = std::function<bool(const Uuid& session)>;
  Result<SignedIn> refresh(std::string_view token, const Allowed& allowed);
  // Ends the session of a refresh token, and that of an access token. What is unknown is no error.
  Result<void> logout(std::string_view refresh_token, const std::optional<Uuid>& session, const Allowed& allowed);
  // Ends the user's other sessions.
  Result<void> change_password(const Principal& principal, const std::optional<Uuid>& session, std::string_view current,
                               std::string_view changed, std::string_view address);
  Result<User> user(const Uuid& id);

 private:
  Result<void> note_failure(const std::optional<User>& user);

  db::Database& database_;
  Directory& directory_;
  AccessTokens& access_;
  const Passwords& passwords_;
  LoginLimiter& limiter_;
  std::chrono::seconds refresh_lifetime_;
};

}  // namespace reelvault::auth
