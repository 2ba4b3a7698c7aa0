#include "base/metrics.hpp"

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

namespace reelvault::metrics {
namespace {

// Never destroyed: handles are used until the last thread has ended, which may be after main.
prometheus::Registry& registry() {
  static auto* const instance = new prometheus::Registry();
  return *instance;
}

}  // namespace

prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry()).Add(labels);
}

prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry()).Add(labels);
}

prometheus::Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels) {
  static const prometheus::Histogram::BucketBoundaries bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                              0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry()).Add(labels, bounds);
}

std::string text() { return prometheus::TextSerializer().Serialize(registry().Collect()); }

}  // namespace reelvault::metrics
