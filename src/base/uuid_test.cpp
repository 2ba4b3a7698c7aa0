#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

namespace reelvault {
namespace {

TEST(Uuid, GrowsWithinTheProcess) {
  Uuid last = Uuid::v7();
  for (int i = 0; i < 100'000; ++i) {  // more than one millisecond's counter holds
    Uuid next = Uuid::v7();
    ASSERT_LT(last, next);
    ASSERT_LT(last.text(), next.text());
    last = next;
  }
}

TEST(Uuid, ThreadsNeverMakeTheSame) {
  std::vector<std::vector<Uuid>> made(4);
  {
    std::vector<std::jthread> threads;
    for (auto& mine : made) {
      threads.emplace_back([&mine] {
        for (int i = 0; i < 20'000; ++i) mine.push_back(Uuid::v7());
      });
    }
  }
  std::unordered_set<Uuid> all;
  for (const auto& mine : made) {
    EXPECT_TRUE(std::ranges::is_sorted(mine));
    all.insert(mine.begin(), mine.end());
  }
  EXPECT_EQ(all.size(), 80'000u);
}

TEST(Uuid, CarriesVersionVariantAndTime) {
  auto ms = [] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  std::int64_t before = ms();
  Uuid uuid = Uuid::v7();
  EXPECT_EQ(uuid.bytes[6] >> 4, 7);
  EXPECT_EQ(uuid.bytes[8] >> 6, 2);
  std::int64_t stamp = 0;
  for (int i = 0; i < 6; ++i) stamp = stamp << 8 | uuid.bytes[static_cast<std::size_t>(i)];
  EXPECT_GE(stamp, before);
}

TEST(Uuid, TextGoesBothWays) {
  for (int i = 0; i < 1000; ++i) {
    Uuid uuid = Uuid::v7();
    EXPECT_EQ(Uuid::parse(uuid.text()), uuid);
  }
  auto upper = Uuid::parse("0193A5B2-7C4D-7E8F-9A0B-1C2D3E4F5A6B");
  ASSERT_TRUE(upper);
  EXPECT_EQ(upper->text(), "0193a5b2-7c4d-7e8f-9a0b-1c2d3e4f5a6b");
  EXPECT_TRUE(Uuid::parse("00000000-0000-0000-0000-000000000000")->nil());
}

TEST(Uuid, RefusesOtherForms) {
  for (std::string_view text :
       {"", "0193a5b2", "0193a5b27c4d7e8f9a0b1c2d3e4f5a6b", "{0193a5b2-7c4d-7e8f-9a0b-1c2d3e4f5a6}",
        "0193a5b2-7c4d-7e8f-9a0b-1c2d3e4f5a6g", "0193a5b2-7c4d-7e8f-9a0b-1c2d3e4f5a6b ",
        "0193a5b2+7c4d-7e8f-9a0b-1c2d3e4f5a6b", "0193a5b-27c4d-7e8f-9a0b-1c2d3e4f5a6b"}) {
    EXPECT_FALSE(Uuid::parse(text)) << text;
  }
}

}  // namespace
}  // namespace reelvault
