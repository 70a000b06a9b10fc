#pragma once
// Whole drills in the virtual world, from YAML texts, in memory.

#include "rehearsal/conductor.h"
#include "rehearsal/measurement.h"
#include "simulator/sim_world.h"

#include <memory>
#include <string>
#include <vector>

namespace blackstart::testing {

using namespace std::chrono_literals;

/// A Spec from texts; the test fails where they do not load.
Spec spec_of(const std::string& scenario, const std::string& target);

/// A drill that was played to its end.
struct PlayedDrill {
  DrillResult result;
  std::string journal;  // its bytes
  std::vector<Event> events;
  Measurement measurement;
  std::uint64_t bid_events = 0, foreseen_events = 0;

  /// The headline incident; the test fails where there is none.
  [[nodiscard]] Incident incident() const;
  [[nodiscard]] const Event* last(const std::string& type) const;
  /// The last read-back that was no provisional one.
  [[nodiscard]] ReadBackResult read_back() const;
  [[nodiscard]] std::vector<TrafficInterval> intervals() const;
};
/// `foresees` as in SimOptions.
PlayedDrill play(const Spec& spec, std::uint64_t seed = 1, bool foresees = true);

/// A target of one api on a replicated store; `sim` and more services may be added.
std::string pair_target(const std::string& replication, const std::string& lag);
/// Kills the primary, promotes the standby on detection, repoints the api.
std::string failover_scenario(const std::string& rate);

}  // namespace blackstart::testing
