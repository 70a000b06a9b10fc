#pragma once
// How long data take to be moved by a restore or a rebuild: as the target says, and no faster than disks and links
// carry them. Deterministic.

#include "base/time.h"
#include "scenarios/sim_spec.h"
#include "simulator/model.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace blackstart {

struct SimState;

inline constexpr double kAnyRate = std::numeric_limits<double>::infinity();

/// Bytes of the service's data now: as many as the target says, and of the bids' store what the drill has added.
std::uint64_t size_of(const SimState& state, ServiceIndex service);

/// Bytes a second at which the worst off of `members` gets what a restore brings, each from the best of `regions`;
/// kAnyRate: without limit.
double restore_rate_most(const SimState& state, const std::vector<MemberIndex>& members,
                         const std::vector<std::string>& regions);
/// The same of a rebuild from `source`.
double rebuild_rate_most(const SimState& state, const std::vector<MemberIndex>& members, MemberIndex source);

/// For `bytes` at the rate that the target gives, `rate_most` at most; drawn where it says how long it takes outright.
Duration transfer_time(SimState& state, const std::optional<Transfer>& transfer, std::uint64_t bytes, double rate_most,
                       const std::string& what);

}  // namespace blackstart
