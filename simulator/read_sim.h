#pragma once
// The target's `sim:` part as typed values. Pure.

#include "scenarios/sim_spec.h"
#include "scenarios/spec.h"

namespace blackstart {

SimSpec sim_of(const Target& target);
Distribution distribution_of(const Node& node);

}  // namespace blackstart
