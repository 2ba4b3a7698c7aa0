#include "auth/oidc_sign_in.hpp"

#include "auth/token.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

namespace json = boost::json;

constexpr std::string_view kCookiePrefix = "rv_oidc_";
constexpr std::size_t kStateInName = 12;
constexpr std::size_t kPathMost = 2000;
constexpr std::chrono::minutes kLifetime{10};

// The routes are served below /api too, and what is begun there ends there.
std::string base_path(const http::Request& request) {
  return request.target.starts_with("/api/") ? "/api/account/oidc" : "/account/oidc";
}
std::string redirect_uri(const http::Request& request) { return request.base_url() + base_path(request) + "/callback"; }

std::string mac(const SigningKey& key, std::string_view payload) {
  auto sum = hmac_sha256(bytes_of(key.secret), bytes_of("oidc-sign-in:" + std::string(payload)));
  return base64url(std::string_view(reinterpret_cast<const char*>(sum.data()), sum.size()));
}

std::string raw_sha256(std::string_view text) {
  auto sum = sha256(bytes_of(text));
  return std::string(reinterpret_cast<const char*>(sum.data()), sum.size());
}

std::string cookie_name(std::string_view state) {
  return std::string(kCookiePrefix) + std::string(state.substr(0, kStateInName));
}

bool token_like(std::string_view text) {
  return text.size() >= kStateInName && text.size() <= 100 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
         });
}

std::string set_cookie(const http::Request& request, std::string_view state, std::string_view value,
                       std::chrono::seconds lifetime) {
  bool secure = request.tls || request.public_url.starts_with("https://");
  return fmt::format("{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{}", cookie_name(state), value,
                     base_path(request), lifetime.count(), secure ? "; Secure" : "");
}

std::unexpected<Error> fail_sign_in(std::string type, std::string detail) {
  return fail(Code::unauthenticated, std::move(type), "The sign-in did not succeed; try again.", std::move(detail));
}

}  // namespace

bool local_path(std::string_view path) {
  if (path.empty() || path.size() > kPathMost || path.front() != '/') return false;
  if (path.size() > 1 && (path[1] == '/' || path[1] == '\\')) return false;
  return std::ranges::all_of(path, [](char c) { return c > 0x20 && c < 0x7f && c != '\\'; });
}

struct OidcSignIn::Pending {
  std::string state, nonce, code_verifier, redirect_uri, return_to;
  Timestamp expires_at;
};

std::string OidcSignIn::seal(const Pending& pending) const {
  json::object document{{"s", pending.state},        {"n", pending.nonce},     {"v", pending.code_verifier},
                        {"u", pending.redirect_uri}, {"r", pending.return_to}, {"e", unix_ms(pending.expires_at)}};
  std::string payload = base64url(json::serialize(document));
  auto key = keys_.current(kCsrfKey);
  return payload + "." + key->id + "." + mac(*key, payload);
}

std::optional<OidcSignIn::Pending> OidcSignIn::unseal(std::string_view cookie) const {
  auto first = cookie.find('.');
  auto second = first == std::string_view::npos ? first : cookie.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::string_view payload = cookie.substr(0, first);
  auto key = keys_.find(kCsrfKey, cookie.substr(first + 1, second - first - 1));
  if (!key || !equal_in_constant_time(cookie.substr(second + 1), mac(*key, payload))) return std::nullopt;
  // What we signed is what we wrote.
  json::object document = json::parse(*from_base64url(payload)).as_object();
  auto text = [&](std::string_view name) { return std::string(document.at(name).as_string()); };
  return Pending{text("s"), text("n"), text("v"), text("u"), text("r"), from_unix_ms(document.at("e").as_int64())};
}

Result<OidcSignIn::Begun> OidcSignIn::begin(const http::Request& request, std::string return_to) {
  Pending pending{.state = random_token(),
                  .nonce = random_token(),
                  .code_verifier = base64url(random_bytes(32)),
                  .redirect_uri = redirect_uri(request),
                  .return_to = std::move(return_to),
                  .expires_at = now() + kLifetime};
  std::string query = form_field("response_type", "code");
  for (const auto& [name, value] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"client_id", settings().client_id},
           {"redirect_uri", pending.redirect_uri},
           {"scope", settings().scopes},
           {"state", pending.state},
           {"nonce", pending.nonce},
           {"code_challenge", base64url(raw_sha256(pending.code_verifier))},
           {"code_challenge_method", "S256"}})
    query += "&" + form_field(name, value);
  Begun out;
  RV_TRY(out.location, issuer_.authorization_url(query));
  out.cookie = set_cookie(request, pending.state, seal(pending), kLifetime);
  return out;
}

Result<OidcSignIn::Ended> OidcSignIn::end(const http::Request& request) {
  auto query = [&](std::string_view name) {
    const std::string* found = request.query_value(name);
    return found ? *found : std::string();
  };
  std::string state = query("state");
  auto pending = token_like(state) ? unseal(request.cookie(cookie_name(state))) : std::nullopt;
  if (!pending || !equal_in_constant_time(pending->state, state) || pending->expires_at <= now())
    return fail_sign_in("sign-in-expired", "no such sign-in was begun in this browser, or long ago");
  // RFC 9207: an answer of another issuer is not taken to this one.
  if (std::string from = query("iss"); !from.empty() && from != settings().issuer)
    return fail_sign_in("invalid-token", "the answer is another issuer's");
  if (std::string error = query("error"); !error.empty())
    return fail_sign_in("sign-in-refused", "the issuer says: " + error.substr(0, 100));
  std::string code = query("code");
  if (code.empty()) return fail_sign_in("sign-in-refused", "the issuer sent no code");
  RV_TRY(OidcClaims claims, issuer_.exchange({.code = code,
                                              .code_verifier = pending->code_verifier,
                                              .redirect_uri = pending->redirect_uri,
                                              .nonce = pending->nonce},
                                             now()));
  RV_TRY(User user, accounts_.user_of(claims));
  Ended out;
  RV_TRY(out.in, sessions_.begin(user.id, true));
  out.return_to = std::move(pending->return_to);
  return out;
}

std::optional<std::string> OidcSignIn::forgetting_cookie(const http::Request& request) const {
  const std::string* state = request.query_value("state");
  if (!state || !token_like(*state)) return std::nullopt;
  return set_cookie(request, *state, "", std::chrono::seconds(0));
}

}  // namespace reelvault::auth
