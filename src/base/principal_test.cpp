#include "base/principal.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

TEST(Principal, NobodyIsSignedInByDefault) {
  EXPECT_FALSE(Principal{}.signed_in());
  EXPECT_EQ(Principal{}.role, Role::viewer);
}

TEST(Principal, TheProgramItselfMayDoEverything) {
  EXPECT_TRUE(Principal::system().signed_in());
  EXPECT_EQ(Principal::system().role, Role::admin);
  EXPECT_FALSE(Principal::system().limited);
}

}  // namespace
}  // namespace reelvault
