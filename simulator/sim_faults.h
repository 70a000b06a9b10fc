#pragma once
// Faults in the virtual world: what each does to the model, with the proof of it, and how it is undone. Faults that act
// are put together in effects.cc; damage is done here once. To add one: a function of the table's shape and one line
// in sim_faults.cc (of an acting one, also its effect).

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

const std::vector<std::string>& sim_faults();
/// Words of the fault that its model knows nothing of, and that would change what it does.
std::vector<std::string> words_without_effect(const Call& fault);

class SimFaults {
 public:
  explicit SimFaults(SimState& state) : state_(state) {}
  /// Checks that there is something to hit.
  Status arm(const FaultRequest& request);
  struct Act {
    std::string proof;
    Duration lasts{};  // until it has taken effect on all that it hits
  };
  Result<Act> act(std::uint64_t id);
  /// Undoes it; the proof's text. Idempotent; what never acted is healed.
  Task<Result<std::string>> heal(std::uint64_t id, Limit limit);
  /// Names of what still acts, in order of their ids.
  [[nodiscard]] std::vector<std::string> left() const;

 private:
  SimState& state_;
};

}  // namespace blackstart
