#include "rehearsal/step.h"

#include "base/units.h"
#include "rehearsal/checks.h"
#include "rehearsal/recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace blackstart {
namespace {

/// What one part of a step came to.
struct Work {
  bool ok = true;
  std::string detail;
  std::optional<ActionOutcome::RecoveryPoint> recovery_point;
};

const char* done_by(const Step& step) { return step.manual ? "person" : "machine"; }

void record_step_started(DrillContext& drill, const Step& step) {
  drill.record("step.started", {{"id", step.id},
                                {"title", step.title},
                                {"budget_ns", step.budget ? Json(to_ns(*step.budget)) : Json(nullptr)},
                                {"after_end", step.after_end},
                                {"contains", step.contains_outage},
                                {"by", done_by(step)}});
}

Json recovery_point_json(const std::optional<ActionOutcome::RecoveryPoint>& point) {
  if (!point) return nullptr;
  return {{"service", point->service},
          {"kind", point->kind},
          {"backup_id", point->backup_id},
          {"sha256", point->sha256},
          {"newest_ns", point->newest ? Json(to_ns(*point->newest)) : Json(nullptr)}};
}

/// Later texts find the output under the step's title and under the name it was given.
void remember(DrillContext& drill, const Step& step, const std::string& output) {
  drill.world.remember_output(step.title, output);
  if (!step.output.empty() && step.output != step.title) drill.world.remember_output(step.output, output);
}

Task<Work> assume_done(DrillContext* drill, const Step* step, Limit limit) {
  const Instant until = std::min(drill->now() + drill->plan.assume_manual, limit.deadline);
  const auto woken = co_await drill->world.clock().sleep_until(until, limit.stop);
  if (!woken || drill->now() >= limit.deadline) co_return Work{false, "cut short before the time that was assumed", {}};
  remember(*drill, *step, "");
  const std::string took = human_duration(drill->plan.assume_manual);
  co_return Work{true, fmt::format("assumed, not exercised: a person takes {}", took), {}};
}

Task<Work> do_by_hand(DrillContext* drill, const Step* step, Limit limit) {
  if (drill->plan.assume_manual >= Duration{}) co_return co_await assume_done(drill, step, std::move(limit));
  if (!drill->people) co_return Work{false, "nobody is there to do it, and --assume-manual was not given", {}};
  const auto said = co_await drill->people->do_by_hand(*step, drill->fill(step->title), std::move(limit));
  if (!said) co_return Work{false, said.error().to_string(), {}};
  const std::string by = step->decision ? step->decision->by : "person";
  drill->record("decision.taken", {{"step", step->id}, {"by", by}, {"text", *said}});
  remember(*drill, *step, *said);
  co_return Work{true, *said, {}};
}

void record_output(DrillContext& drill, const Step& step, const ActionOutcome& outcome) {
  Json environment = Json::object();
  for (const auto& [name, value] : outcome.environment) environment[name] = value;
  drill.record("action.output", {{"step", step.id},
                                 {"command", outcome.command},
                                 {"exit", outcome.exit_status ? Json(*outcome.exit_status) : Json(nullptr)},
                                 {"output", outcome.output},
                                 {"environment", std::move(environment)}});
}

Task<Work> perform(DrillContext* drill, const Step* step, Limit limit) {
  Call action = *step->action;
  const auto outcome = co_await drill->world.perform(std::move(action), step->title, std::move(limit));
  if (!outcome) co_return Work{false, outcome.error().to_string(), {}};
  if (!outcome->command.empty()) record_output(*drill, *step, *outcome);
  remember(*drill, *step, outcome->output);
  const auto& point = outcome->recovery_point;
  if (outcome->ok && point && point->kind == "restore" && point->newest) {
    drill->restored_points.push_back(*point->newest);
    drill->restored_at.push_back(drill->now());
  }
  co_return Work{outcome->ok, outcome->detail, outcome->ok ? point : std::nullopt};
}

Task<Work> look(DrillContext* drill, const Step* step, Limit limit) {
  const auto answer = co_await look_until_holds(drill, *step->check, step->hold, std::move(limit));
  drill->record("check.result",
                {{"name", step->title}, {"of", "step"}, {"passed", answer.passed}, {"detail", answer.detail}});
  co_return Work{answer.passed, answer.detail, {}};
}

Task<void> run_one_of_many(DrillContext* drill, const Step* step, Limit limit, bool* done) {
  *done = co_await run_step(drill, step, std::move(limit));
}

Task<Work> run_together(DrillContext* drill, const Step* step, Limit limit) {
  TaskGroup group;
  const auto done = std::make_unique<bool[]>(step->together.size());
  for (std::size_t index = 0; index < step->together.size(); ++index)
    group.spawn(run_one_of_many(drill, &step->together[index], limit, &done[index]));
  co_await group.join();
  const auto failed = std::count(done.get(), done.get() + step->together.size(), false);
  if (failed == 0) co_return Work{};
  co_return Work{false, fmt::format("{} of {} steps failed", failed, step->together.size()), {}};
}

/// Every part that the step has, in order, until one fails.
Task<Work> do_parts(DrillContext* drill, const Step* step, Limit limit) {
  Work work;
  if (step->manual) work = co_await do_by_hand(drill, step, limit);
  if (work.ok && !step->together.empty()) work = co_await run_together(drill, step, limit);
  if (work.ok && step->action) work = co_await perform(drill, step, limit);
  if (work.ok && step->check) {
    auto recovery_point = std::move(work.recovery_point);
    work = co_await look(drill, step, limit);
    work.recovery_point = std::move(recovery_point);
  }
  co_return work;
}

/// Only a check gives up at its budget, and what there is an alternative for; nobody is sent away for being slow.
bool budget_ends(const Step& step) { return !step.otherwise.empty() || (step.check && !step.action && !step.manual); }

StepOutcome outcome_of(const Step& step, Work work, Duration took) {
  const Duration allowed = step.budget.value_or(Duration::max() - step.hold) + step.hold;
  const bool over = took > allowed || (!work.ok && took == allowed);
  const bool check_failed = !work.ok && step.check && !step.action;
  StepOutcome outcome{work.ok ? "ok" : "failed", std::move(work.detail), std::move(work.recovery_point)};
  // A check that never held has failed, however long it was waited for.
  if (over && !check_failed) outcome.outcome = "over budget";
  return outcome;
}

}  // namespace

void record_step_finished(DrillContext& drill, const Step& step, const StepOutcome& outcome) {
  drill.record("step.finished", {{"id", step.id},
                                 {"title", step.title},
                                 {"outcome", outcome.outcome},
                                 {"detail", outcome.detail},
                                 {"contains", step.contains_outage},
                                 {"after_end", step.after_end},
                                 {"by", done_by(step)},
                                 {"recovery_point", recovery_point_json(outcome.recovery_point)}});
}

Task<bool> run_step(DrillContext* drill, const Step* step, Limit limit) {
  record_step_started(*drill, *step);
  const Instant began = drill->now();
  Limit own = limit;
  if (step->budget && budget_ends(*step)) own.deadline = std::min(limit.deadline, began + *step->budget + step->hold);
  Work work = co_await do_parts(drill, step, std::move(own));
  const bool done = work.ok;
  record_step_finished(*drill, *step, outcome_of(*step, std::move(work), drill->now() - began));
  if (done || step->otherwise.empty()) co_return done;
  std::vector<const Step*> otherwise;
  for (const auto& other : step->otherwise) otherwise.push_back(&other);
  co_return co_await run_steps(drill, std::move(otherwise), std::move(limit));
}

}  // namespace blackstart
