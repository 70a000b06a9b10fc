#pragma once
// What a drill says in vain in the virtual world: allowed, and told by name. Words of its target that have no effect
// there, and what its probes and checks expect that it does not know and takes to hold. Pure.

#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

/// One line a word of the target, with the place where it first stands and everyone that has it, in the order of the
/// words in docs/targets.md; then one line for each thing that a probe or a check expects and that is taken to hold,
/// with the place where it is first expected, in the order of the scenario's parts. None where the target has no
/// `sim:`.
std::vector<std::string> find_sim_notices(const Spec& spec);

}  // namespace blackstart
