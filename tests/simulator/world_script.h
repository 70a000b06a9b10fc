#pragma once
// A SimWorld without a Conductor: scripts call the port themselves.

#include "tests/simulator/sim_fixture.h"

#include <functional>
#include <string>
#include <vector>

namespace blackstart::testing {

class ScriptedWorld final : public TrafficListener {
 public:
  /// `foresees` as in SimOptions.
  explicit ScriptedWorld(const Spec& spec, std::uint64_t seed = 1, bool foresees = true);

  void on_interval(const TrafficInterval& interval) override { intervals.push_back(interval); }
  void on_notifications(const NotificationInterval& interval) override { notifications.push_back(interval); }

  void start();
  void pass(Duration length);
  /// Injects the scenario's fault `index` now; its id is index + 1.
  Injection inject(std::size_t index);
  Healing heal(std::size_t index);
  ActionOutcome perform(const std::string& yaml);
  /// Whether the action succeeded in that time; it is given up then.
  bool performed_within(const std::string& yaml, Duration time);
  Observation probe(const std::string& yaml);
  ReadBackResult stop_and_read(std::vector<Instant> restored_points = {});
  /// Of the intervals in [from, to), counted from the traffic's start.
  TrafficInterval between(Duration from, Duration to) const;

  Spec spec;
  std::uint64_t seed;
  SimWorld world;
  std::vector<TrafficInterval> intervals;
  std::vector<NotificationInterval> notifications;
  std::vector<Instant> acts;
  Instant began;
};

/// One service and nothing else, an M/M/1 station of 1,000 services a second: just its queue.
extern const char* const kQueueTarget;

/// A scenario with these faults (YAML list items) for the target `name`.
std::string scenario_with(const std::string& load, const std::string& faults);

}  // namespace blackstart::testing
