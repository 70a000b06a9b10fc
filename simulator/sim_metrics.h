#pragma once
// Metrics of the virtual target, and the part of PromQL that alert rules of runbooks use over them: a selector, rate()
// or increase() over a window, max, min, avg or sum of it, one division, one comparison. A condition holds when it
// holds for any of the series, as an alert does. docs/simulator.md lists the metrics. Deterministic.

#include "base/result.h"
#include "base/time.h"
#include "simulator/model.h"

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct SimState;

/// Calls that a service's members have answered, ever.
struct ServedCalls {
  std::uint64_t well = 0;
  std::uint64_t errors = 0;  // 5xx
  bool operator==(const ServedCalls&) const = default;
};

class SimMetrics {
 public:
  static constexpr Duration kEvery = std::chrono::seconds{1};  // samples are so far apart
  static constexpr Duration kKept = std::chrono::minutes{11};

  explicit SimMetrics(SimState& state);
  /// Takes a sample of every counter now; where no alert of the scenario asks for one, of none.
  void sample();
  /// Whether the condition holds for any series. kUnsupported where it is beyond what is understood here.
  [[nodiscard]] Result<bool> holds(std::string_view condition) const;
  /// The value of the metric `name` of a service. kUnsupported where it has no such metric.
  [[nodiscard]] Result<double> value(ServiceIndex service, std::string_view name) const;

 private:
  class Evaluation;
  struct Sample {
    Instant at;
    std::vector<ServedCalls> served;  // by service
  };
  /// Of the calls served since `window` ago: how many a second.
  [[nodiscard]] double rate_of(ServiceIndex service, bool errors, Duration window) const;

  SimState& state_;
  bool counts_;  // somebody asks how many calls were answered
  std::deque<Sample> samples_;
};

}  // namespace blackstart
