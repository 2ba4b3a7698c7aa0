#include "auth/oidc_routes.hpp"

#include "base/dto.hpp"
#include "base/log.hpp"

namespace reelvault::auth {

using namespace http;

namespace {

constexpr std::string_view kSignInPage = "/app/sign-in";

struct SignInOffer {
  bool enabled = false;
  std::optional<std::string> label, loginUrl;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(SignInOffer, (), (enabled, label, loginUrl))

std::span<const dto::Rule> SignInOffer::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "label", .sentence = "What the button says."},
      {.field = "loginUrl", .sentence = "Where the browser goes; takes returnTo, a path of this server."},
  };
  return rules;
}

struct LoginQuery {
  std::string returnTo;
  static std::span<const dto::Rule> rules();
};
BOOST_DESCRIBE_STRUCT(LoginQuery, (), (returnTo))

std::span<const dto::Rule> LoginQuery::rules() {
  static constexpr dto::Rule rules[] = {
      {.field = "returnTo", .sentence = "The path to come back to.", .default_json = "\"/app/\""},
  };
  return rules;
}

RouteInfo account(std::string summary, Cost cost) {
  return {.summary = std::move(summary), .tag = "Account", .access = everyone(), .cost = cost};
}

Response go_to(std::string location) {
  Response out = Response::redirect(std::move(location));
  out.headers.add("Cache-Control", "no-store");
  // The address holds the code: the page it leads to need not tell anybody.
  out.headers.add("Referrer-Policy", "no-referrer");
  return out;
}

// What the sign-in page is told: a word, nothing of the reason.
std::string_view word_of(const Error& error) {
  if (error.code == Code::unavailable) return "unavailable";
  if (error.type == "sign-in-expired") return "expired";
  if (error.type == "sign-in-refused") return "refused";
  if (error.type == "user-disabled") return "disabled";
  return "failed";
}

std::unexpected<Error> fail_none() { return fail(Code::not_found, "not-found", "No sign-in service is configured."); }

}  // namespace

void add_oidc_routes(RouteTable& table, OidcSignIn* sign_in, const SessionService& sessions, const Csrf& csrf) {
  table.add(get<NoQuery, SignInOffer>("/account/oidc",
                                      account("Whether one can sign in with OpenID Connect", Cost::point),
                                      [=](const Call<NoQuery, NoBody>&) -> Result<Reply<SignInOffer>> {
                                        if (!sign_in) return SignInOffer{};
                                        return SignInOffer{true, sign_in->settings().label, "/account/oidc/login"};
                                      }));

  RouteInfo login = account("Go to the OpenID Connect issuer to sign in", Cost::outside);
  login.status = 302;
  login.errors = {404, 503};
  table.add(get<LoginQuery, Nothing>(
      "/account/oidc/login", login, [=](const Call<LoginQuery, NoBody>& call) -> Result<Response> {
        if (!sign_in) return fail_none();
        if (!local_path(call.query.returnTo)) return fail_field("?returnTo", "must be a path of this server");
        auto begun = sign_in->begin(call.request, call.query.returnTo);
        if (!begun) {
          log::warning("signing in at the issuer cannot begin", {{"detail", begun.error().detail}});
          return go_to(fmt::format("{}?error={}", kSignInPage, word_of(begun.error())));
        }
        Response out = go_to(std::move(begun->location));
        out.headers.add("Set-Cookie", std::move(begun->cookie));
        return out;
      }));

  RouteInfo callback = account("Where the OpenID Connect issuer sends the browser back to", Cost::outside);
  callback.description = "Ends in the session's cookies; or on the sign-in page, with the reason in one word as error.";
  callback.status = 302;
  callback.errors = {404};
  table.add(raw(Method::get, "/account/oidc/callback", callback,
                [sign_in, &sessions, &csrf](Request& request) -> Result<Response> {
                  if (!sign_in) return fail_none();
                  auto ended = sign_in->end(request);
                  Response out;
                  if (ended) {
                    out = go_to(ended->return_to);
                    set_cookies(request, out.headers,
                                {.access = ended->in.access_token,
                                 .refresh = ended->in.refresh_token,
                                 .csrf = csrf.token(ended->in.session),
                                 .access_lifetime = sessions.access_lifetime(),
                                 .refresh_lifetime = sessions.refresh_lifetime()});
                  } else {
                    log::warning("a sign-in at the issuer failed",
                                 {{"type", ended.error().type}, {"detail", ended.error().detail}});
                    out = go_to(fmt::format("{}?error={}", kSignInPage, word_of(ended.error())));
                  }
                  if (auto forget = sign_in->forgetting_cookie(request)) out.headers.add("Set-Cookie", *forget);
                  return out;
                }));
}

}  // namespace reelvault::auth
