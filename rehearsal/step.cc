#include "rehearsal/step.h"

#include "rehearsal/checks.h"
#include "rehearsal/recovery.h"
#include "rehearsal/step_people.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace blackstart {
namespace {

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

void record_output(DrillContext& drill, const Step& step, const ActionOutcome& outcome) {
  Json environment = Json::object();
  for (const auto& [name, value] : outcome.environment) environment[name] = value;
  drill.record("action.output", {{"step", step.id},
                                 {"command", outcome.command},
                                 {"exit", outcome.exit_status ? Json(*outcome.exit_status) : Json(nullptr)},
                                 {"output", outcome.output},
                                 {"environment", std::move(environment)}});
}

Task<StepWork> perform(DrillContext* drill, const Step* step, Limit limit) {
  Call action = *step->action;
  const auto outcome = co_await drill->world.perform(std::move(action), step->title, std::move(limit));
  if (!outcome) co_return StepWork{.ok = false, .detail = outcome.error().to_string()};
  if (!outcome->command.empty()) record_output(*drill, *step, *outcome);
  // What was decided keeps the name that the step gives it.
  if (step->decision)
    drill->world.remember_output(step->title, outcome->output);
  else
    remember_output(*drill, *step, outcome->output);
  const auto& point = outcome->recovery_point;
  if (outcome->ok && point && point->kind == "restore" && point->newest) {
    drill->restored_points.push_back(*point->newest);
    drill->restored_at.push_back(drill->now());
  }
  co_return StepWork{outcome->ok, outcome->detail, outcome->ok ? point : std::nullopt};
}

Task<StepWork> look(DrillContext* drill, const Step* step, Limit limit) {
  const auto answer = co_await look_until_holds(drill, *step->check, step->hold, std::move(limit));
  drill->record("check.result",
                {{"name", step->title}, {"of", "step"}, {"passed", answer.passed}, {"detail", answer.detail}});
  co_return StepWork{.ok = answer.passed, .detail = answer.detail};
}

Task<void> run_one_of_many(DrillContext* drill, const Step* step, Limit limit, bool* done) {
  const StepEnd end = co_await run_step(drill, step, std::move(limit));
  *done = end.done;
}

Task<StepWork> run_together(DrillContext* drill, const Step* step, Limit limit) {
  TaskGroup group;
  const auto done = std::make_unique<bool[]>(step->together.size());
  for (std::size_t index = 0; index < step->together.size(); ++index)
    group.spawn(run_one_of_many(drill, &step->together[index], limit, &done[index]));
  co_await group.join();
  const auto failed = std::count(done.get(), done.get() + step->together.size(), false);
  if (failed == 0) co_return StepWork{};
  co_return StepWork{.ok = false, .detail = fmt::format("{} of {} steps failed", failed, step->together.size())};
}

/// Lets a person pick one of the alternatives and runs it.
Task<StepWork> run_option(DrillContext* drill, const Step* step, Limit limit) {
  std::string why;
  const Step* picked = co_await choose(drill, step, limit, &why);
  if (picked == nullptr) co_return StepWork{.ok = false, .detail = "nothing was chosen: " + why};
  std::vector<const Step*> others;
  for (const Step& option : step->options)
    if (&option != picked) others.push_back(&option);
  skip_steps(*drill, others, fmt::format("\"{}\" was chosen", picked->title));
  StepEnd end = co_await run_step(drill, picked, std::move(limit));
  const char* failed = end.done ? "" : ", and it failed";
  co_return StepWork{.ok = end.done,
                     .detail = fmt::format("\"{}\"{}, {}", picked->title, failed, why),
                     .skip_to = std::move(end.skip_to)};
}

/// What people do before anything else of the step happens.
Task<StepWork> do_people_part(DrillContext* drill, const Step* step, Limit limit) {
  if (step->decision) co_return co_await decide(drill, step, std::move(limit));
  if (step->manual) co_return co_await do_by_hand(drill, step, std::move(limit));
  co_return StepWork{};
}

/// Every part that the step has, in order, until one fails.
Task<StepWork> do_parts(DrillContext* drill, const Step* step, Limit limit) {
  if (!step->options.empty()) co_return co_await run_option(drill, step, std::move(limit));
  StepWork work = co_await do_people_part(drill, step, limit);
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

StepOutcome outcome_of(const Step& step, StepWork work, Duration took) {
  const Duration allowed = step.budget.value_or(Duration::max() - step.hold) + step.hold;
  const bool over = took > allowed || (!work.ok && took == allowed);
  const bool check_failed = !work.ok && step.check && !step.action;
  StepOutcome outcome{work.ok ? "ok" : "failed", std::move(work.detail), std::move(work.recovery_point), work.ok};
  // A check that never held has failed, however long it was waited for.
  if (over && !check_failed) outcome.outcome = "over budget";
  return outcome;
}

}  // namespace

void record_step_finished(DrillContext& drill, const Step& step, const StepOutcome& outcome) {
  drill.record("step.finished", {{"id", step.id},
                                 {"title", step.title},
                                 {"outcome", outcome.outcome},
                                 {"done", outcome.done},
                                 {"detail", outcome.detail},
                                 {"contains", step.contains_outage},
                                 {"after_end", step.after_end},
                                 {"by", done_by(step)},
                                 {"recovery_point", recovery_point_json(outcome.recovery_point)}});
}

Task<StepEnd> run_step(DrillContext* drill, const Step* step, Limit limit) {
  record_step_started(*drill, *step);
  const Instant began = drill->now();
  Limit own = limit;
  if (step->budget && budget_ends(*step)) own.deadline = std::min(limit.deadline, began + *step->budget + step->hold);
  StepWork work = co_await do_parts(drill, step, std::move(own));
  StepEnd end{work.ok, work.ok && !step->skip_to.empty() ? step->skip_to : work.skip_to};
  record_step_finished(*drill, *step, outcome_of(*step, std::move(work), drill->now() - began));
  if (end.done && step->contains_outage) drill->contained = drill->now();
  if (end.done || step->otherwise.empty()) co_return end;
  std::vector<const Step*> otherwise;
  for (const auto& other : step->otherwise) otherwise.push_back(&other);
  co_return co_await run_steps(drill, std::move(otherwise), std::move(limit));
}

}  // namespace blackstart
