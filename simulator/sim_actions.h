#pragma once
// Recovery actions in the virtual world: each takes the time that the target's `sim:` part says, then has its effect.
// To add one: a coroutine of the table's shape and one line in sim_actions.cc.

#include "rehearsal/world.h"
#include "simulator/sim_state.h"

#include <string>
#include <vector>

namespace blackstart {

const std::vector<std::string>& sim_actions();
/// REQUIRES: `action` is one of sim_actions() (kUnsupported otherwise).
Task<Result<ActionOutcome>> run_sim_action(SimState* state, Call action, Limit limit);

using SimAction = Task<Result<ActionOutcome>> (*)(SimState* state, Call action, Limit limit);
struct NamedSimAction {
  std::string word;
  SimAction run;
};
/// sim_actions_stores.cc: promote, rebuild, restore, …
const std::vector<NamedSimAction>& store_actions();

}  // namespace blackstart
