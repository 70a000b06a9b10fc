#pragma once
// What people and steps did in an incident: its marks from detection to validation, the work recovery time, and the
// recovery that goes on because a validation failed. Pure.

#include "rehearsal/measure_incident.h"

namespace blackstart {

/// A recovery action taken because a validation check failed after `restored`: the clock has not stopped.
struct FurtherRecovery {
  bool any = false;
  bool finished = false;   // every such step has ended
  bool validates = false;  // what failed has passed since
  Instant end;             // of the last of them
};
FurtherRecovery find_further_recovery(const Measurement& measurement, const IncidentWindow& window, Instant restored);

/// Sets detected, notified, acknowledged, declared, responded, contained, validated, protected_again and the work
/// recovery time. REQUIRES: fault, impact, restored and drained of `incident` are set where they came.
void mark_recovery(const IncidentInput& input, const IncidentWindow& window, Incident& incident);

/// The recovery step that carries `id` in the scenario (recovery or a validation's otherwise), or null.
const Step* find_step(const Spec& spec, std::string_view id);
/// A page tells those who respond; any other message tells others that there is an incident.
bool declares(const Communication& communication);

/// Splits the headline RTO into machines' and people's time.
void split_time(const Facts& facts, Measurement& measurement);

/// Communications as sent, and those that were due and never went out.
std::vector<CommunicationRecord> collect_communications(const Spec& spec, const Measurement& measurement,
                                                        const Facts& facts);

}  // namespace blackstart
