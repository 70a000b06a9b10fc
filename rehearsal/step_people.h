#pragma once
// What people do in a step: by hand, a decision, a choice between alternatives. What they say goes to the journal as
// decision.taken, with how long they took. With --assume-manual nobody is asked: the time that was given passes.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <optional>
#include <string>

namespace blackstart {

/// What one part of a step came to.
struct StepWork {
  bool ok = true;
  std::string detail = {};
  std::optional<ActionOutcome::RecoveryPoint> recovery_point = {};
  std::string skip_to = {};  // what an option goes on with; "": the next step
};

/// Later texts find the output under the step's title and under the name it was given.
void remember_output(DrillContext& drill, const Step& step, const std::string& output);

Task<StepWork> do_by_hand(DrillContext* drill, const Step* step, Limit limit);

/// A decision's output is a point in time: what was said, or else the newest moment before the first fault.
/// REQUIRES: step->decision.
Task<StepWork> decide(DrillContext* drill, const Step* step, Limit limit);

/// The option that is picked; null, with `why`, where nobody picked one. The likeliest where nobody is asked.
/// REQUIRES: step->options is not empty.
Task<const Step*> choose(DrillContext* drill, const Step* step, Limit limit, std::string* why);

}  // namespace blackstart
