#pragma once
// Canaries in the virtual world: whether a record can be written and read now, by the state of the services on its way,
// and which services it goes through: the one that it is written to, and what takes from it until it is read.

#include "rehearsal/world.h"
#include "simulator/model.h"

#include <cstdint>
#include <string>
#include <vector>

namespace blackstart {

struct SimState;

/// Why this canary cannot be played in the virtual world; ok where it can.
Status canary_is_understood(const SimState& state, const Canary& canary);

/// Writes record `number`: confirmed where everything on its way takes it. What hangs is waited for until the limit.
Task<Result<Observation>> write_sim_canary(SimState* state, const Canary& canary, std::uint64_t number, Limit limit);
/// The numbers at or above `from` that the reader gets now. kUnavailable says why it gets nothing.
Task<Result<std::vector<std::uint64_t>>> read_sim_canary(SimState* state, const Canary& canary, std::uint64_t from,
                                                         Limit limit);

/// Whether the files of `canary` lie under `pattern` ("uploads/**"); everything lies under a pattern of other places.
bool lies_under(const SimState& state, const std::string& canary, const std::string& pattern);

/// Whether redundancy is as the target declares it: every declared member runs, replicas follow, copies are in sync,
/// and backups can be made and read.
Observation protection_of(const SimState& state);

}  // namespace blackstart
