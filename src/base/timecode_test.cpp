#include "base/timecode.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

constexpr Rational k23976{24000, 1001}, k2997{30000, 1001}, k5994{60000, 1001};

TEST(Timecode, KnownDropFrameLabels) {
  for (auto [frame, text] : {std::pair(std::int64_t{0}, "00:00:00;00"),
                             {1799, "00:00:59;29"},
                             {1800, "00:01:00;02"},
                             {17981, "00:09:59;29"},
                             {17982, "00:10:00;00"},
                             {107892, "01:00:00;00"},
                             {2589407, "23:59:59;29"}}) {
    EXPECT_EQ(label_of(frame, k2997, true).text(), text);
    EXPECT_EQ(frame_of(*Label::parse(text), k2997), frame) << text;
  }
  EXPECT_EQ(label_of(3600, k5994, true).text(), "00:01:00;04");
  EXPECT_EQ(label_of(35964, k5994, true).text(), "00:10:00;00");
  EXPECT_EQ(label_of(215784, k5994, true).text(), "01:00:00;00");
}

TEST(Timecode, EveryLabelOfADayComesBack) {
  struct Case {
    Rational rate;
    bool drop;
    std::int64_t frames;
  };
  for (Case c : {Case{k23976, false, 24 * 86400}, Case{{24, 1}, false, 24 * 86400}, Case{{25, 1}, false, 25 * 86400},
                 Case{k2997, true, 2589408}, Case{k2997, false, 30 * 86400}, Case{{50, 1}, false, 50 * 86400},
                 Case{k5994, true, 5178816}}) {
    Label before{0, 0, 0, -1};
    std::int64_t wrong = 0;
    for (std::int64_t frame = 0; frame < c.frames; ++frame) {
      const Label label = label_of(frame, c.rate, c.drop);
      wrong += frame_of(label, c.rate) != frame || label.drop != c.drop;
      wrong += std::tie(label.hours, label.minutes, label.seconds, label.frames) <=
               std::tie(before.hours, before.minutes, before.seconds, before.frames);
      before = label;
    }
    EXPECT_EQ(wrong, 0) << c.rate.text();
    EXPECT_EQ(label_of(c.frames, c.rate, c.drop), label_of(0, c.rate, c.drop)) << "a day has so many frames";
    EXPECT_EQ(label_of(-1, c.rate, c.drop), before);
    EXPECT_EQ(Label::parse(before.text()), before);
  }
}

TEST(Timecode, LabelsThatDoNotExistAreFaults) {
  for (auto [text, rate] : {std::pair("00:01:00;00", k2997),
                            {"00:01:00;01", k2997},
                            {"00:59:00;00", k2997},
                            {"00:01:00;03", k5994},
                            {"00:00:00;30", k2997},
                            {"00:00:00:25", Rational{25, 1}},
                            {"00:00:00:24", k23976},
                            {"00:60:00:00", Rational{25, 1}},
                            {"00:00:60:00", Rational{25, 1}},
                            {"00:00:10;00", Rational{25, 1}},
                            {"00:00:10;00", k23976},
                            {"00:00:10;00", Rational{30, 1}},
                            {"00:00:01:00", Rational{}}})
    EXPECT_FALSE(frame_of(*Label::parse(text), rate)) << text << " at " << rate.text();
  EXPECT_EQ(frame_of(*Label::parse("00:10:00;00"), k2997), 17982);
  EXPECT_EQ(frame_of(*Label::parse("00:01:00:00"), k2997), 1800) << "numbers are dropped where the label says so";
}

TEST(Timecode, RequestsAreReadInFourForms) {
  auto read = [](boost::json::value given) { return parse_time_point(given); };
  EXPECT_EQ(read("01:02:03:04"), TimePoint(Label{1, 2, 3, 4, false}));
  EXPECT_EQ(read("01:02:03;04"), TimePoint(Label{1, 2, 3, 4, true}));
  EXPECT_EQ(read("01:02:03:104"), TimePoint(Label{1, 2, 3, 104, false}));
  EXPECT_EQ(read("01:02:03.004"), TimePoint(Elapsed{3'723'004'000'000}));
  EXPECT_EQ(read(1.001), TimePoint(Elapsed{1'001'000'000}));
  EXPECT_EQ(read(3), TimePoint(Elapsed{3'000'000'000}));
  EXPECT_EQ(read(0), TimePoint(Elapsed{0}));
  for (const boost::json::value& bad :
       {boost::json::value("00:00:01"), boost::json::value("00:00:01.04"), boost::json::value("00:00:01.0004"),
        boost::json::value("0:00:01:00"), boost::json::value("00:00:01:0000"), boost::json::value("00:00:01:0"),
        boost::json::value("00-00-01:00"), boost::json::value("00:00:01 00"), boost::json::value("aa:00:01:00"),
        boost::json::value("00:00:99.000"), boost::json::value("-00:00:01.000"), boost::json::value("1.5"),
        boost::json::value(""), boost::json::value(-1), boost::json::value(-0.001), boost::json::value(1e12),
        boost::json::value(true), boost::json::value(nullptr)})
    EXPECT_FALSE(read(bad)) << boost::json::serialize(bad);
}

TEST(Timecode, LabelsOfAFileCountFromItsStart) {
  auto tape = FrameLabels::of("25/1", "10:00:00:00");
  EXPECT_EQ(tape.frame_of(Label{10, 0, 2, 5}), 55);
  EXPECT_EQ(tape.label_of(55).text(), "10:00:02:05");
  EXPECT_FALSE(tape.frame_of(Label{10, 0, 2, 5, true}));

  auto night = FrameLabels::of("30000/1001", "23:59:59;28");
  EXPECT_EQ(night.frame_of(Label{0, 0, 0, 0, true}), 2) << "it goes on after midnight";
  EXPECT_EQ(night.label_of(2).text(), "00:00:00;00");
  EXPECT_FALSE(night.frame_of(Label{23, 59, 59, 28, false})) << "two ways of counting are not mixed";

  auto plain = FrameLabels::of("30000/1001", std::nullopt);
  EXPECT_EQ(plain.frame_of(Label{0, 1, 0, 2, true}), 1800);
  EXPECT_EQ(plain.frame_of(Label{0, 1, 0, 0, false}), 1800);
  EXPECT_EQ(plain.label_of(1800).text(), "00:01:00:00");

  EXPECT_FALSE(FrameLabels::of("30000/1001", "00:01:00;00").start) << "a label that does not exist";
  EXPECT_FALSE(FrameLabels::of(std::nullopt, "10:00:00:00").frame_of(Label{10, 0, 0, 0}));
}

TEST(Timecode, MillisecondsOfAFrameShowThatFrame) {
  for (Rational rate : {k23976, Rational{25, 1}, k2997, Rational{50, 1}, k5994, Rational{120, 1}})
    for (std::int64_t frame : {0, 1, 2, 3, 29, 30, 1799, 1800, 107892, 9999999}) {
      const std::int64_t ms = elapsed_at(frame, rate).milliseconds();
      EXPECT_EQ(scale_floor(ms, rate * Rational{1, 1000}), frame) << rate.text();
    }
  EXPECT_EQ(elapsed_at(30, k2997).text(), "00:00:01.001");
  EXPECT_EQ(elapsed_at(30, k2997).milliseconds(), 1001);
}

}  // namespace
}  // namespace reelvault
