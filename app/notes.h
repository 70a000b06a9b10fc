#pragma once
// Notes on what a scenario or its target says in vain, on standard error.

#include "app/say.h"
#include "rehearsal/plan.h"
#include "simulator/sim_notices.h"

namespace blackstart {

inline void say_coarse_objectives(const Scenario& scenario) {
  for (const auto& line : coarse_objectives(scenario)) say("note: {}\n", line);
}

inline void say_notices(const Spec& spec) {
  for (const auto& notice : find_sim_notices(spec)) say("note: {}\n", notice);
}

}  // namespace blackstart
