#pragma once
// One whole drill in the virtual world, in memory: nothing is written anywhere. The same plan gives the same result as
// `run --world sim` of it, whatever else runs on other threads. Thread-safe: every call has a world of its own.

#include "rehearsal/conductor.h"
#include "rehearsal/measurement.h"
#include "rehearsal/plan.h"
#include "rehearsal/verdict.h"
#include "simulator/service_outages.h"

#include <functional>
#include <vector>

namespace blackstart {

struct SimRun {
  /// Without notification_delay where no threshold of the scenario asks for it.
  Measurement measurement;
  Verdict verdict;
  std::vector<ServiceOutage> services_out;
};

/// Plays `plan` to its end, from plan.started on. `arguments` is what drill.started records of the command. `stop` is
/// asked between events; once it says true the drill is cut off: kCancelled. kInternal: a defect, or the journal
/// cannot be measured. REQUIRES: the world refuses nothing of it.
Result<SimRun> play_in_memory(const Plan& plan, Json arguments, const std::function<bool()>& stop = {});

}  // namespace blackstart
