#include "http/forwarded.hpp"

#include <gtest/gtest.h>

namespace reelvault::http {
namespace {

std::string client(const std::string& peer, const std::vector<std::pair<std::string, std::string>>& fields,
                   const std::string& field = "x-forwarded-for") {
  auto proxies = TrustedProxies::from({"10.0.0.0/8", "192.0.2.7", "fd00::/8"}, field);
  EXPECT_TRUE(proxies);
  Headers headers;
  for (const auto& [name, value] : fields) headers.add(name, value);
  return proxies->client_of(peer, headers);
}

TEST(Forwarded, StrangersAreNotBelieved) {
  EXPECT_EQ(client("198.51.100.1", {{"X-Forwarded-For", "203.0.113.9"}}), "198.51.100.1");
  EXPECT_EQ(client("192.0.2.8", {{"X-Forwarded-For", "203.0.113.9"}}), "192.0.2.8");
  EXPECT_EQ(client("", {{"X-Forwarded-For", "203.0.113.9"}}), "");
}

TEST(Forwarded, TheFirstFromTheRightThatIsNoProxyIsTheClient) {
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", "203.0.113.9"}}), "203.0.113.9");
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", "made.up, 1.2.3.4, 203.0.113.9, 192.0.2.7"}}), "203.0.113.9");
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-For", "203.0.113.9,10.2.2.2"}}),
            "203.0.113.9");
  EXPECT_EQ(client("::ffff:10.1.1.1", {{"X-Forwarded-For", "2001:db8::5"}}), "2001:db8::5");
  EXPECT_EQ(client("fd00::1", {{"X-Forwarded-For", "203.0.113.9:4711"}}), "203.0.113.9");
}

TEST(Forwarded, WhatCannotBeReadEndsTheWay) {
  EXPECT_EQ(client("10.1.1.1", {}), "10.1.1.1");
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", ""}}), "10.1.1.1");
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", "203.0.113.9, unknown"}}), "10.1.1.1");
  EXPECT_EQ(client("10.1.1.1", {{"X-Forwarded-For", "10.3.3.3, 10.2.2.2"}}), "10.3.3.3");
}

TEST(Forwarded, OnlyTheConfiguredFieldCounts) {
  std::vector<std::pair<std::string, std::string>> both{
      {"X-Forwarded-For", "203.0.113.1"}, {"Forwarded", "for=1.2.3.4, for=\"[2001:db8::5]:80\";proto=https"}};
  EXPECT_EQ(client("10.1.1.1", both), "203.0.113.1");
  EXPECT_EQ(client("10.1.1.1", both, "forwarded"), "2001:db8::5");
  EXPECT_EQ(client("10.1.1.1", {{"Forwarded", "by=10.1.1.1;For=203.0.113.4;host=x"}}, "forwarded"), "203.0.113.4");
  EXPECT_EQ(client("10.1.1.1", {{"Forwarded", "for=_hidden"}}, "forwarded"), "10.1.1.1");
}

TEST(Forwarded, ASettingThatNamesNoNetworkIsRefused) {
  for (const char* bad : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "proxy.example", "::1/129", "10.0.0/8"})
    EXPECT_FALSE(TrustedProxies::from({bad}, "x-forwarded-for")) << bad;
  EXPECT_TRUE(TrustedProxies::from({"0.0.0.0/0", "::/0", " 127.0.0.1 "}, "x-forwarded-for"));
}

}  // namespace
}  // namespace reelvault::http
