#pragma once
// What the platform does by itself while traffic runs: health checks take members out of rotation and back, members
// break down and come back, autoscaling adds and ends members. Control events of the virtual clock. Deterministic.

#include "simulator/model.h"

namespace blackstart {

struct SimState;

/// Begins all of it, for every service that has it; it goes on until `state.upkeep` is false.
void begin_upkeep(SimState& state);

}  // namespace blackstart
