#include "auth/access_token.hpp"

#include "base/hash.hpp"

namespace reelvault::auth {
namespace {

constexpr std::string_view kType = "at+jwt";
constexpr std::string_view kIssuer = "reelvault";
constexpr std::chrono::seconds kSkew{60};  // of another node's clock, on the beginning; never on the end
constexpr std::size_t kLongest = 4096;

Timestamp from_seconds(std::int64_t seconds) { return Timestamp(std::chrono::seconds(seconds)); }
std::int64_t to_seconds(Timestamp at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

std::unexpected<Error> fail_bad_token(std::string detail) {
  return fail(Code::unauthenticated, "invalid-token", "The access token or API key is not valid.", std::move(detail));
}
std::unexpected<Error> fail_expired_token() {
  return fail(Code::unauthenticated, "token-expired", "The access token or API key has expired.");
}

std::shared_ptr<const JwsKey> AccessTokens::key(const SigningKey& from) {
  std::unique_lock lock(mutex_);
  auto& there = parsed_[from.id];
  if (!there) {
    auto made = JwsKey::from_private_der(from.secret);
    if (!made) throw std::logic_error(made.error().detail);
    there = std::make_shared<JwsKey>(std::move(*made));
  }
  return there;
}

std::string AccessTokens::issue(const Uuid& user, const Uuid& session, Timestamp at) {
  auto signing = keys_.current(kAccessKey);
  boost::json::object claims{{"iss", kIssuer},
                             {"sub", user.text()},
                             {"sid", session.text()},
                             {"iat", to_seconds(at)},
                             {"exp", to_seconds(at + lifetime_)}};
  return make_jws(*key(*signing), signing->id, kType, boost::json::serialize(claims));
}

std::optional<Uuid> AccessTokens::session_of(std::string_view token) {
  if (!recognises(token)) return std::nullopt;
  auto identity = verify(token);
  return identity ? identity->session : std::nullopt;
}

bool AccessTokens::recognises(std::string_view token) const {
  return token.size() <= kLongest && std::ranges::count(token, '.') == 2;
}

Result<Identity> AccessTokens::verify_at(std::string_view token, Timestamp at) {
  auto parts = split_jws(token);
  if (!parts) return fail_bad_token("not a compact JWS");
  if (parts->type != kType) return fail_bad_token("not an access token");
  auto signing = keys_.find(kAccessKey, parts->key_id);
  if (!signing) return fail_bad_token("signed with an unknown key");
  auto verifier = key(*signing);
  if (parts->algorithm != verifier->algorithm()) return fail_bad_token("not the algorithm of its key");
  if (!verifier->verify(parts->signed_part, parts->signature)) return fail_bad_token("the signature does not fit");

  boost::system::error_code fault;
  boost::json::value document = boost::json::parse(parts->payload, fault);
  if (fault || !document.is_object()) return fail_bad_token("the payload is not an object");
  const boost::json::object& claims = document.get_object();
  auto text = [&](std::string_view name) {
    const boost::json::value* found = claims.if_contains(name);
    return found && found->is_string() ? std::string_view(found->get_string()) : std::string_view();
  };
  auto number = [&](std::string_view name) {
    const boost::json::value* found = claims.if_contains(name);
    return found && found->is_int64() ? found->get_int64() : std::int64_t{0};
  };
  auto user = Uuid::parse(text("sub"));
  auto session = Uuid::parse(text("sid"));
  if (text("iss") != kIssuer || !user || !session) return fail_bad_token("claims are missing");
  if (from_seconds(number("iat")) > at + kSkew) return fail_bad_token("from the future");
  Timestamp expires_at = from_seconds(number("exp"));
  if (expires_at <= at) return fail_expired_token();
  return Identity{.user = *user, .session = session, .expires_at = expires_at};
}

}  // namespace reelvault::auth
