#include "auth/password.hpp"

#include <gtest/gtest.h>

namespace reelvault::auth {
namespace {

TEST(Passwords, VerifiesWhatItHashedAndNothingElse) {
  Passwords passwords(PasswordCost::least());
  auto hash = passwords.hash("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$")) << *hash;
  EXPECT_TRUE(*passwords.verify(*hash, "correct horse"));
  EXPECT_FALSE(*passwords.verify(*hash, "correct horsf"));
  EXPECT_FALSE(*passwords.verify(*hash, ""));
  EXPECT_NE(*hash, *passwords.hash("correct horse"));  // salted
}

TEST(Passwords, MatchNothingForAUserWithoutOne) {
  Passwords passwords(PasswordCost::least());
  EXPECT_FALSE(*passwords.verify(std::nullopt, ""));
  EXPECT_FALSE(*passwords.verify(std::nullopt, "anything"));
  // That is work of the same kind as for a user who has one: the hash that stands in is of the same cost.
  EXPECT_FALSE(passwords.outdated(passwords.decoy()));
  EXPECT_TRUE(Passwords().outdated(passwords.decoy()));
}

TEST(Passwords, AreTheSameHoweverAccentsWereTyped) {
  Passwords passwords(PasswordCost::least());
  auto hash = passwords.hash("pa\xC3\xA9ssword");              // é
  EXPECT_TRUE(*passwords.verify(*hash, "pae\xCC\x81ssword"));  // e and a combining accent
}

TEST(Passwords, AskToBeHashedAnewWhenTheCostChanged) {
  Passwords cheap(PasswordCost::least());
  PasswordCost dearer = PasswordCost::least();
  dearer.operations += 1;
  auto hash = cheap.hash("some password");
  EXPECT_FALSE(cheap.outdated(*hash));
  EXPECT_TRUE(Passwords(dearer).outdated(*hash));
  EXPECT_TRUE(*Passwords(dearer).verify(*hash, "some password"));
}

TEST(Passwords, MustBeLongEnoughAndNotTheName) {
  EXPECT_TRUE(check_new_password("12345678", "anna", "/p"));
  EXPECT_TRUE(check_new_password("пароль78", "anna", "/p"));  // eight characters, more bytes
  EXPECT_FALSE(check_new_password("1234567", "anna", "/p"));
  EXPECT_FALSE(check_new_password("éééé", "anna", "/p"));  // four characters in eight bytes
  EXPECT_FALSE(check_new_password("AnnaMaria", "annamaria", "/p"));
  EXPECT_FALSE(check_new_password(std::string(2000, 'x'), "anna", "/p"));
  auto refused = check_new_password("secret", "anna", "/newPassword");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().faults.at(0).pointer, "/newPassword");
  EXPECT_FALSE(refused.error().faults.at(0).detail.contains("secret"));
}

TEST(Passwords, MadeAtRandomAreLongAndDiffer) {
  EXPECT_EQ(random_password().size(), 24u);
  EXPECT_NE(random_password(), random_password());
}

}  // namespace
}  // namespace reelvault::auth
