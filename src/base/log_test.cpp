#include "base/log.hpp"

#include "base/repeats.hpp"
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

TEST(Log, WhatIsSaidOverAndOverIsWrittenOnce) {
  testing::internal::CaptureStderr();
  for (int i = 0; i < 100; ++i) {
    log::warning("the database is away", {{"detail", "refused"}});
    log::warning("another object", {{"key", i % 3}});
  }
  for (int i = 0; i < 3; ++i) log::info("what happened");
  log::flush();
  const std::string lines = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(lines, '\n'), 1 + 3 + 3) << lines;
}

TEST(Log, SaysHowOftenItWasKeptBack) {
  using namespace std::chrono_literals;
  Repeats repeats;
  const Repeats::Clock::time_point start{};
  EXPECT_EQ(repeats.admit("away", start), 0);
  EXPECT_EQ(repeats.admit("away", start + 1s), std::nullopt);
  EXPECT_EQ(repeats.admit("away", start + 9s), std::nullopt);
  EXPECT_EQ(repeats.admit("else", start + 9s), 0);
  EXPECT_EQ(repeats.admit("away", start + 10s), 2);
  EXPECT_EQ(repeats.admit("away", start + 11s), std::nullopt);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(repeats.admit(std::to_string(i), start + 11s), 0);
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
