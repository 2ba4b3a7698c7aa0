#include "auth/access_token.hpp"
#include "base/hash.hpp"
#include "db/testing.hpp"

namespace reelvault::auth {
namespace {

class TokensTest : public db::EachBackend {
 protected:
  void SetUp() override {
    db::EachBackend::SetUp();
    if (IsSkipped()) return;
    keys_ = std::make_unique<KeyRing>(database());
    ASSERT_TRUE(keys_->open());
    tokens_ = std::make_unique<AccessTokens>(*keys_, std::chrono::minutes(15));
  }
  void TearDown() override {
    tokens_.reset();
    keys_.reset();
    db::EachBackend::TearDown();
  }
  std::string with_header(const std::string& token, const boost::json::object& header) {
    return base64url(boost::json::serialize(header)) + token.substr(token.find('.'));
  }
  static std::string part(const std::string& token, int index) {
    std::string_view rest = token;
    for (int i = 0; i < index; ++i) rest.remove_prefix(rest.find('.') + 1);
    return *from_base64url(rest.substr(0, rest.find('.')));
  }

  std::unique_ptr<KeyRing> keys_;
  std::unique_ptr<AccessTokens> tokens_;
  Uuid user_ = Uuid::v7(), session_ = Uuid::v7();
};
INSTANTIATE_TEST_SUITE_P(Databases, TokensTest, db::each_backend(), db::backend_name);

TEST_P(TokensTest, NameTheirUserAndSessionUntilTheyExpire) {
  Timestamp at = now();
  std::string token = tokens_->issue(user_, session_, at);
  EXPECT_TRUE(tokens_->recognises(token));
  auto identity = tokens_->verify_at(token, at);
  ASSERT_TRUE(identity) << identity.error().detail;
  EXPECT_EQ(identity->user, user_);
  EXPECT_EQ(identity->session, session_);
  EXPECT_FALSE(identity->limited);
  EXPECT_TRUE(tokens_->verify_at(token, at + std::chrono::minutes(14)));
  auto late = tokens_->verify_at(token, at + std::chrono::minutes(15));  // no tolerance on the end
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().type, "token-expired");
}

TEST_P(TokensTest, AllowAMinuteOfClockSkewOnTheirBeginning) {
  Timestamp at = now();
  std::string token = tokens_->issue(user_, session_, at);
  EXPECT_TRUE(tokens_->verify_at(token, at - std::chrono::seconds(55)));
  EXPECT_FALSE(tokens_->verify_at(token, at - std::chrono::seconds(62)));
}

TEST_P(TokensTest, AreRefusedWhenAnythingIsAltered) {
  std::string token = tokens_->issue(user_, session_, now());
  auto header = boost::json::parse(part(token, 0)).as_object();
  std::string key_id(header.at("kid").as_string());
  auto refuses = [&](const std::string& altered) {
    auto result = tokens_->verify(altered);
    EXPECT_FALSE(result) << altered;
    if (!result) EXPECT_EQ(result.error().code, Code::unauthenticated);
  };
  for (std::string_view algorithm : {"none", "None", "HS256", "RS256", "ES256", ""})
    refuses(with_header(token, {{"alg", algorithm}, {"typ", "at+jwt"}, {"kid", key_id}}));
  refuses(with_header(token, {{"alg", "EdDSA"}, {"typ", "JWT"}, {"kid", key_id}}));
  refuses(with_header(token, {{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", "of-nobody"}}));
  refuses(
      with_header(token, {{"alg", "EdDSA"}, {"typ", "at+jwt"}, {"kid", key_id}, {"crit", boost::json::array{"b64"}}}));

  auto claims = boost::json::parse(part(token, 1)).as_object();
  claims["sub"] = Uuid::v7().text();
  auto first = token.find('.'), last = token.rfind('.');
  refuses(token.substr(0, first + 1) + base64url(boost::json::serialize(claims)) + token.substr(last));
  refuses(token.substr(0, last + 1));  // no signature
  refuses(token.substr(0, last));      // two parts
  refuses(token + "." + token);        // five
  refuses("..");
  refuses("a.b.c");
  std::string other = token;
  other[last + 5] = other[last + 5] == 'A' ? 'B' : 'A';
  refuses(other);
}

TEST_P(TokensTest, SignedWithAPublicKeyAsASecretAreRefused) {
  // The old confusion: whoever knows the public key signs HS256 with it. The key here says EdDSA and nothing else.
  std::string token = tokens_->issue(user_, session_, now());
  auto header = boost::json::parse(part(token, 0)).as_object();
  header["alg"] = "HS256";
  std::string forged = base64url(boost::json::serialize(header)) + token.substr(token.find('.'));
  forged = forged.substr(0, forged.rfind('.'));
  auto signing = keys_->current(kAccessKey);
  auto sum = hmac_sha256(bytes_of(signing->secret), bytes_of(forged));
  forged += "." + base64url(std::string_view(reinterpret_cast<const char*>(sum.data()), sum.size()));
  EXPECT_FALSE(tokens_->verify(forged));
}

TEST_P(TokensTest, StayGoodWhileKeysRotateUntilTheOverlapIsOver) {
  std::string token = tokens_->issue(user_, session_, now());
  std::string first = keys_->current(kAccessKey)->id;

  ASSERT_TRUE(keys_->maintain(now() + std::chrono::days(89)));
  EXPECT_EQ(keys_->current(kAccessKey)->id, first);
  Timestamp rotated = now() + std::chrono::days(91);
  ASSERT_TRUE(keys_->maintain(rotated));
  EXPECT_NE(keys_->current(kAccessKey)->id, first);
  EXPECT_TRUE(tokens_->verify(token));

  // Another node, or a restart, knows both.
  KeyRing other(database());
  ASSERT_TRUE(other.open());
  EXPECT_EQ(other.current(kAccessKey)->id, keys_->current(kAccessKey)->id);
  EXPECT_TRUE(AccessTokens(other, std::chrono::minutes(15)).verify(token));

  ASSERT_TRUE(keys_->maintain(rotated + std::chrono::days(9)));
  EXPECT_FALSE(keys_->find(kAccessKey, first));
}

TEST_P(TokensTest, SignedByAnotherNodesNewKeyAreKnownHere) {
  KeyRing other(database());
  ASSERT_TRUE(other.open());
  EXPECT_EQ(other.current(kAccessKey)->id, keys_->current(kAccessKey)->id);  // one key, not one each
  ASSERT_TRUE(other.maintain(now() + std::chrono::days(91)));
  std::string token = AccessTokens(other, std::chrono::minutes(15)).issue(user_, session_, now());
  EXPECT_TRUE(tokens_->verify(token));
}

TEST_P(TokensTest, KeysOfEveryKindAreMadeOnceAndKept) {
  std::vector<KeyPurpose> purposes{{.name = "stream", .kind = KeyKind::rsa_2048},
                                   {.name = "links", .kind = KeyKind::hmac_256}};
  KeyRing ring(database(), purposes), again(database(), purposes);
  ASSERT_TRUE(ring.open());
  ASSERT_TRUE(again.open());
  EXPECT_EQ(ring.current("links")->secret.size(), 32u);
  EXPECT_GT(ring.current("stream")->secret.size(), 1000u);
  EXPECT_EQ(ring.current("stream")->secret, again.current("stream")->secret);
  EXPECT_FALSE(ring.find("links", ring.current("stream")->id));  // a key serves its purpose alone
}

}  // namespace
}  // namespace reelvault::auth
