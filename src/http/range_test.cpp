#include "http/range.hpp"

#include <gtest/gtest.h>

namespace reelvault::http {
namespace {

using Kind = RangeRequest::Kind;

TEST(Range, ReadsEveryForm) {
  struct Case {
    std::string_view header;
    std::vector<ByteRange> ranges;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"bytes=0-0", {{0, 1}}},
           {"bytes=0-1", {{0, 2}}},
           {"bytes=0-", {{0, 100}}},
           {"bytes=99-", {{99, 1}}},
           {"bytes=50-1000", {{50, 50}}},
           {"bytes=-1", {{99, 1}}},
           {"bytes=-1000", {{0, 100}}},
           {"BYTES = 5-6", {{5, 2}}},
           {"bytes=0-1,10-11 , 20-", {{0, 2}, {10, 2}, {20, 80}}},
           {"bytes=20-21,0-1", {{20, 2}, {0, 2}}},
           {"bytes=,0-1,", {{0, 2}}},
           {"bytes=0-1,200-300", {{0, 2}}},
           {"bytes=10-99999999999999999999999", {{10, 90}}},
       }) {
    RangeRequest got = parse_range(c.header, 100);
    EXPECT_EQ(got.kind, Kind::satisfiable) << c.header;
    EXPECT_EQ(got.ranges, c.ranges) << c.header;
  }
}

TEST(Range, IsUnsatisfiablePastTheEnd) {
  for (std::string_view header :
       {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-", "bytes=500-,-0"})
    EXPECT_EQ(parse_range(header, 100).kind, Kind::unsatisfiable) << header;
  EXPECT_EQ(parse_range("bytes=0-", 0).kind, Kind::unsatisfiable);
}

TEST(Range, IsIgnoredWhenMalformed) {
  for (std::string_view header :
       {"", "bytes", "bytes=", "bytes=,", "items=0-1", "bytes=2-1", "bytes=a-b", "bytes=1", "bytes=--1", "bytes=-",
        "bytes=0x1-2", "bytes=+1-2", "bytes=1-2-3", "bytes=1 - 2", "bytes=1-2;3-4"})
    EXPECT_EQ(parse_range(header, 100).kind, Kind::ignored) << header;
}

TEST(Range, IsIgnoredWhenHostile) {
  std::string many = "bytes=";
  for (int i = 0; i < 17; ++i) many += std::to_string(i * 2) + "-" + std::to_string(i * 2) + ",";
  EXPECT_EQ(parse_range(many, 100).kind, Kind::ignored);
  EXPECT_EQ(parse_range("bytes=0-10,5-20", 100).kind, Kind::ignored);
  EXPECT_EQ(parse_range("bytes=0-,-1", 100).kind, Kind::ignored);
}

}  // namespace
}  // namespace reelvault::http
