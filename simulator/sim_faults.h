#pragma once
// Faults in the virtual world: what each does to the model, with the proof of it, and how it is undone. To add one: two
// functions of the table's shape and one line in sim_faults.cc.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace blackstart {

const std::vector<std::string>& sim_faults();

/// What was done for one fault, so that it can be undone.
struct ActedFault {
  FaultSpec spec;
  std::vector<MemberIndex> members;  // hit
  bool acted = false;
  bool healed = false;
};

class SimFaults {
 public:
  explicit SimFaults(SimState& state) : state_(state) {}
  /// Checks that there is something to hit.
  Status arm(const FaultRequest& request);
  /// Acts; the proof's text.
  Result<std::string> act(std::uint64_t id);
  /// Undoes it; the proof's text. Idempotent; what never acted is healed.
  Task<Result<std::string>> heal(std::uint64_t id, Limit limit);
  /// Acting now, in order of their ids.
  [[nodiscard]] std::vector<std::string> left() const;

 private:
  SimState& state_;
  std::map<std::uint64_t, ActedFault> faults_;
};

}  // namespace blackstart
