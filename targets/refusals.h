#pragma once
// What this version cannot do live, found before anything starts: kinds of faults, actions, probes and checks that
// parse but are not here yet, ways to place and read back bids, missing secrets. Pure.

#include "base/result.h"
#include "faults/fault.h"
#include "scenarios/spec.h"

#include <vector>

namespace blackstart {

/// Everything of `spec` that a live drill cannot do, whatever its driver; each names what can be done instead.
std::vector<Error> live_refusals(const Spec& spec, const FaultRegistry& faults);

}  // namespace blackstart
