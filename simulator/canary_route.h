#pragma once
// The way of a canary's records through the services of the virtual world. Pure.

#include "base/result.h"
#include "simulator/model.h"

#include <optional>

namespace blackstart {

struct SimState;

struct CanaryRoute {
  bool by_bid = false;                 // written as a bid, in at the front; else to `write`
  bool reads_bids = false;             // read through the front, from the store that the bids go to
  ServiceIndex write = 0;              // takes the record
  ServiceIndex read = 0;               // is asked for it; kWatchers: they are told
  std::optional<ServiceIndex> source;  // where `read` takes it from, if that is not where it was written
  ServiceIndex taker = 0;              // whose members take it
};

/// kUnsupported says why a record would not come from one end to the other.
Result<CanaryRoute> route_of(const SimState& state, const Canary& canary);

}  // namespace blackstart
