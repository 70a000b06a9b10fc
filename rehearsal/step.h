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
  bool done = false;  // in time or late; not when it was given up at its budget
};
void record_step_finished(DrillContext& drill, const Step& step, const StepOutcome& outcome);

/// How a step, or a chain of them, ended.
struct StepEnd {
  bool done = false;         // it, or what was done otherwise, made it good
  std::string skip_to = {};  // the title of the step to go on with; "": the next
};

/// Runs one step and, where it failed, its `otherwise`.
/// A step with `otherwise` is cancelled when its budget is over, and the alternative begins; a check has failed when
/// it does not hold by then; any other step goes on, is recorded as over budget, and counts as done once it succeeds.
/// People come first: who decides, chooses or works by hand. Of alternatives the one that is chosen is run, and the
/// others are recorded as skipped.
Task<StepEnd> run_step(DrillContext* drill, const Step* step, Limit limit);

}  // namespace blackstart
