#pragma once
// Components: each measured from its own evidence (the bids, a canary, a probe), with incidents, marks and figures of
// its own. Pure.

#include "rehearsal/measure_incident.h"

namespace blackstart {

/// When a component could not be used, as its canary or its probe shows it.
struct EvidenceTrack {
  struct Outage {
    Instant begin, end;  // kNever: it went on
  };
  std::vector<Outage> outages;  // by time, apart from each other
  std::vector<Bin> bins;        // of a canary, one a record; a relapse is told by them. Empty: by any outage
  Instant from, until;          // it was looked at so long
  Duration grain{};             // uncertainty of every instant
};

/// The track of one canary, up to `lifted`. Records whose time was not over then are no evidence, neither way.
EvidenceTrack canary_track(const Canary& canary, const CanaryFacts& facts, Instant lifted);
/// The track of one probe rule. REQUIRES: facts.from and facts.until.
EvidenceTrack probe_track(const ProbeRule& rule, const ProbeFacts& facts, Instant lifted);
/// The faults grouped by what the track shows, as group_incidents() does by the bids.
std::vector<IncidentWindow> group_incidents(const Measurement& measurement, const EvidenceTrack& track);
/// Everything of the incident but its RPO.
Incident measure_incident(const IncidentInput& input, const IncidentWindow& window, const EvidenceTrack& track);

/// One record a component of the scenario. `windows` are those of the bids, and input.measurement's incidents and
/// recovery points are final.
void measure_components(const IncidentInput& input, const std::vector<IncidentWindow>& windows,
                        std::vector<ComponentRecord>& components);

/// RPO of one window from the records that were written, confirmed and are gone.
RpoFigure measure_canary_rpo(const IncidentInput& input, const std::vector<IncidentWindow>& windows, std::size_t index,
                             const std::vector<Incident>& incidents, const Component& component, const Canary& canary,
                             const CanaryFacts& facts);

}  // namespace blackstart
