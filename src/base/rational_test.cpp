#include "base/rational.hpp"

#include <gtest/gtest.h>

#include <random>

namespace reelvault {
namespace {

TEST(Rational, IsReducedWithAPositiveDenominator) {
  EXPECT_EQ(Rational::of(60000, 2002), (Rational{30000, 1001}));
  EXPECT_EQ(Rational::of(1, -2), (Rational{-1, 2}));
  EXPECT_EQ(Rational::of(0, 7), (Rational{0, 1}));
  EXPECT_EQ(Rational::of(5, 0), (Rational{0, 1}));
  EXPECT_GT(Rational::of(INT64_MIN, INT64_MIN + 1).denominator, 0);
}

TEST(Rational, ReadsWhatProbesWrite) {
  EXPECT_EQ(Rational::parse("30000/1001"), (Rational{30000, 1001}));
  EXPECT_EQ(Rational::parse("16:9"), (Rational{16, 9}));
  EXPECT_EQ(Rational::parse("25"), (Rational{25, 1}));
  EXPECT_EQ(Rational::parse("0/0"), (Rational{0, 1}));
  EXPECT_EQ(Rational::of(30000, 1001).text(), "30000/1001");
  for (std::string_view text : {"", "N/A", "25/", "/25", "1/2/3", "29.97", "25 ", "99999999999999999999"}) {
    EXPECT_FALSE(Rational::parse(text)) << text;
  }
}

TEST(Rational, MultipliesWithoutOverflow) {
  EXPECT_EQ((Rational{30000, 1001} * Rational{1001, 30000}), (Rational{1, 1}));
  Rational large = Rational{INT64_MAX, 3} * Rational{3, INT64_MAX};
  EXPECT_EQ(large, (Rational{1, 1}));
  Rational fine = Rational{INT64_MAX - 1, INT64_MAX} * Rational{INT64_MAX - 2, INT64_MAX - 4};
  EXPECT_NEAR(fine.value(), 1.0, 1e-12);
}

TEST(Rational, ScalesTowardsTheFloor) {
  // Frame 1800 of 29.97 fps stands at 60.06 s.
  EXPECT_EQ(scale_floor(1800, Rational::of(1001, 30)), 60060);
  EXPECT_EQ(scale_floor(-1, Rational{1, 2}), -1);
  EXPECT_EQ(scale_floor(1, Rational{1, 2}), 0);
  EXPECT_EQ(scale_round(1, Rational{1, 2}), 1);
  EXPECT_EQ(scale_round(-1, Rational{1, 2}), 0);
  EXPECT_EQ(scale_floor(INT64_MAX, Rational{INT64_MAX, INT64_MAX - 1}), INT64_MAX);  // saturates
}

TEST(Rational, FramesSurviveTheWayThroughTicks) {
  std::mt19937_64 random(4);
  for (Rational rate : {Rational{24000, 1001}, Rational{25, 1}, Rational{30000, 1001}, Rational{60000, 1001}}) {
    Rational ticks_per_frame = Rational{90000, 1} * Rational{rate.denominator, rate.numerator};
    Rational frames_per_tick = Rational::of(ticks_per_frame.denominator, ticks_per_frame.numerator);
    for (int i = 0; i < 2000; ++i) {
      auto frame = static_cast<std::int64_t>(random() % 100'000'000);
      EXPECT_EQ(scale_round(scale_round(frame, ticks_per_frame), frames_per_tick), frame);
    }
  }
}

}  // namespace
}  // namespace reelvault
