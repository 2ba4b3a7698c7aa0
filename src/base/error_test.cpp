#include "base/error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace reelvault {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return fail_field("/value", "must be even");
  return value / 2;
}

Result<void> check(int value) {
  if (value > 10) return fail(Code::too_large, "too-large", "That is too much.");
  return {};
}

Result<int> quarter(int value) {
  RV_CHECK(check(value));
  RV_TRY(int once, half(value));
  RV_TRY(int twice, half(once));
  return twice;
}

TEST(Error, TryUnwrapsOrReturnsTheError) {
  EXPECT_EQ(quarter(8), 2);
  EXPECT_EQ(quarter(6).error().faults.at(0).pointer, "/value");
  EXPECT_EQ(quarter(12).error().code, Code::too_large);
}

TEST(Error, AFullDiskIsToldFromOtherFaults) {
  EXPECT_EQ(fail_errno(ENOSPC, "writing").error().code, Code::no_space);
  EXPECT_EQ(fail_errno(EDQUOT, "writing").error().code, Code::no_space);
  Error other = fail_errno(EIO, "writing /secret/path").error();
  EXPECT_EQ(other.code, Code::internal);
  EXPECT_TRUE(other.detail.starts_with("writing /secret/path: "));
  EXPECT_EQ(other.message.find("secret"), std::string::npos);
}

TEST(Error, ContextIsAddedOnTheWayUp) {
  Error error = fail_errno(EIO, "writing").error().within("storing the part");
  EXPECT_TRUE(error.detail.starts_with("storing the part: writing: "));
}

}  // namespace
}  // namespace reelvault
