#pragma once
// Faults: armed ahead of their instant, journalled before the act, proven, and healed with proof.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <stop_token>

namespace blackstart {

/// Injects every planned fault at its instant and heals those that last for a given time at their end. Ends when all
/// are over, or soon after `scope` fires; what acts then is left to heal_fault(). REQUIRES: drill.base.
Task<void> run_faults(DrillContext* drill, std::stop_token scope);

/// Heals one fault with proof, in several tries; nothing can cut it short but its own limits. Does nothing for a fault
/// that was never begun or is healed. What came of it is in the fault's state and in the journal.
Task<void> heal_fault(DrillContext* drill, FaultState* fault);

/// Which faults are undone when.
enum class HealWhich {
  kActingRecovered,  // acting ones with `until: recovered`
  kActing,           // all acting ones: before the read-back
  kAll,              // damage too: after the verdict
};
Task<void> heal_faults(DrillContext* drill, HealWhich which);

}  // namespace blackstart
