#pragma once
// Who is told what during the incident, and the injects of an exercise. People know of a fault once it is detected
// (where no rule detects: once it has acted); what is due by then goes out at once, and what repeats goes out just
// before each next due time until service is restored.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <stop_token>

namespace blackstart {

/// Sends every communication that is due until `scope` fires; what is on its way then counts as not delivered, so that
/// nobody who does not answer holds the drill. REQUIRES: drill.base.
Task<void> run_communications(DrillContext* drill, std::stop_token scope);

/// Shows the scenario's injects at their instants. REQUIRES: drill.base.
Task<void> run_injects(DrillContext* drill, std::stop_token scope);

}  // namespace blackstart
