#pragma once
// Whether redundancy is back as the target declares it, looked at after the recovery where the world can tell.

#include "base/task.h"
#include "rehearsal/conductor_context.h"

#include <stop_token>

namespace blackstart {

/// Looks once the recovery is over, until redundancy is back, the world cannot tell or `scope` fires. Each change of
/// the answer is journalled (protection.observed).
Task<void> watch_protection(DrillContext* drill, std::stop_token scope);

}  // namespace blackstart
