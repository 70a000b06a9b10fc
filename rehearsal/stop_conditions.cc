#include "rehearsal/stop_conditions.h"

#include "rehearsal/conductor_limits.h"
#include "rehearsal/drill_variables.h"

#include <fmt/format.h>

namespace blackstart {

Task<void> watch_stop_conditions(DrillContext* drill, std::stop_token scope) {
  const auto& conditions = drill->plan.spec.scenario.stop_conditions;
  if (conditions.empty()) co_return;
  while (!scope.stop_requested()) {
    for (const auto& condition : conditions) {
      if (!condition_holds(*drill, condition.when)) continue;
      drill->end(Ending::kCondition, fmt::format("stop condition \"{}\": {}", condition.name, condition.when.text()));
      co_return;
    }
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kStopConditions, scope);
    if (!woken) co_return;
  }
}

}  // namespace blackstart
