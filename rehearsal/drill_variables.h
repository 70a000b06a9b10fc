#pragma once
// What `when:` conditions of stop conditions and communications see of the running drill.

#include "rehearsal/conductor_context.h"
#include "scenarios/expression.h"

#include <string_view>

namespace blackstart {

/// The value of one variable now; unknown where nothing has been measured yet, and of the traffic once it has ended.
ExpressionValue drill_variable(DrillContext& drill, std::string_view name);

bool condition_holds(DrillContext& drill, const Expression& condition);

}  // namespace blackstart
