#pragma once
// Validation: the scenario's checks under traffic, the further recovery that a failed one sets off, and the checks that
// only the last read-back can answer.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <optional>

namespace blackstart {

/// Runs all checks that traffic can answer. A failed check with `otherwise` runs those steps once, waits until service
/// is restored and drained again, and everything is checked anew.
Task<void> validate_under_traffic(DrillContext* drill);

/// Records the checks that the last read-back answers: reconcile, and thresholds of lost, corrupted and the like.
void validate_read_back(DrillContext& drill, const ReadBackResult& read_back);

}  // namespace blackstart
