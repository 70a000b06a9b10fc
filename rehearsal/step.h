#pragma once
// One step: what it does (by hand, together, an action, a check), its budget, its record, and what is done otherwise.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <optional>
#include <string>

namespace blackstart {

/// How a step went, as the journal has it.
struct StepOutcome {
  std::string outcome;  // ok | failed | over budget | skipped
  std::string detail;
  std::optional<ActionOutcome::RecoveryPoint> recovery_point;
};
void record_step_finished(DrillContext& drill, const Step& step, const StepOutcome& outcome);

/// Runs one step and, where it failed, its `otherwise`. Whether one of the two made it good.
/// A step with `otherwise` is cancelled when its budget is over, and the alternative begins; a check has failed when
/// it does not hold by then; any other step goes on, is recorded as over budget, and counts as done once it succeeds.
Task<bool> run_step(DrillContext* drill, const Step* step, Limit limit);

}  // namespace blackstart
