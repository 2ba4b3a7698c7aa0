#include "base/log.hpp"

#include "base/text.hpp"
#include "base/time.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

boost::json::object logged(auto&& call) {
  testing::internal::CaptureStderr();
  call();
  log::flush();
  std::string line = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(line, '\n'), 1) << line;
  return boost::json::parse(line).as_object();
}

TEST(Log, WritesOneJsonObjectALine) {
  auto line = logged([] { log::warning("a \"name\"\nwith a break {}", {{"bytes", 42}, {"id", "x"}}); });
  EXPECT_EQ(line["level"], "warning");
  EXPECT_EQ(line["message"], "a \"name\"\nwith a break {}");
  EXPECT_EQ(line["bytes"], 42);
  EXPECT_EQ(line["id"], "x");
  EXPECT_TRUE(parse_rfc3339(line["time"].as_string()));
}

TEST(Log, FieldsCannotForgeTheFrame) {
  auto line = logged([] { log::error("true message", {{"message", "false"}, {"level", "info"}}); });
  EXPECT_EQ(line["message"], "true message");
  EXPECT_EQ(line["level"], "error");
}

TEST(Log, BytesThatAreNoTextLeaveTheLineValid) {
  auto line = logged([] { log::info("name", {{"name", "bad\xFFname"}}); });
  EXPECT_EQ(line["name"], "bad\uFFFDname");
}

TEST(Log, LevelsBelowTheOneSetAreSilent) {
  log::start(log::parse_level("warning"));
  testing::internal::CaptureStderr();
  log::debug("no");
  log::info("no");
  log::start(log::parse_level("off"));
  log::error("no");
  log::flush();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  log::start(log::parse_level("nonsense"));
  EXPECT_EQ(logged([] { log::info("yes"); })["message"], "yes");
}

}  // namespace
}  // namespace reelvault
