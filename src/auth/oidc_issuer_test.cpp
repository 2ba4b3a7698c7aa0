// What an issuer's tokens must be, and how often it is asked. tests/http/test_oidc.py has a real issuer and a server.
#include "auth/oidc_issuer.hpp"

#include "base/hash.hpp"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

namespace reelvault::auth {
namespace {

namespace json = boost::json;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key rsa(unsigned bits = 2048) { return Key(EVP_RSA_gen(bits)); }
Key ec(const char* curve = "P-256") { return Key(EVP_EC_gen(curve)); }

std::string number(const Key& key, const char* name) {
  BIGNUM* value = nullptr;
  EVP_PKEY_get_bn_param(key.get(), name, &value);
  std::string out(static_cast<std::size_t>(BN_num_bytes(value)), '\0');
  BN_bn2bin(value, reinterpret_cast<unsigned char*>(out.data()));
  BN_free(value);
  return out;
}
std::string padded(std::string coordinate) {
  return std::string(32 - std::min<std::size_t>(32, coordinate.size()), '\0') + coordinate;
}

json::object jwk(const Key& key, std::string_view id) {
  if (EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA)
    return {{"kty", "RSA"},
            {"kid", id},
            {"use", "sig"},
            {"n", base64url(number(key, OSSL_PKEY_PARAM_RSA_N))},
            {"e", base64url(number(key, OSSL_PKEY_PARAM_RSA_E))}};
  return {{"kty", "EC"},
          {"kid", id},
          {"crv", "P-256"},
          {"x", base64url(padded(number(key, OSSL_PKEY_PARAM_EC_PUB_X)))},
          {"y", base64url(padded(number(key, OSSL_PKEY_PARAM_EC_PUB_Y)))}};
}

std::string signed_by(const Key& key, std::string_view data) {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
  std::string out(1024, '\0');
  std::size_t size = out.size();
  EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(data.data()), data.size());
  out.resize(size);
  return out;
}

constexpr std::string_view kIssuer = "https://issuer.example";
const Timestamp kNow = from_unix_ms(1'800'000'000'000);
std::int64_t seconds(Timestamp at) { return unix_ms(at) / 1000; }

json::object claims() {
  return {{"iss", kIssuer}, {"sub", "ada"}, {"aud", "us"}, {"iat", seconds(kNow)}, {"exp", seconds(kNow) + 300}};
}
std::string token(const Key& key, std::string_view id, const json::object& body = claims(),
                  std::string_view algorithm = "RS256") {
  std::string out = base64url(json::serialize(json::object{{"alg", algorithm}, {"kid", id}})) + "." +
                    base64url(json::serialize(body));
  return out + "." + base64url(signed_by(key, out));
}

// An issuer whose answers are made by hand.
class OidcIssuerTest : public testing::Test {
 protected:
  OidcIssuerTest() { publish({jwk(first_, "first")}); }

  void publish(json::array keys) { answers_["/jwks"] = json::serialize(json::object{{"keys", std::move(keys)}}); }
  void discover(json::object changed = {}) {
    json::object document{{"issuer", kIssuer}, {"jwks_uri", std::string(kIssuer) + "/jwks"}};
    for (auto& [name, value] : changed) document[name] = value;
    answers_["/.well-known/openid-configuration"] = json::serialize(document);
  }
  OidcIssuer make() {
    if (!answers_.contains("/.well-known/openid-configuration")) discover();
    return OidcIssuer({.issuer = std::string(kIssuer)}, [this](const IssuerRequest& request) -> Result<IssuerAnswer> {
      ++asked_;
      if (away_) return fail_issuer("away");
      auto found = answers_.find(request.url.substr(kIssuer.size()));
      return found == answers_.end() ? IssuerAnswer{404, ""} : IssuerAnswer{200, found->second};
    });
  }

  Key first_ = rsa(), second_ = rsa();
  std::map<std::string, std::string> answers_;
  int asked_ = 0;
  bool away_ = false;
};

TEST_F(OidcIssuerTest, AGoodTokenIsTakenAndItsIssuerAskedOnce) {
  OidcIssuer issuer = make();
  for (int i = 0; i < 3; ++i) {
    auto found = issuer.verify(token(first_, "first"), "us", kNow);
    ASSERT_TRUE(found) << found.error().detail;
    EXPECT_EQ(found->subject, "ada");
  }
  EXPECT_EQ(asked_, 2) << "discovery and keys";
}

TEST_F(OidcIssuerTest, ClaimsThatAreNotGoodAreRefused) {
  OidcIssuer issuer = make();
  std::int64_t at = seconds(kNow);
  struct Case {
    const char* what;
    const char* claim;
    json::value value;
    bool good = false;
  };
  for (const Case& each :
       std::initializer_list<Case>{{"another issuer", "iss", "https://issuer.example/"},
                                   {"another audience", "aud", "them"},
                                   {"no audience", "aud", nullptr},
                                   {"one of several", "aud", json::array{"them", "us"}, true},
                                   {"no subject", "sub", ""},
                                   {"a subject that is a number", "sub", 7},
                                   {"over", "exp", at - 60},
                                   {"over for less than a minute", "exp", at - 59, true},
                                   {"a fraction of a second", "exp", static_cast<double>(at) + 0.5, true},
                                   {"an end beyond all time", "exp", 1e300},
                                   {"an end that is none", "exp", "soon"},
                                   {"not yet", "nbf", at + 61},
                                   {"within a minute", "nbf", at + 60, true},
                                   {"from the future", "iat", at + 61},
                                   {"an iat that is none", "iat", "now"}}) {
    json::object body = claims();
    body[each.claim] = each.value;
    auto found = issuer.verify(token(first_, "first", body), "us", kNow);
    EXPECT_EQ(found.has_value(), each.good) << each.what;
    if (!found) EXPECT_EQ(found.error().code, Code::unauthenticated) << each.what;
  }
}

TEST_F(OidcIssuerTest, AKeyServesItsOwnAlgorithmAlone) {
  Key curve = ec();
  publish({jwk(first_, "first"), jwk(curve, "curve")});
  OidcIssuer issuer = make();
  for (const char* algorithm : {"none", "HS256", "RS512", "PS256", "ES256", "rs256", ""})
    EXPECT_FALSE(issuer.verify(token(first_, "first", claims(), algorithm), "us", kNow)) << algorithm;
  EXPECT_FALSE(issuer.verify(token(second_, "first"), "us", kNow)) << "another's signature";
  EXPECT_FALSE(issuer.verify(token(first_, "curve"), "us", kNow)) << "under another key's name";
}

TEST_F(OidcIssuerTest, ARotatedKeyIsAskedForThoughNotForEachStranger) {
  OidcIssuer issuer = make();
  ASSERT_TRUE(issuer.verify(token(first_, "first"), "us", kNow));
  publish({jwk(second_, "second")});
  int before = asked_;
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(issuer.verify(token(second_, "second"), "us", kNow));
  EXPECT_EQ(asked_, before) << "it was asked a moment ago";
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  EXPECT_TRUE(issuer.verify(token(second_, "second"), "us", kNow));
  EXPECT_EQ(asked_, before + 1);
  auto gone = issuer.verify(token(first_, "first"), "us", kNow);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, Code::unauthenticated) << "the issuer does not name it any more";
}

TEST_F(OidcIssuerTest, AnIssuerThatIsAwayIsNoFaultOfTheToken) {
  away_ = true;
  OidcIssuer issuer = make();
  for (int i = 0; i < 3; ++i) {
    auto refused = issuer.verify(token(first_, "first"), "us", kNow);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::unavailable);
    EXPECT_GT(refused.error().retry_after_seconds, 0);
  }
  EXPECT_EQ(asked_, 1);
  away_ = false;
  std::this_thread::sleep_for(std::chrono::milliseconds(3100));
  EXPECT_TRUE(issuer.verify(token(first_, "first"), "us", kNow));
  away_ = true;
  EXPECT_TRUE(issuer.verify(token(first_, "first"), "us", kNow)) << "what is known of it serves";
}

TEST_F(OidcIssuerTest, DiscoveryIsNotBelievedBlindly) {
  for (const json::object& wrong :
       std::initializer_list<json::object>{{{"issuer", "https://other.example"}},
                                           {{"jwks_uri", "http://issuer.example/jwks"}},
                                           {{"token_endpoint", "http://issuer.example/token"}},
                                           {{"jwks_uri", nullptr}}}) {
    discover(wrong);
    OidcIssuer issuer = make();
    auto refused = issuer.verify(token(first_, "first"), "us", kNow);
    ASSERT_FALSE(refused) << json::serialize(wrong);
    EXPECT_EQ(refused.error().code, Code::unavailable);
  }
}

TEST_F(OidcIssuerTest, ClaimsAreFoundByNameAndByPath) {
  OidcClaims found{
      .all = json::parse(R"({"groups":["a",7,"b"],"one":"c","realm":{"roles":["d"]},"x.y":"e","x":{"y":"f"}})")
                 .as_object()};
  EXPECT_EQ(found.list("groups"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(found.list("one"), std::vector<std::string>{"c"});
  EXPECT_EQ(found.list("realm.roles"), std::vector<std::string>{"d"});
  EXPECT_EQ(found.list("x.y"), std::vector<std::string>{"e"});
  EXPECT_TRUE(found.list("realm.none").empty() && found.list("one.more").empty() && found.list("").empty());
}

TEST(IssuerKey, OnlyKeysThatAreFitAreTaken) {
  Key good = rsa(), curve = ec();
  EXPECT_EQ(IssuerKey::from_jwk(jwk(good, "k"))->algorithm(), "RS256");
  EXPECT_EQ(IssuerKey::from_jwk(jwk(curve, "k"))->algorithm(), "ES256");
  EXPECT_FALSE(IssuerKey::from_jwk(jwk(rsa(1024), "k"))) << "too short";
  auto changed = [&](const Key& key, const char* name, json::value value) {
    json::object out = jwk(key, "k");
    out[name] = std::move(value);
    return IssuerKey::from_jwk(out).has_value();
  };
  EXPECT_FALSE(changed(good, "use", "enc"));
  EXPECT_FALSE(changed(good, "alg", "RS512"));
  EXPECT_FALSE(changed(good, "alg", "HS256"));
  EXPECT_FALSE(changed(good, "kty", "oct"));
  EXPECT_FALSE(changed(good, "n", "!"));
  EXPECT_FALSE(changed(good, "e", 65537));
  EXPECT_FALSE(changed(curve, "crv", "P-384"));
  EXPECT_FALSE(changed(curve, "x", json::value(base64url(std::string(32, 1))))) << "not on the curve";
  EXPECT_TRUE(changed(good, "alg", "RS256"));
}

TEST(IssuerKey, SignaturesOfAnotherLengthOrOrderAreRefused) {
  Key curve = ec();
  auto key = IssuerKey::from_jwk(jwk(curve, "k"));
  EXPECT_FALSE(key->verify("data", signed_by(curve, "data"))) << "DER, where JWS has two numbers";
  EXPECT_FALSE(key->verify("data", std::string(64, '\0')));
  EXPECT_FALSE(key->verify("data", ""));
}

TEST(OidcSettings, WhatIsNotSafeIsRefused) {
  auto with = [](std::map<std::string, std::string> more) {
    more.try_emplace("auth.oidc_issuer", "https://issuer.example");
    more.try_emplace("auth.oidc_audience", "us");
    return OidcSettings::from(Config::defaults(std::move(more)));
  };
  EXPECT_TRUE(with({}));
  EXPECT_FALSE(*OidcSettings::from(Config::defaults())) << "none configured";
  EXPECT_FALSE(with({{"auth.oidc_audience", ""}})) << "it would be good for nothing";
  EXPECT_TRUE(with({{"auth.oidc_audience", ""}, {"auth.oidc_client_id", "us"}}));
  EXPECT_FALSE(with({{"auth.oidc_group_map", "a=b,c"}}));
  EXPECT_EQ((*with({{"auth.oidc_group_map", "a = b , c=d"}}))->groups,
            (std::map<std::string, std::string>{{"a", "b"}, {"c", "d"}}));
  for (const char* url : {"http://issuer.example", "http://127.0.0.1.example", "http://localhost@issuer.example",
                          "https://", "ftp://issuer.example", "issuer.example", "https://issuer.example?x=1"})
    EXPECT_FALSE(with({{"auth.oidc_issuer", url}})) << url;
  for (const char* url :
       {"http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000/a", "HTTPS://issuer.example/realms/a"})
    EXPECT_TRUE(with({{"auth.oidc_issuer", url}})) << url;
}

}  // namespace
}  // namespace reelvault::auth
