#pragma once
// The two halves of a drill. The active part can be stopped at any instant; the closing part always runs to its end.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <stop_token>

namespace blackstart {

/// Bring-up, traffic, steady state, faults with detection and recovery, validation. Ends early, with drill.ended(),
/// when the drill is stopped or cannot go on.
Task<void> play_active_part(DrillContext* drill);

/// What a person's wish to stop means for the end of a drill.
struct StopWishes {
  std::stop_token stop, hurry;
};

/// What the closing part came to.
struct Closing {
  Verdict verdict;
  std::vector<Residue> residues;
};
/// Lifts acting faults, ends traffic, runs what comes after the end, reads back, judges, undoes damage, looks for
/// residues, tears down. Always heals, whatever went wrong before or in between.
Task<Closing> play_closing_part(DrillContext* drill, StopWishes wishes);

}  // namespace blackstart
