#include "base/time.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelvault {
namespace {

TEST(Time, WritesRfc3339InUtcWithMilliseconds) {
  EXPECT_EQ(rfc3339(from_unix_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(rfc3339(from_unix_ms(1795460511042)), "2026-11-23T19:01:51.042Z");
  EXPECT_EQ(rfc3339(from_unix_ms(-1)), "1969-12-31T23:59:59.999Z");
}

TEST(Time, ClampsWhatFourDigitsCannotSay) {
  EXPECT_EQ(rfc3339(from_unix_ms(INT64_MAX)), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(from_unix_ms(INT64_MIN)), "0000-01-01T00:00:00.000Z");
}

TEST(Time, BothFormsGoBothWays) {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<std::int64_t> any(-62167219200000, 253402300799999);
  for (int i = 0; i < 5000; ++i) {
    Timestamp time = from_unix_ms(any(random));
    EXPECT_EQ(parse_rfc3339(rfc3339(time)), time);
    EXPECT_EQ(parse_http_date(http_date(time)), std::chrono::floor<std::chrono::seconds>(time));
  }
}

TEST(Time, ReadsOffsetsAndFractions) {
  Timestamp noon = *parse_rfc3339("2024-02-29T12:00:00Z");
  EXPECT_EQ(parse_rfc3339("2024-02-29T14:00:00+02:00"), noon);
  EXPECT_EQ(parse_rfc3339("2024-02-29T06:30:00-05:30"), noon);
  EXPECT_EQ(parse_rfc3339("2024-02-29t12:00:00z"), noon);
  EXPECT_EQ(parse_rfc3339("2024-02-29 12:00:00Z"), noon);
  EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:00.5Z"), noon + std::chrono::milliseconds(500));
  EXPECT_EQ(parse_rfc3339("2024-02-29T12:00:00.123999999Z"), noon + std::chrono::milliseconds(123));
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Time, RefusesWhatIsNoInstant) {
  for (std::string_view text :
       {"", "2024-02-29", "2023-02-29T12:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
        "2024-01-01T00:60:00Z", "2024-01-01T00:00:61Z", "2024-01-01T00:00:00", "2024-01-01T00:00:00.Z",
        "2024-01-01T00:00:00+2:00", "2024-01-01T00:00:00+25:00", "2024-01-01T00:00:00Zulu", "24-01-01T00:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(Time, WritesAndReadsHttpDates) {
  EXPECT_EQ(http_date(from_unix_ms(784111777999)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), from_unix_ms(784111777000));
  for (std::string_view text : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
                                "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 31 Feb 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_http_date(text)) << text;
  }
}

}  // namespace
}  // namespace reelvault
