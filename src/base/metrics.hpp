// Counters, gauges and histograms of this process, as Prometheus reads them. Handles live for the process; taking one
// is slow (a lock), moving it is an atomic: take it once, e.g. as a member.
#pragma once
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <map>
#include <string>

namespace reelvault::metrics {

using Labels = std::map<std::string, std::string>;
prometheus::Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
prometheus::Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
// Seconds, in buckets from 0.5 ms to 60 s.
prometheus::Histogram& seconds(const std::string& name, const std::string& help, const Labels& labels = {});
std::string text();  // the exposition format, version 0.0.4

}  // namespace reelvault::metrics
