#include "rehearsal/recovery.h"

#include "rehearsal/conductor_limits.h"
#include "rehearsal/step.h"

#include <algorithm>

namespace blackstart {
namespace {

/// Steps of the recovery that come before (or after) the end.
std::vector<const Step*> steps_of(const DrillContext& drill, bool after_end) {
  std::vector<const Step*> steps;
  if (!drill.plan.spec.scenario.recovery) return steps;
  for (const auto& step : drill.plan.spec.scenario.recovery->steps)
    if (step.after_end == after_end) steps.push_back(&step);
  return steps;
}

bool any_injected(const DrillContext& drill) {
  return std::ranges::any_of(drill.faults, [](const FaultState& fault) { return fault.injection || fault.over; });
}

/// Whether the recovery may begin: on detection, or, where no rule detects, as soon as the first fault has acted.
bool has_cause(const DrillContext& drill) {
  return drill.detected || (drill.plan.spec.scenario.detection.empty() && any_injected(drill));
}

Task<bool> wait_for_start(DrillContext* drill, const Recovery* recovery, std::stop_token scope) {
  if (!recovery->after_detection) {
    const auto woken = co_await drill->world.clock().sleep_until(*drill->base + recovery->at, scope);
    co_return woken.has_value();
  }
  while (!has_cause(*drill)) {
    const auto woken = co_await drill->world.clock().sleep_until(drill->now() + limits::kPoll, scope);
    if (!woken) co_return false;
  }
  co_return true;
}

/// Whether whoever recovers is there in time.
Task<bool> people_respond(DrillContext* drill, Limit limit) {
  if (!drill->people || !drill->plan.spec.scenario.recovery->after_detection) co_return true;
  const Status there = co_await drill->people->respond(std::move(limit));
  co_return there.has_value();
}

const char* why_skipped(const DrillContext& drill) {
  if (drill.ended()) return "the drill was stopped before";
  return drill.detected ? "the observation ended before" : "no detection rule fired before the observation ended";
}

}  // namespace

void skip_steps(DrillContext& drill, const std::vector<const Step*>& steps, const std::string& why) {
  for (const Step* step : steps) record_step_finished(drill, *step, {"skipped", why, {}});
}

Task<bool> run_steps(DrillContext* drill, std::vector<const Step*> steps, Limit limit) {
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const std::vector<const Step*> rest(steps.begin() + static_cast<std::ptrdiff_t>(index), steps.end());
    if (limit.stop.stop_requested() || drill->now() >= limit.deadline) {
      skip_steps(*drill, rest, drill->ended() ? "the drill was stopped before" : "the time was up before");
      co_return false;
    }
    const bool done = co_await run_step(drill, steps[index], limit);
    if (done) continue;
    skip_steps(*drill, {rest.begin() + 1, rest.end()}, "a step before it failed: " + steps[index]->title);
    co_return false;
  }
  co_return true;
}

Task<void> run_recovery(DrillContext* drill, std::stop_token scope) {
  const auto steps = steps_of(*drill, false);
  if (steps.empty()) {
    drill->recovered = true;
  } else {
    bool started = co_await wait_for_start(drill, &*drill->plan.spec.scenario.recovery, scope);
    Limit limit{drill->observe_until(), scope};
    if (started) started = co_await people_respond(drill, limit);
    if (started)
      drill->recovered = co_await run_steps(drill, steps, std::move(limit));
    else
      skip_steps(*drill, steps, why_skipped(*drill));
  }
  drill->recovery_over = drill->now();
}

Task<void> run_steps_after_end(DrillContext* drill) {
  const auto steps = steps_of(*drill, true);
  if (steps.empty()) co_return;
  drill->enter("after end");
  for (const Step* step : steps) {
    if (drill->ended() || !drill->recovered) {
      skip_steps(*drill, {step}, drill->ended() ? "the drill was stopped before" : "the recovery did not succeed");
      continue;
    }
    Limit limit = drill->within(std::max(step->budget.value_or(Duration{}), limits::kStepAfterEnd) + step->hold);
    (void)co_await run_step(drill, step, std::move(limit));
  }
}

}  // namespace blackstart
