#pragma once
// What the virtual world cannot do of a drill, in words, before anything starts. Pure.

#include "base/result.h"
#include "scenarios/spec.h"

#include <vector>

namespace blackstart {

std::vector<Error> find_sim_refusals(const Spec& spec);

}  // namespace blackstart
