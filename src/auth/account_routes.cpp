#include "auth/account_routes.hpp"

#include "auth/account_json.hpp"
#include "http/all_faults.hpp"

namespace reelvault::auth {

using namespace http;

namespace {

// What signing in gives: tokens in the body, or in cookies where the session is a browser's.
Reply<LoginAnswer> signed_in_reply(const Request& request, const SessionService& sessions, const Csrf& csrf,
                                   const SessionService::SignedIn& in, UserJson user) {
  Reply<LoginAnswer> out(LoginAnswer{.expiresIn = sessions.access_lifetime().count(), .user = std::move(user)});
  out.headers.add("Cache-Control", "no-store");
  if (!in.cookies) {
    out.value.accessToken = in.access_token;
    out.value.refreshToken = in.refresh_token;
    return out;
  }
  set_cookies(request, out.headers,
              {.access = in.access_token,
               .refresh = in.refresh_token,
               .csrf = csrf.token(in.session),
               .access_lifetime = sessions.access_lifetime(),
               .refresh_lifetime = sessions.refresh_lifetime()});
  return out;
}

RouteInfo account(std::string summary, Access access, Cost cost) {
  return {.summary = std::move(summary), .tag = "Account", .access = access, .cost = cost, .idempotent_key = false};
}

}  // namespace

void add_account_routes(RouteTable& table, SessionService& sessions, UserService& users, AccessTokens& access,
                        const Csrf& csrf) {
  RouteInfo login = account("Sign in", everyone(), Cost::hash);
  login.description =
      "With the header X-Reelvault-Session: cookie the tokens are set as cookies and are null in the body; requests "
      "that change something then need the value of the cookie rv_csrf as X-CSRF-Token.";
  login.errors = {401, 429};
  table.add(post<NoQuery, LoginRequest, LoginAnswer>(
      "/account/login", login, [&](const Call<NoQuery, LoginRequest>& call) -> Result<Reply<LoginAnswer>> {
        RV_TRY(auto in, sessions.login(call.body.username, call.body.password, call.request.remote_address,
                                       wants_cookies(call.request)));
        RV_TRY(auto user, users.get(in.user.id));
        return signed_in_reply(call.request, sessions, csrf, in, std::move(user.value));
      }));

  RouteInfo refresh = account("Exchange a refresh token", everyone(), Cost::write);
  refresh.description =
      "A refresh token is good for one exchange; a second one ends the session. With an empty body the session's "
      "cookie is taken, and X-CSRF-Token needed.";
  refresh.errors = {401, 403};
  table.add(post<NoQuery, RefreshRequest, LoginAnswer>(
      "/account/refresh-token", refresh, [&](const Call<NoQuery, RefreshRequest>& call) -> Result<Reply<LoginAnswer>> {
        const Request& request = call.request;
        bool from_cookie = !call.body.refreshToken;
        std::string_view token =
            from_cookie ? request.cookie(kRefreshCookie) : std::string_view(*call.body.refreshToken);
        CsrfClaim claim = csrf.claim(request);
        RV_TRY(auto in,
               sessions.refresh(token, [&](const Uuid& session) { return !from_cookie || claim.fits(session); }));
        // A token that came in a body goes back in a body, whatever began the session.
        in.cookies = from_cookie;
        RV_TRY(auto user, users.get(in.user.id));
        return signed_in_reply(request, sessions, csrf, in, std::move(user.value));
      }));

  RouteInfo logout = account("Sign out", everyone(), Cost::write);
  logout.description = "Ends the session of the access token or refresh token that is shown, and removes the cookies.";
  logout.status = 204;
  logout.errors = {403};
  table.add(post<NoQuery, RefreshRequest, Nothing>(
      "/account/logout", logout, [&](const Call<NoQuery, RefreshRequest>& call) -> Result<Reply<Nothing>> {
        const Request& request = call.request;
        bool from_cookie = !call.body.refreshToken;
        std::string_view token =
            from_cookie ? request.cookie(kRefreshCookie) : std::string_view(*call.body.refreshToken);
        CsrfClaim claim = csrf.claim(request);
        auto allowed = [&](const Uuid& session) { return !from_cookie || claim.fits(session); };
        auto session = access.session_of(shown_token(request).token);
        if (session && shown_token(request).kind == Shown::Kind::cookie && !claim.fits(*session))
          return fail(Code::forbidden, "csrf-token", "A request with a session cookie needs its X-CSRF-Token.");
        RV_CHECK(sessions.logout(token, session, allowed));
        Reply<Nothing> out(Nothing{});
        clear_cookies(request, out.headers);
        return out;
      }));

  RouteInfo change = account("Change one's own password", signed_in("admin"), Cost::hash);
  change.description = "Ends the user's other sessions.";
  change.status = 204;
  change.errors = {409, 429};
  Route change_password = post<NoQuery, ChangePassword, Nothing>(
      "/account/change-password", change, [&](const Call<NoQuery, ChangePassword>& call) -> Result<Reply<Nothing>> {
        RV_CHECK(sessions.change_password(call.principal(), access.session_of(shown_token(call.request).token),
                                          call.body.currentPassword, call.body.newPassword,
                                          call.request.remote_address));
        return Reply<Nothing>(Nothing{});
      });
  table.add(with_all_faults<ChangePassword>(
      std::move(change_password), [](const Request& request, const ChangePassword& given) {
        return check_new_password(given.newPassword, request.principal->username, "/newPassword");
      }));

  table.add(get<NoQuery, UserJson>("/account/user", account("Who am I", signed_in(), Cost::point),
                                   [&](const Call<NoQuery, NoBody>& call) -> Result<Reply<UserJson>> {
                                     RV_TRY(auto user, users.get(call.principal().user_id));
                                     Reply<UserJson> out(std::move(user.value));
                                     out.headers.add("Cache-Control", "no-store");
                                     return out;
                                   }));
}

}  // namespace reelvault::auth
