#pragma once
// What a target says that has no effect in the virtual world: allowed, and told by name. Pure.

#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

/// One line a word, with the place where it first stands and everyone that has it; in the order of the words in
/// docs/targets.md.
std::vector<std::string> find_sim_notices(const Target& target);

}  // namespace blackstart
