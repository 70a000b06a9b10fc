#pragma once
// What the virtual world has to know of a target before it can play a scenario, and is not told. Asked only for
// --world sim: a live drill needs none of it. Pure.

#include "base/result.h"
#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

/// One error (kInvalid) for each service that takes part in the drill without a part under `sim:`, for each action
/// whose time its part does not say, for each command whose effect the scenario does not say, and for each breaker that
/// is expected and is nowhere; context is the position. Empty: the target says enough. Services take part that take
/// bids or tell watchers, whatever these need, and those that the scenario names.
std::vector<Error> sim_refusals(const Spec& spec);
/// The service that bids go to: load.service, or the one in the url of load.http; "" where neither says it.
std::string bid_service(const Target& target);

}  // namespace blackstart
