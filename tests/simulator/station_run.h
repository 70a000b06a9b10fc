#pragma once
// Runs a station by events over given arrivals, for comparison with the recursion.

#include "simulator/station.h"
#include "simulator/station_recursion.h"

#include <vector>

namespace blackstart {

struct OfferedBid {
  Instant arrival;
  Duration service{};
};

struct StationRun {
  std::vector<StationRecursion::Served> served;  // one a bid
  StationTotals totals;
};

/// Through Agenda and Station; `stops_first`: at equal instants standstills were scheduled before the arrivals.
StationRun run_by_events(const StationConfig& config, const std::vector<OfferedBid>& bids,
                         const std::vector<Standstill>& standstills = {}, bool stops_first = true);
StationRun run_by_recursion(const StationConfig& config, const std::vector<OfferedBid>& bids,
                            const std::vector<Standstill>& standstills = {});

}  // namespace blackstart
