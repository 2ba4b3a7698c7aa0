// The web app's session: an access token and a refresh token in HttpOnly cookies that no script reads, and a CSRF token
// that the app's own script reads and sends back as X-CSRF-Token, which no other site can. The CSRF token is a MAC over
// the session's id, so one session's does not serve another and none is stored.
#pragma once
#include "auth/keyring.hpp"
#include "http/message.hpp"

namespace reelvault::auth {

inline constexpr std::string_view kSessionCookie = "rv_session";
inline constexpr std::string_view kRefreshCookie = "rv_refresh";
inline constexpr std::string_view kCsrfCookie = "rv_csrf";
inline constexpr std::string_view kCsrfHeader = "X-CSRF-Token";
inline constexpr std::string_view kSessionHeader = "X-Reelvault-Session";  // "cookie": a login that sets cookies

// The token that a request shows, with the key that it says it was made with. May be held inside a transaction.
class CsrfClaim {
 public:
  bool fits(const Uuid& session) const;

 private:
  friend class Csrf;
  std::string mac_;
  std::shared_ptr<const SigningKey> key_;  // null: of no key of ours
};

class Csrf {
 public:
  explicit Csrf(KeyRing& keys) : keys_(keys) {}
  std::string token(const Uuid& session) const;
  CsrfClaim claim(const http::Request& request) const;  // may look for a key in the database

 private:
  KeyRing& keys_;
};

// Whether browsers come over TLS, be it that a proxy in front ends it: then cookies are not for plain HTTP.
bool over_tls(const http::Request& request);
bool wants_cookies(const http::Request& request);
struct SessionCookies {
  std::string access, refresh, csrf;
  std::chrono::seconds access_lifetime{}, refresh_lifetime{};
};
void set_cookies(const http::Request& request, http::Headers& headers, const SessionCookies& cookies);
void clear_cookies(const http::Request& request, http::Headers& headers);

// What the request shows to say who sends it: a bearer token, else the session cookie, else nothing.
struct Shown {
  enum class Kind { nothing, bearer, cookie, foreign };  // foreign: an Authorization of another scheme
  Kind kind = Kind::nothing;
  std::string_view token;
};
Shown shown_token(const http::Request& request);

}  // namespace reelvault::auth
