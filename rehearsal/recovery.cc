#include "rehearsal/recovery.h"

#include "rehearsal/conductor_limits.h"

#include <fmt/format.h>

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

void record_response(DrillContext& drill, const char* type, Instant since) {
  drill.record(type, {{"took_ns", to_ns(drill.now() - since)}});
}

/// Whether whoever recovers is there in time.
Task<bool> people_respond(DrillContext* drill, Limit limit) {
  if (!drill->people || !drill->plan.spec.scenario.recovery->after_detection) co_return true;
  const Instant alarmed = drill->now();
  const auto acknowledged = co_await drill->people->acknowledge(limit);
  if (!acknowledged) co_return false;
  if (*acknowledged) record_response(*drill, "people.acknowledged", alarmed);
  const Instant began = drill->now();
  const auto there = co_await drill->people->assemble(std::move(limit));
  if (!there) co_return false;
  if (*there) record_response(*drill, "people.assembled", began);
  co_return true;
}

const char* why_skipped(const DrillContext& drill) {
  if (drill.ended()) return "the drill was stopped before";
  return drill.detected ? "the observation ended before" : "no detection rule fired before the observation ended";
}

std::string why_passed_over(const Step& from, const std::string& title) {
  return fmt::format("\"{}\" succeeded: on with \"{}\"", from.title, title);
}

/// Of the steps `after: end`, those between `from` and the one called `title` are not run either.
void pass_over_after_end(DrillContext& drill, const Step* from, const std::string& title) {
  bool between = false;
  for (const Step& step : drill.plan.spec.scenario.recovery->steps) {
    if (step.title == title) return;
    if (between && step.after_end) drill.passed_over[&step] = why_passed_over(*from, title);
    between = between || &step == from;
  }
}

}  // namespace

void skip_steps(DrillContext& drill, const std::vector<const Step*>& steps, const std::string& why) {
  for (const Step* step : steps) record_step_finished(drill, *step, {"skipped", why, {}, false});
}

Task<StepEnd> run_steps(DrillContext* drill, std::vector<const Step*> steps, Limit limit) {
  using Steps = std::vector<const Step*>;
  for (std::size_t index = 0; index < steps.size(); ++index) {
    const auto here = steps.begin() + static_cast<std::ptrdiff_t>(index);
    if (limit.stop.stop_requested() || drill->now() >= limit.deadline) {
      const char* why = drill->ended() ? "the drill was stopped before" : "the time was up before";
      skip_steps(*drill, Steps(here, steps.end()), why);
      co_return StepEnd{};
    }
    StepEnd end = co_await run_step(drill, *here, limit);
    if (!end.done) {
      skip_steps(*drill, Steps(here + 1, steps.end()), "a step before it failed: " + (*here)->title);
      co_return StepEnd{};
    }
    if (end.skip_to.empty()) continue;
    const auto next = std::find_if(here + 1, steps.end(), [&](const Step* step) { return step->title == end.skip_to; });
    skip_steps(*drill, Steps(here + 1, next), why_passed_over(**here, end.skip_to));
    pass_over_after_end(*drill, *here, end.skip_to);
    if (next == steps.end()) co_return end;
    index = static_cast<std::size_t>(next - steps.begin()) - 1;
  }
  co_return StepEnd{.done = true};
}

Task<void> run_recovery(DrillContext* drill, std::stop_token scope) {
  const auto steps = steps_of(*drill, false);
  if (steps.empty()) {
    drill->recovered = true;
  } else {
    bool started = co_await wait_for_start(drill, &*drill->plan.spec.scenario.recovery, scope);
    Limit limit{drill->observe_until(), scope};
    if (started) started = co_await people_respond(drill, limit);
    if (started) {
      const StepEnd end = co_await run_steps(drill, steps, std::move(limit));
      drill->recovered = end.done;
    } else {
      skip_steps(*drill, steps, why_skipped(*drill));
    }
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
    if (const auto over = drill->passed_over.find(step); over != drill->passed_over.end()) {
      skip_steps(*drill, {step}, over->second);
      continue;
    }
    Limit limit = drill->within(std::max(step->budget.value_or(Duration{}), limits::kStepAfterEnd) + step->hold);
    const StepEnd end = co_await run_step(drill, step, std::move(limit));
    if (!end.skip_to.empty()) pass_over_after_end(*drill, step, end.skip_to);
  }
}

}  // namespace blackstart
