#pragma once
// The scenario's stop conditions, looked at every second while there is traffic, and while steps after the end run.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <stop_token>

namespace blackstart {

/// Ends the drill with the first condition that holds. Returns when one does or `scope` fires.
Task<void> watch_stop_conditions(DrillContext* drill, std::stop_token scope);

}  // namespace blackstart
