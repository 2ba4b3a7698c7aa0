#include "base/sealed.hpp"

#include "base/hash.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

TEST(Sealed, IsReadByWhoMadeItAlone) {
  for (const std::string text : {"", "a", "[\"secret name\",17]"}) {
    const std::string token = sealed(text);
    EXPECT_EQ(unsealed(token), text);
    EXPECT_NE(sealed(text), token);
    if (!text.empty()) EXPECT_FALSE(from_base64url(token)->contains(text));
  }
}

TEST(Sealed, IsMadeByNobodyElse) {
  for (const std::string& bad : {std::string(), std::string("x"), base64url("[0,1]"), base64url(std::string(60, 'a'))})
    EXPECT_FALSE(unsealed(bad)) << bad;
  const std::string whole = *from_base64url(sealed("[0,1]"));
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(unsealed(base64url(changed))) << i;
  }
  EXPECT_FALSE(unsealed(base64url(whole.substr(1))));
}

}  // namespace
}  // namespace reelvault
