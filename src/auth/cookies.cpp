#include "auth/cookies.hpp"

#include "base/hash.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

// The refresh cookie goes to the account routes alone, under both names that these have.
constexpr std::string_view kRefreshPaths[] = {"/account", "/api/account"};

std::string mac(const SigningKey& key, const Uuid& session) {
  auto sum = hmac_sha256(bytes_of(key.secret), bytes_of("csrf:" + session.text()));
  return base64url(std::string_view(reinterpret_cast<const char*>(sum.data()), sum.size()));
}

void add_cookie(const http::Request& request, http::Headers& headers, std::string_view name, std::string_view value,
                std::string_view path, std::chrono::seconds lifetime, bool readable) {
  std::string field = fmt::format("{}={}; Path={}; Max-Age={}; SameSite=Lax", name, value, path, lifetime.count());
  if (!readable) field += "; HttpOnly";
  if (over_tls(request)) field += "; Secure";
  headers.add("Set-Cookie", std::move(field));
}

}  // namespace

std::string Csrf::token(const Uuid& session) const {
  auto key = keys_.current(kCsrfKey);
  return key->id + "." + mac(*key, session);
}

CsrfClaim Csrf::claim(const http::Request& request) const {
  CsrfClaim claim;
  std::string_view given = request.headers.get(kCsrfHeader);
  auto dot = given.find('.');
  if (dot == std::string_view::npos) return claim;
  claim.key_ = keys_.find(kCsrfKey, given.substr(0, dot));
  claim.mac_ = given.substr(dot + 1);
  return claim;
}

bool CsrfClaim::fits(const Uuid& session) const { return key_ && equal_in_constant_time(mac_, mac(*key_, session)); }

bool over_tls(const http::Request& request) { return request.tls || request.public_url.starts_with("https://"); }

bool wants_cookies(const http::Request& request) { return iequals(request.headers.get(kSessionHeader), "cookie"); }

void set_cookies(const http::Request& request, http::Headers& headers, const SessionCookies& cookies) {
  add_cookie(request, headers, kSessionCookie, cookies.access, "/", cookies.access_lifetime, false);
  for (std::string_view path : kRefreshPaths)
    add_cookie(request, headers, kRefreshCookie, cookies.refresh, path, cookies.refresh_lifetime, false);
  add_cookie(request, headers, kCsrfCookie, cookies.csrf, "/", cookies.refresh_lifetime, true);
}

void clear_cookies(const http::Request& request, http::Headers& headers) { set_cookies(request, headers, {}); }

Shown shown_token(const http::Request& request) {
  if (const std::string* field = request.headers.find("Authorization")) {
    std::string_view text = trim(*field);
    auto space = text.find(' ');
    if (space == std::string_view::npos || !iequals(text.substr(0, space), "Bearer"))
      return {.kind = Shown::Kind::foreign, .token = {}};
    return {.kind = Shown::Kind::bearer, .token = trim(text.substr(space))};
  }
  std::string_view cookie = request.cookie(kSessionCookie);
  if (cookie.empty()) return {};
  return {.kind = Shown::Kind::cookie, .token = cookie};
}

}  // namespace reelvault::auth
