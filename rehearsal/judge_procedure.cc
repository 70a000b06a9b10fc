#include "rehearsal/judge_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace blackstart {
namespace {

/// A reconciliation without a complete read-back proves nothing, neither way.
bool is_unanswered(const ValidationCheck& check, const Measurement& measurement) {
  const bool reconciles = check.check && check.check->word == "reconcile";
  return reconciles && (!measurement.read_back || !measurement.read_back->complete);
}

Judgement judge_validation(const ValidationCheck& check, const Measurement& measurement) {
  Judgement judgement;
  judgement.name = check.name;
  judgement.group = "validation";
  judgement.target = "passes";
  const CheckRecord* record = last_validation(measurement, check.name);
  if (record == nullptr) {
    judgement.achieved = "not checked";
    judgement.reached = false;
    judgement.why = "the drill ended before it was checked";
    return judgement;
  }
  judgement.achieved = record->passed ? "passed" : "failed";
  judgement.outcome = record->passed ? Outcome::kPass : Outcome::kFail;
  if (!record->passed && is_unanswered(check, measurement)) {
    judgement.achieved = "not known";
    judgement.outcome = Outcome::kInconclusive;
  }
  if (!record->passed) judgement.why = record->detail.empty() ? "it did not pass" : record->detail;
  judgement.evidence = {record->evidence};
  return judgement;
}

/// Fails, or warns, as the scenario's `judge:` says.
void apply(Judge policy, Judgement& judgement) { judgement.counts = policy == Judge::kFail; }

Judgement judge_budget(const StepRecord& step, Judge policy, Instant ended) {
  Judgement judgement;
  judgement.name = fmt::format("budget of '{}'", step.title);
  judgement.group = "budget";
  judgement.target = spell_duration(*step.budget);
  judgement.evidence = step.evidence;
  apply(policy, judgement);
  const Duration took = step.ended.value_or(ended) - *step.started;
  judgement.achieved = length_text(took);
  const bool used_up = step.ended && !step.done && took >= *step.budget;  // and not done then
  const bool over = took > *step.budget || used_up || step.outcome == "over budget";
  if (!step.ended && !over) {
    judgement.why = "the step had not ended when the drill did";
    return judgement;
  }
  judgement.outcome = over ? Outcome::kFail : Outcome::kPass;
  if (over) judgement.why = fmt::format("it took {}; its budget is {}", judgement.achieved, judgement.target);
  return judgement;
}

/// Due times and delays are counted from the fault, as people do.
std::string since(const Measurement& measurement, Instant at) {
  if (measurement.incidents.empty()) return length_text(at - kDrillStart);
  return length_text(at - *measurement.incidents.front().timeline.fault);
}

Judgement judge_communication(const CommunicationRecord& record, Judge policy, const Measurement& measurement) {
  Judgement judgement;
  judgement.name = fmt::format("tell {} by {}", record.audience, record.channel);
  judgement.group = "communication";
  judgement.target = record.due ? "by " + since(measurement, *record.due) : "sent";
  judgement.achieved = record.sent ? "after " + since(measurement, *record.sent) : "not delivered";
  judgement.outcome = record.late ? Outcome::kFail : Outcome::kPass;
  if (record.late)
    judgement.why =
        record.sent ? fmt::format("it went out {} after the fault, later than {}", since(measurement, *record.sent),
                                  since(measurement, *record.due))
                    : "it was never delivered" + (record.why_undelivered.empty() ? "" : ": " + record.why_undelivered);
  if (record.evidence != 0) judgement.evidence = {record.evidence};
  apply(policy, judgement);
  return judgement;
}

}  // namespace

void judge_procedure(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const JudgePolicy& policy = spec.scenario.judge;
  for (const ValidationCheck& check : spec.scenario.validation)
    judgements.push_back(judge_validation(check, measurement));
  if (policy.budgets != Judge::kIgnore)
    for (const StepRecord& step : measurement.steps)
      if (step.budget && step.started) judgements.push_back(judge_budget(step, policy.budgets, measurement.ended));
  if (policy.communications != Judge::kIgnore)
    for (const CommunicationRecord& record : measurement.communications)
      judgements.push_back(judge_communication(record, policy.communications, measurement));
}

}  // namespace blackstart
