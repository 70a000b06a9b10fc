#pragma once
// The steps of a recovery: in order, each within its budget, with what is to be done otherwise.

#include "base/task.h"
#include "rehearsal/conductor_context.h"
#include "rehearsal/step.h"

#include <stop_token>
#include <string>
#include <vector>

namespace blackstart {

/// Runs the steps in order. A step that fails and that no `otherwise` makes good ends the chain: the rest is skipped,
/// because a runbook's next step builds on the one before (nothing is promoted while the primary may be alive). A step
/// that skips to another leaves out those between; where the other is none of `steps`, the rest of them, and the caller
/// goes on with it. `steps` must outlive this.
Task<StepEnd> run_steps(DrillContext* drill, std::vector<const Step*> steps, Limit limit);

/// The scenario's recovery but for the steps `after: end`: waits for detection (or the instant it is to start), then
/// runs the steps. `scope` ends it; what did not run is then recorded as skipped. Sets
/// drill.recovery_over and drill.recovered.
Task<void> run_recovery(DrillContext* drill, std::stop_token scope);

/// The steps `after: end`, each for itself; skipped where the recovery did not succeed or the drill was stopped.
Task<void> run_steps_after_end(DrillContext* drill);

/// Records steps that will not run, and why.
void skip_steps(DrillContext& drill, const std::vector<const Step*>& steps, const std::string& why);

}  // namespace blackstart
