#pragma once
// Thresholds: "bid_latency.steady" with "p(99)<100ms". Pure.

#include "base/result.h"
#include "scenarios/spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Parses "metric" or "metric.phase" and one condition on it. kInvalid: what is wrong, what is allowed, what was meant.
/// `where` of the result is left empty.
Result<Threshold> parse_threshold(std::string_view metric_and_phase, std::string_view condition);
/// The first half of that alone.
Status check_metric_and_phase(std::string_view metric_and_phase);
/// Canonical spelling of the condition, which parse_threshold takes back: "p(99)<100ms", "rate<0.1%", "count==0".
std::string spell_condition(const Threshold& threshold);

/// "p(99)<100ms" of a service level: percentile and bound.
struct LatencyBound {
  double percentile = 0;
  Duration bound{};
};
Result<LatencyBound> parse_latency_bound(std::string_view text);

/// What can be measured, and how; `phases`: the metric may be looked at by phase.
struct Metric {
  std::string name;
  std::vector<std::string> aggregates;
  bool phases = false;
  std::string doc;
};
const std::vector<Metric>& threshold_metrics();
const std::vector<std::string>& threshold_phases();

}  // namespace blackstart
