#pragma once
// One incident: which faults belong to it, its marks, its RTO. Pure.

#include "rehearsal/measure_facts.h"

#include <string>
#include <vector>

namespace blackstart {

/// The faults of one incident, and the stretch of the drill that it answers for.
struct IncidentWindow {
  std::vector<std::size_t> faults;  // indices of Measurement::faults, by the time of their acts
  Instant begin;                    // the first fault's act
  Instant end;                      // the next incident's first act, or the end of observation
  bool last = true;                 // validation is of the last incident
};

/// What every incident is measured against.
struct IncidentInput {
  const Spec& spec;
  const Measurement& measurement;
  const Facts& facts;
  const std::vector<Bin>& bins;  // observed, in order
  Duration steady_p99{};
};

/// Groups the faults that were acted (definitions: "a fault opens an incident ... joins it"). `bins` are those
/// observed.
std::vector<IncidentWindow> group_incidents(const Measurement& measurement, const std::vector<Bin>& bins);

/// Everything of the incident but its RPO.
Incident measure_incident(const IncidentInput& input, const IncidentWindow& window);

/// The earliest instant that could still turn out to be `restored`, where `bins` end before `hold` is over: the
/// begin of the good run at their end, or their end. REQUIRES: bins is not empty.
Instant earliest_possible_restored(const std::vector<Bin>& bins, Instant impact, Duration hold);

}  // namespace blackstart
