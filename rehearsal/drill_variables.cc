#include "rehearsal/drill_variables.h"

#include <algorithm>
#include <charconv>

namespace blackstart {
namespace {

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

ExpressionValue goodput(const TrafficInterval& interval) {
  std::uint64_t offered = 0, good = 0;
  for (const auto& bin : interval.bins) {
    offered += bin.offered;
    good += bin.good;
  }
  if (offered == 0) return {};
  return share(good, offered);
}

/// "bid_latency.p99_9" and "bid_latency.p99.9" are the 99.9th percentile.
ExpressionValue latency(const TrafficInterval& interval, std::string_view digits) {
  std::string text(digits);
  std::ranges::replace(text, '_', '.');
  double percent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), percent);
  if (error != std::errc{} || end != text.data() + text.size() || interval.latency.empty()) return {};
  return to_seconds(interval.latency.percentile(percent));
}

ExpressionValue traffic_variable(const DrillContext& drill, std::string_view name) {
  constexpr std::string_view kLatency = "bid_latency.p";
  if (drill.traffic_ended) return {};
  if (name == "outage") return to_seconds(drill.watch.outage(drill.now()));
  const TrafficInterval* latest = drill.watch.latest();
  if (!latest) return {};
  if (name == "goodput") return goodput(*latest);
  if (name == "bid_failed" && latest->offered > 0)
    return share(latest->offered - latest->acknowledged, latest->offered);
  if (name.starts_with(kLatency)) return latency(*latest, name.substr(kLatency.size()));
  return {};
}

}  // namespace

ExpressionValue drill_variable(DrillContext& drill, std::string_view name) {
  if (name == "elapsed") return to_seconds(drill.now() - kDrillStart);
  if (name == "phase") return drill.phase;
  if (name == "faults_active") return static_cast<double>(drill.faults_active());
  if (!name.starts_with("host.")) return traffic_variable(drill, name);
  const HostFigures figures = drill.world.host_figures();
  const auto found = figures.find(std::string(name));
  return found == figures.end() ? ExpressionValue{} : ExpressionValue{found->second};
}

bool condition_holds(DrillContext& drill, const Expression& condition) {
  return condition.evaluate([&drill](std::string_view name) { return drill_variable(drill, name); });
}

}  // namespace blackstart
