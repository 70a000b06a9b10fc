#pragma once
// One incident: which faults belong to it, its marks, its RTO. Pure.

#include "rehearsal/measure_facts.h"

#include <functional>
#include <optional>
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
  std::optional<RtoObjective> rto;  // says from where the RTO counts
};

/// Groups the faults that were acted (definitions: "a fault opens an incident ... joins it"). `bins` are those
/// observed.
std::vector<IncidentWindow> group_incidents(const Measurement& measurement, const std::vector<Bin>& bins);
/// The same by whatever shows the service: whether a fault at `at` joins the incident that began at `begin` and had its
/// last fault at `previous`. The last incident lasts until `end`.
using JoinsIncident = std::function<bool(Instant begin, Instant previous, Instant at)>;
std::vector<IncidentWindow> group_incidents(const Measurement& measurement, std::optional<Instant> end,
                                            const JoinsIncident& joins);

/// Everything of the incident but its RPO.
Incident measure_incident(const IncidentInput& input, const IncidentWindow& window);

/// Sets its faults and their marks: fault, effective, healed. REQUIRES: impact is set where it came.
void mark_faults(const IncidentInput& input, const IncidentWindow& window, Incident& incident);
/// Counts to `restored_or_bound` from the fault, or from its healing where the objective says so.
void count_rto(const IncidentInput& input, const IncidentWindow& window, Instant restored_or_bound, RtoFigure& rto);
/// The faults that were acted, by the time of their acts: indices of Measurement::faults.
std::vector<std::size_t> acted_faults(const Measurement& measurement);
/// The index of the incident that is worst, held to these targets; 0 where there is none.
std::size_t find_worst(const std::vector<Incident>& incidents, const std::optional<RtoObjective>& rto,
                       const std::optional<Duration>& rpo);

/// The earliest instant that could still turn out to be `restored`, where `bins` end before `hold` is over: the
/// begin of the good run at their end, or their end. REQUIRES: bins is not empty.
Instant earliest_possible_restored(const std::vector<Bin>& bins, Instant impact, Duration hold);

}  // namespace blackstart
