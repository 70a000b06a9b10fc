#pragma once
// How the service is doing, interval by interval, while the drill runs: impact, restored and drained of the incident
// that is open now, by the same pure functions as measurement uses afterwards. Holds no more of the past than those
// need. Pure: time comes in with the intervals.

#include "rehearsal/traffic.h"

#include <optional>
#include <vector>

namespace blackstart {

class ServiceWatch {
 public:
  /// `hold` as in the service level, `steady_length` as steady state must last.
  ServiceWatch(Duration hold, Duration steady_length);

  /// The next interval, in order of time.
  void add(const TrafficInterval& interval);

  /// Whether the last `steady_length` that are known hold the steady state.
  [[nodiscard]] bool steady() const;
  /// Takes the last `steady_length` as what normal latency is (the yardstick of `drained`).
  void take_as_steady();
  /// Where what is known of the bins begins (older ones are forgotten), and its end so far; empty before the first bin.
  [[nodiscard]] std::optional<Instant> known_from() const;
  [[nodiscard]] std::optional<Instant> known_until() const;
  /// The last interval that was added, or null: its extent, offered, acknowledged, bins and latency alone.
  [[nodiscard]] const TrafficInterval* latest() const;

  /// A fault took effect. During an outage it prolongs it; in good service it opens the next incident.
  void fault_acted(Instant at);
  /// A further recovery action ended at `at`: service counts as restored only from then on.
  void look_again(Instant at);

  // Of the incident that the last fault opened or joined.
  [[nodiscard]] std::optional<Instant> impact() const { return impact_; }
  [[nodiscard]] std::optional<Instant> restored() const { return restored_; }
  [[nodiscard]] std::optional<Instant> drained() const { return drained_; }
  /// How long bids have been failing: 0 before the impact, fixed once service is restored.
  [[nodiscard]] Duration outage(Instant now) const;
  /// Whether `hold` has passed since `from` without an impact.
  [[nodiscard]] bool quiet_since(Instant from) const;

 private:
  void evaluate();
  void forget();

  Duration hold_;
  Duration steady_length_;
  std::vector<Bin> bins_;
  std::vector<TrafficInterval> intervals_;
  Duration steady_p99_{};
  std::optional<Instant> fault_;  // impact is looked for from here
  Instant restored_from_;         // and restored at or after both the impact and this
  std::optional<Instant> impact_, restored_, drained_;
};

}  // namespace blackstart
