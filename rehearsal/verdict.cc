#include "rehearsal/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"
#include "rehearsal/judge_parts.h"

namespace blackstart {
namespace {

constexpr int kExitPass = 0, kExitFail = 1, kExitInconclusive = 2, kExitStopped = 3, kExitResidues = 4,
              kExitInternal = 255;

bool left_behind(const Measurement& measurement) {
  if (!measurement.residues.empty()) return true;
  return measurement.finished && !unhealed_faults(measurement).empty();
}

int exit_code(Outcome outcome, const Measurement& measurement) {
  if (left_behind(measurement)) return kExitResidues;
  if (measurement.internal_error) return kExitInternal;
  if (!measurement.stop_reason.empty()) return kExitStopped;
  switch (outcome) {
    case Outcome::kPass:
      return kExitPass;
    case Outcome::kFail:
      return kExitFail;
    case Outcome::kInconclusive:
      break;
  }
  return kExitInconclusive;
}

Outcome overall(const std::vector<Judgement>& judgements) {
  bool any = false;
  Outcome outcome = Outcome::kPass;
  for (const Judgement& judgement : judgements) {
    if (!judgement.counts) continue;
    any = any || judgement.group != "health";
    outcome = worst(outcome, judgement.outcome);
  }
  return any ? outcome : worst(outcome, Outcome::kInconclusive);  // no evidence is never a pass
}

void add_once(std::vector<std::string>& reasons, std::string reason) {
  if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(std::move(reason));
}

/// One line a cause: "rto, mtd: <why>" where several share it.
void explain_judgements(const std::vector<Judgement>& judgements, Outcome outcome, bool counts, const char* prefix,
                        std::vector<std::string>& reasons) {
  std::vector<std::pair<std::string, std::string>> causes;  // why -> names
  for (const Judgement& judgement : judgements) {
    if (judgement.outcome != outcome || judgement.counts != counts || judgement.why.empty()) continue;
    const auto known =
        std::find_if(causes.begin(), causes.end(), [&](const auto& c) { return c.first == judgement.why; });
    if (known == causes.end())
      causes.emplace_back(judgement.why, judgement.name);
    else
      known->second += ", " + judgement.name;
  }
  for (const auto& [why, names] : causes) add_once(reasons, fmt::format("{}{}: {}", prefix, names, why));
}

/// Bad bins too far apart for an outage are downtime all the same.
std::string explain_absorbed(const Measurement& measurement) {
  Duration missed{};
  for (const Incident& incident : measurement.incidents) missed += incident.downtime_service_level;
  if (missed == Duration{}) return "the fault caused no outage: the service level held throughout";
  return fmt::format(
      "the service level was missed for {} in all, never for long enough to count as an outage (3 bad bins "
      "of 10)",
      length_text(missed));
}

void explain_pass(const Measurement& measurement, std::vector<std::string>& reasons) {
  if (measurement.incidents.empty()) return;
  const Incident& worst_incident = measurement.incidents[measurement.worst];
  if (worst_incident.rto.absorbed)
    add_once(reasons, explain_absorbed(measurement));
  else if (worst_incident.rto.achieved)
    add_once(reasons, fmt::format("service was back {} after the fault", length_text(*worst_incident.rto.achieved)));
  if (!measurement.read_back || !measurement.read_back->complete) return;
  const std::uint64_t lost = measurement.read_back->lost;
  if (lost == 0)
    add_once(reasons, "every acknowledged bid is still there");
  else if (worst_incident.rpo.achieved)
    add_once(reasons, fmt::format("{} acknowledged bids were lost, spanning {}", human_count(lost),
                                  length_text(*worst_incident.rpo.achieved)));
}

/// Failures first, then what could not be judged; the causes (health) before their consequences.
std::vector<std::string> explain(const Measurement& measurement, const Verdict& verdict) {
  std::vector<std::string> reasons;
  const auto healing = std::find_if(verdict.judgements.begin(), verdict.judgements.end(),
                                    [](const Judgement& judgement) { return judgement.name == "everything healed"; });
  if (left_behind(measurement) && healing != verdict.judgements.end())
    reasons.push_back(fmt::format("faults were left behind: {}", healing->why));
  if (!measurement.stop_reason.empty())
    reasons.push_back(fmt::format("the drill was stopped: {}", measurement.stop_reason));
  if (!measurement.abort_reason.empty())
    reasons.push_back(fmt::format("the drill ended with an error: {}", measurement.abort_reason));
  explain_judgements(verdict.judgements, Outcome::kFail, true, "", reasons);
  std::vector<Judgement> causes, others, unreached;
  for (const Judgement& judgement : verdict.judgements)
    (!judgement.reached ? unreached : judgement.group == "health" ? causes : others).push_back(judgement);
  for (const auto* part : {&causes, &others, &unreached})
    explain_judgements(*part, Outcome::kInconclusive, true, "", reasons);
  if (verdict.outcome == Outcome::kPass) explain_pass(measurement, reasons);
  explain_judgements(others, Outcome::kFail, false, "warning: ", reasons);
  for (const StepRecord& step : measurement.steps)
    if (step.ended && !step.done && step.outcome != "skipped")
      add_once(reasons, fmt::format("warning: the step '{}' failed: {}", step.title, step.detail));
  if (reasons.empty()) reasons.emplace_back("the drill judged nothing: it has no objective, threshold or validation");
  return reasons;
}

}  // namespace

const char* to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "pass";
    case Outcome::kInconclusive:
      return "inconclusive";
    case Outcome::kFail:
      return "fail";
  }
  return "inconclusive";
}

Outcome worst(Outcome a, Outcome b) { return std::max(a, b); }

std::string length_text(Duration length) { return length == Duration{} ? "0 s" : human_duration(length); }

Verdict judge(const Spec& spec, const Measurement& measurement) {
  Verdict verdict;
  judge_objectives(spec, measurement, verdict.judgements);
  judge_components(spec, measurement, verdict.judgements);
  judge_thresholds(spec, measurement, verdict.judgements);
  judge_procedure(spec, measurement, verdict.judgements);
  judge_runbook(spec, measurement, verdict.judgements);
  judge_health(spec, measurement, verdict.judgements);
  verdict.outcome = overall(verdict.judgements);
  verdict.exit_code = exit_code(verdict.outcome, measurement);
  verdict.reasons = explain(measurement, verdict);
  return verdict;
}

}  // namespace blackstart
