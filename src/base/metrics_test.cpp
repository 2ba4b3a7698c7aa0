#include "base/metrics.hpp"

#include <gtest/gtest.h>

namespace reelvault {
namespace {

TEST(Metrics, TheSameNameAndLabelsAreTheSameThing) {
  auto& one = metrics::counter("test_requests_total", "Requests.", {{"route", "/a"}});
  auto& same = metrics::counter("test_requests_total", "Requests.", {{"route", "/a"}});
  auto& other = metrics::counter("test_requests_total", "Requests.", {{"route", "/b"}});
  EXPECT_EQ(&one, &same);
  EXPECT_NE(&one, &other);
  one.Increment(3);
  metrics::gauge("test_open", "Open.").Set(7);
  metrics::seconds("test_seconds", "Time.").Observe(0.02);
  EXPECT_EQ(&metrics::seconds("test_seconds", "Time."), &metrics::seconds("test_seconds", "Time."));
  std::string text = metrics::text();
  EXPECT_NE(text.find("# TYPE test_requests_total counter"), std::string::npos);
  EXPECT_NE(text.find("test_requests_total{route=\"/a\"} 3"), std::string::npos);
  EXPECT_NE(text.find("test_open 7"), std::string::npos);
  EXPECT_NE(text.find("test_seconds_bucket{le=\"0.025\"} 1"), std::string::npos);
  EXPECT_NE(text.find("test_seconds_count 1"), std::string::npos);
}

}  // namespace
}  // namespace reelvault
