#include "base/hash.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace reelvault {
namespace {

std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string digest(Digest::Kind kind, std::string_view text) {
  Digest digest(kind);
  digest.update(bytes_of(text));
  return hex(digest.finish());
}

TEST(Crc32, GivesThePublishedCheckValue) {
  EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926u);
  EXPECT_EQ(crc32({}), 0u);
  EXPECT_EQ(crc32(bytes_of("6789"), crc32(bytes_of("12345"))), 0xCBF43926u);
}

TEST(Crc32, CombinesToWhatTheWholeHas) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string a = random_text(random, random() % 3000);
    std::string b = random_text(random, random() % 3000);
    EXPECT_EQ(crc32_combine(crc32(bytes_of(a)), crc32(bytes_of(b)), b.size()), crc32(bytes_of(a + b)));
  }
}

TEST(Crc32, CombinesLengthsBeyondMemory) {
  // 2^40 zero bytes, by doubling, against one step.
  std::uint32_t zeros = crc32(bytes_of(std::string_view("\0", 1)));
  for (int n = 0; n < 40; ++n) zeros = crc32_combine(zeros, zeros, std::uint64_t{1} << n);
  std::uint32_t text = crc32(bytes_of("123456789"));
  std::uint32_t once = crc32_combine(text, zeros, std::uint64_t{1} << 40);
  std::uint32_t stepped = text;
  std::uint32_t half = crc32(bytes_of(std::string_view("\0", 1)));
  for (int n = 0; n < 39; ++n) half = crc32_combine(half, half, std::uint64_t{1} << n);
  for (int n = 0; n < 2; ++n) stepped = crc32_combine(stepped, half, std::uint64_t{1} << 39);
  EXPECT_EQ(once, stepped);
}

TEST(Hash, GivesThePublishedValues) {
  EXPECT_EQ(hex(sha256(bytes_of("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(md5(bytes_of("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  // RFC 4231, test case 2
  EXPECT_EQ(hex(hmac_sha256(bytes_of("Jefe"), bytes_of("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(digest(Digest::Kind::sha512, "abc").substr(0, 32), "ddaf35a193617abacc417349ae204131");
  EXPECT_EQ(digest(Digest::Kind::xxh3_128, ""), "99aa06d3014798d86001c324468d497f");
}

TEST(Digest, InPiecesEqualsAtOnce) {
  std::mt19937_64 random(2);
  std::string text = random_text(random, 100'000);
  for (auto kind : {Digest::Kind::sha256, Digest::Kind::md5, Digest::Kind::sha512, Digest::Kind::xxh3_128}) {
    Digest pieces(kind);
    for (std::size_t at = 0; at < text.size();) {
      std::size_t size = std::min<std::size_t>(1 + random() % 5000, text.size() - at);
      pieces.update(bytes_of(std::string_view(text).substr(at, size)));
      at += size;
    }
    EXPECT_EQ(hex(pieces.finish()), digest(kind, text));
  }
  EXPECT_EQ(digest(Digest::Kind::sha256, text), hex(sha256(bytes_of(text))));
  EXPECT_EQ(digest(Digest::Kind::md5, text), hex(md5(bytes_of(text))));
}

TEST(Encoding, GoesBothWays) {
  std::mt19937_64 random(3);
  for (std::size_t size = 0; size < 200; ++size) {
    std::string raw = random_text(random, size);
    EXPECT_EQ(from_hex(hex(raw)), raw);
    EXPECT_EQ(from_base64(base64(raw)), raw);
    EXPECT_EQ(from_base64url(base64url(raw)), raw);
  }
  EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
  EXPECT_EQ(base64url("\xFB\xFF"), "-_8");
  EXPECT_EQ(from_hex("DEADbeef"), "\xDE\xAD\xBE\xEF");
}

TEST(Encoding, RefusesOtherSpellings) {
  for (std::string_view text : {"a", "zz", "0x", "abc"}) EXPECT_FALSE(from_hex(text)) << text;
  for (std::string_view text : {"Zg", "Zg=", "Zh==", "Zg==Zg==", "Z===", "====", "Zm9v\n", "Zm-v"}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
  for (std::string_view text : {"Z", "Zh", "Zg==", "Zm+v", "Zm9 v"}) EXPECT_FALSE(from_base64url(text)) << text;
}

TEST(Random, TokensAreLongAndDiffer) {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(random_token());
  EXPECT_EQ(tokens.size(), 1000u);
  EXPECT_EQ(from_base64url(*tokens.begin())->size(), 16u);
  EXPECT_EQ(random_bytes(100'000).size(), 100'000u);
  EXPECT_TRUE(random_bytes(0).empty());
}

TEST(Random, ConstantTimeComparisonCompares) {
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secret!"));
}

}  // namespace
}  // namespace reelvault
