#pragma once
// The phases of the traffic (steady, impact, after), cut at whole intervals, and what was offered and how fast it was
// answered in each. Pure.

#include "rehearsal/measure_facts.h"

namespace blackstart {

enum class LoadPhase { kNone, kSteady, kImpact, kAfter };

/// The phase of the interval [start, end). kNone: before the steady state, or between a fault and its impact.
/// REQUIRES: the incidents' impact and restored are set.
LoadPhase phase_of(const Measurement& measurement, Instant start, Instant end);

/// Latency of the steady state before `first_fault`: what drained compares with. Goes on from what is `known` of it.
Histogram steady_latency(const Facts& facts, const Measurement& measurement, Instant first_fault,
                         SteadySums::Sum& known);

/// Fills bids, latency but for its steady part, which stands already, service_time, notification_delay and
/// lateness_steady. REQUIRES: as phase_of.
void measure_phases(const Facts& facts, SteadySums& known, Measurement& measurement);

}  // namespace blackstart
