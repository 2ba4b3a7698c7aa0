#include "auth/oidc_issuer.hpp"

#include "auth/jws.hpp"
#include "auth/token.hpp"
#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace reelvault::auth {
namespace {

namespace json = boost::json;

constexpr std::chrono::seconds kSkew{60};
constexpr std::chrono::minutes kMetadataFresh{60};
constexpr std::chrono::minutes kKeysFresh{10};  // a key that the issuer took back is believed no longer
constexpr std::chrono::hours kServesStale{24};
constexpr std::chrono::seconds kPause{3};  // between two times that the issuer is asked
constexpr std::size_t kKeysMost = 100;
constexpr std::int64_t kSecondsMost = std::int64_t{1} << 40;  // what a Timestamp surely holds

std::string_view text_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  return found && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
}

// Seconds, which some issuers give as a fraction.
std::optional<Timestamp> time_of(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (!found || !found->is_number()) return std::nullopt;
  double seconds = found->to_number<double>();
  if (!(seconds >= 0 && seconds < static_cast<double>(kSecondsMost))) return std::nullopt;
  return Timestamp(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

std::vector<std::string> texts_of(const json::value* value) {
  std::vector<std::string> out;
  if (!value) return out;
  if (value->is_string()) out.emplace_back(value->get_string());
  if (value->is_array())
    for (const json::value& each : value->get_array())
      if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

bool names(const json::object& claims, std::string_view claim, std::string_view wanted) {
  auto all = texts_of(claims.if_contains(claim));
  return std::ranges::find(all, wanted) != all.end();
}

}  // namespace

std::string OidcClaims::text(std::string_view name) const { return std::string(text_of(all, name)); }

bool OidcClaims::says(std::string_view name) const {
  const json::value* found = all.if_contains(name);
  return found && found->is_bool() && found->get_bool();
}

std::vector<std::string> OidcClaims::list(std::string_view name) const {
  if (const json::value* found = all.if_contains(name)) return texts_of(found);
  const json::object* at = &all;
  for (;;) {
    auto dot = name.find('.');
    const json::value* found = at->if_contains(name.substr(0, dot));
    if (!found) return {};
    if (dot == std::string_view::npos) return texts_of(found);
    if (!found->is_object()) return {};
    at = &found->get_object();
    name.remove_prefix(dot + 1);
  }
}

Result<json::object> OidcIssuer::get_json(const IssuerRequest& request, std::string_view what) {
  RV_TRY(IssuerAnswer answer, http_(request));
  if (answer.status != 200) return fail_issuer(fmt::format("{}: status {}", what, answer.status));
  boost::system::error_code fault;
  json::value document = json::parse(answer.body, fault);
  if (fault || !document.is_object()) return fail_issuer(fmt::format("{}: not a JSON object", what));
  return std::move(document.get_object());
}

Result<std::shared_ptr<const OidcIssuer::Metadata>> OidcIssuer::metadata() {
  {
    std::unique_lock lock(mutex_);
    if (metadata_fresh_.is(kMetadataFresh)) return metadata_;
  }
  std::unique_lock asking(asking_);
  return metadata_asking();
}

Result<std::shared_ptr<const OidcIssuer::Metadata>> OidcIssuer::metadata_asking() {
  std::unique_lock lock(mutex_);
  if (metadata_fresh_.is(kMetadataFresh)) return metadata_;
  bool usable = metadata_fresh_.is(kServesStale);
  if (metadata_fresh_.just_tried(kPause)) {
    if (usable) return metadata_;
    return fail_issuer("it did not answer a moment ago");
  }
  metadata_fresh_.tried = Clock::now();
  lock.unlock();
  auto ask = [&]() -> Result<std::shared_ptr<const Metadata>> {
    std::string base = settings_.issuer;
    while (base.ends_with('/')) base.pop_back();
    RV_TRY(json::object document, get_json({.url = base + "/.well-known/openid-configuration"}, "discovery"));
    if (text_of(document, "issuer") != settings_.issuer) return fail_issuer("discovery: names another issuer");
    auto found = std::make_shared<Metadata>();
    found->authorization_endpoint = text_of(document, "authorization_endpoint");
    found->token_endpoint = text_of(document, "token_endpoint");
    found->userinfo_endpoint = text_of(document, "userinfo_endpoint");
    found->jwks_uri = text_of(document, "jwks_uri");
    found->token_methods = texts_of(document.if_contains("token_endpoint_auth_methods_supported"));
    for (const std::string* url :
         {&found->authorization_endpoint, &found->token_endpoint, &found->userinfo_endpoint, &found->jwks_uri})
      if (!url->empty() && !trustworthy_url(*url)) return fail_issuer("discovery: an endpoint without TLS");
    if (found->jwks_uri.empty()) return fail_issuer("discovery: no jwks_uri");
    return found;
  };
  auto asked = ask();
  lock.lock();
  if (!asked) {
    log::warning("the OpenID Connect issuer does not answer", {{"detail", asked.error().detail}});
    if (usable) return metadata_;
    return asked;
  }
  metadata_ = std::move(*asked);
  metadata_fresh_.heard = Clock::now();
  return metadata_;
}

Result<std::shared_ptr<const OidcIssuer::Keys>> OidcIssuer::fetch_keys() {
  RV_TRY(auto where, metadata_asking());
  RV_TRY(json::object document, get_json({.url = where->jwks_uri}, "keys"));
  const json::value* list = document.if_contains("keys");
  if (!list || !list->is_array()) return fail_issuer("keys: no list");
  auto found = std::make_shared<Keys>();
  for (const json::value& each : list->get_array()) {
    if (found->size() == kKeysMost) break;
    if (!each.is_object()) continue;
    if (auto key = IssuerKey::from_jwk(each.get_object())) found->push_back(std::move(*key));
  }
  return found;
}

Result<std::shared_ptr<const OidcIssuer::Keys>> OidcIssuer::keys(const std::shared_ptr<const Keys>& missing) {
  auto good = [&] {
    bool newer = !missing || keys_ != missing;  // somebody asked while this one waited
    return newer && keys_fresh_.is(kKeysFresh);
  };
  {
    std::unique_lock lock(mutex_);
    if (good()) return keys_;
  }
  std::unique_lock asking(asking_);
  std::unique_lock lock(mutex_);
  if (good()) return keys_;
  bool usable = keys_fresh_.is(kServesStale);
  if (keys_fresh_.just_tried(kPause)) {
    if (usable && (!missing || keys_fresh_.is(2 * kPause))) return keys_;
    return fail_issuer("it did not answer a moment ago");
  }
  keys_fresh_.tried = Clock::now();
  lock.unlock();
  auto asked = fetch_keys();
  lock.lock();
  if (!asked) {
    log::warning("the OpenID Connect issuer's keys cannot be had", {{"detail", asked.error().detail}});
    if (usable && !missing) return keys_;
    return asked;
  }
  keys_ = std::move(*asked);
  keys_fresh_.heard = Clock::now();
  return keys_;
}

Result<OidcClaims> OidcIssuer::verify(std::string_view token, std::string_view audience, Timestamp at) {
  auto parts = split_jws(token);
  if (!parts) return fail_bad_token("not a compact JWS");
  // Before the issuer is asked for anything, and again by the key itself.
  if (parts->algorithm != "RS256" && parts->algorithm != "ES256") return fail_bad_token("not an algorithm of issuers");

  auto fits = [&](const Keys& keys) -> std::optional<bool> {
    bool known = false;
    for (const IssuerKey& key : keys) {
      if (!parts->key_id.empty() && key.id() != parts->key_id) continue;
      known = true;
      if (key.algorithm() == parts->algorithm && key.verify(parts->signed_part, parts->signature)) return true;
    }
    return known ? std::optional(false) : std::nullopt;
  };
  RV_TRY(auto set, keys(nullptr));
  auto good = fits(*set);
  // A token without a key's name may be of a new key as well.
  if (!good || (!*good && parts->key_id.empty())) {
    RV_TRY(set, keys(set));
    good = fits(*set);
  }
  if (!good) return fail_bad_token("signed with a key that the issuer does not name");
  if (!*good) return fail_bad_token("the signature does not fit");

  boost::system::error_code fault;
  json::value document = json::parse(parts->payload, fault);
  if (fault || !document.is_object()) return fail_bad_token("the payload is not an object");
  OidcClaims claims{.all = std::move(document.get_object())};
  claims.issuer = claims.text("iss");
  claims.subject = claims.text("sub");
  if (claims.issuer != settings_.issuer) return fail_bad_token("of another issuer");
  if (claims.subject.empty() || claims.subject.size() > 255 || !valid_utf8(claims.subject) ||
      claims.subject.contains('\0'))
    return fail_bad_token("no subject");
  if (!names(claims.all, "aud", audience)) return fail_bad_token("for another audience");
  auto expires = time_of(claims.all, "exp");
  if (!expires) return fail_bad_token("without an end");
  claims.expires_at = *expires + kSkew;
  if (claims.expires_at <= at) return fail_expired_token();
  for (std::string_view begin : {"nbf", "iat"}) {
    auto from = time_of(claims.all, begin);
    if (!from && claims.all.contains(begin)) return fail_bad_token("a time that is none");
    if (from && *from > at + kSkew) return fail_bad_token("from the future");
  }
  claims.issued_at = time_of(claims.all, "iat");
  return claims;
}

Result<std::string> OidcIssuer::authorization_url(std::string_view query) {
  RV_TRY(auto where, metadata());
  if (where->authorization_endpoint.empty() || where->token_endpoint.empty())
    return fail_issuer("discovery: no endpoints for signing in");
  char joint = where->authorization_endpoint.contains('?') ? '&' : '?';
  return fmt::format("{}{}{}", where->authorization_endpoint, joint, query);
}

Result<OidcClaims> OidcIssuer::exchange(const CodeExchange& given, Timestamp at) {
  RV_TRY(auto where, metadata());
  IssuerRequest request{.url = where->token_endpoint};
  request.form = form_field("grant_type", "authorization_code") + "&" + form_field("code", given.code) + "&" +
                 form_field("redirect_uri", given.redirect_uri) + "&" +
                 form_field("code_verifier", given.code_verifier);
  const auto& methods = where->token_methods;
  bool takes_post = std::ranges::find(methods, "client_secret_post") != methods.end();
  bool takes_basic = methods.empty() || std::ranges::find(methods, "client_secret_basic") != methods.end();
  if (settings_.client_secret.empty()) {
    request.form += "&" + form_field("client_id", settings_.client_id);
  } else if (takes_basic || !takes_post) {
    request.fields.push_back("Authorization: Basic " + base64(percent_encode(settings_.client_id) + ":" +
                                                              percent_encode(settings_.client_secret)));
  } else {
    request.form +=
        "&" + form_field("client_id", settings_.client_id) + "&" + form_field("client_secret", settings_.client_secret);
  }
  RV_TRY(IssuerAnswer answer, http_(request));
  if (answer.status >= 500) return fail_issuer(fmt::format("the code's exchange: status {}", answer.status));
  boost::system::error_code fault;
  json::value document = json::parse(answer.body, fault);
  if (answer.status != 200 || fault || !document.is_object()) {
    std::string why = !fault && document.is_object() ? std::string(text_of(document.get_object(), "error")) : "";
    return fail_bad_token(fmt::format("the code's exchange: status {} {}", answer.status, why));
  }
  const json::object& tokens = document.get_object();
  RV_TRY(OidcClaims claims, verify(text_of(tokens, "id_token"), settings_.client_id, at));
  if (claims.text("nonce") != given.nonce) return fail_bad_token("of another sign-in");
  auto authorized = claims.text("azp");
  if (!authorized.empty() && authorized != settings_.client_id) return fail_bad_token("made for another client");
  RV_CHECK(join_user_info(*where, text_of(tokens, "access_token"), claims));
  claims.of_sign_in = true;
  return claims;
}

// Many issuers put but the subject into the ID token. What the signed token says is not overwritten.
Result<void> OidcIssuer::join_user_info(const Metadata& where, std::string_view access_token, OidcClaims& claims) {
  if (where.userinfo_endpoint.empty() || access_token.empty()) return {};
  bool printable = std::ranges::all_of(access_token, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!printable) return fail_bad_token("an access token that is none");
  IssuerRequest request{.url = where.userinfo_endpoint};
  request.fields.push_back("Authorization: Bearer " + std::string(access_token));
  RV_TRY(json::object info, get_json(request, "user info"));
  if (text_of(info, "sub") != claims.subject) return fail_bad_token("user info of somebody else");
  for (const auto& [name, value] : info)
    if (!claims.all.contains(name)) claims.all[name] = value;
  return {};
}

}  // namespace reelvault::auth
