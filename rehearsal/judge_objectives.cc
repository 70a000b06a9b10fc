#include "rehearsal/judge_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace blackstart {
namespace {

/// What became of one target, in one incident.
struct Held {
  Outcome outcome = Outcome::kPass;
  std::string why;
};

/// A figure against its target: within, beyond, or too close to tell.
Held compare(const std::string& what, Duration achieved, Duration uncertainty, Duration target) {
  const std::string allowed = spell_duration(target);
  if (achieved - uncertainty > target)
    return {Outcome::kFail, fmt::format("{} {}; the objective allows {}", what, length_text(achieved), allowed)};
  if (achieved + uncertainty > target)
    return {Outcome::kInconclusive, fmt::format("{} {} (± {}), too close to the objective of {} to tell", what,
                                                length_text(achieved), length_text(uncertainty), allowed)};
  return {};
}

/// A lower bound against its target: beyond it is a miss, below it nothing is known.
Held compare_bound(const std::string& what, const std::string& remedy, Duration bound, Duration uncertainty,
                   Duration target) {
  const std::string text = fmt::format("{} at least {}", what, length_text(bound));
  if (bound - uncertainty > target)
    return {Outcome::kFail, fmt::format("{}; the objective allows {}", text, spell_duration(target))};
  return {Outcome::kInconclusive, fmt::format("{}, and {}", text, remedy)};
}

constexpr const char* kRecordsGone =
    "every record is gone, so that nobody can tell how far back the loss reaches: give it a longer steady state";
constexpr const char* kWatchLonger =
    "the drill ended before service was back for good (observe says how long it watches)";
constexpr const char* kLongerBefore =
    "the loss reaches back to the first bids of the drill: give it a longer steady state";

Held hold_rto(const Incident& incident, Duration target) {
  const RtoFigure& rto = incident.rto;
  if (!rto.achieved) return {Outcome::kInconclusive, rto.why_unknown};
  if (rto.relapsed)
    return {Outcome::kFail, fmt::format("service came back after {} and then failed again without a new fault",
                                        length_text(*rto.achieved))};
  if (rto.censored && !incident.timeline.impact)
    return {Outcome::kInconclusive,
            "no outage was seen, but the drill stopped watching too soon after the fault to be sure"};
  if (rto.censored) return compare_bound("recovery took", kWatchLonger, *rto.achieved, rto.uncertainty, target);
  return compare("recovery took", *rto.achieved, rto.uncertainty, target);
}

Held hold_rpo(const Incident& incident, Duration target, const char* remedy) {
  const RpoFigure& rpo = incident.rpo;
  if (!rpo.achieved) return {Outcome::kInconclusive, fmt::format("what was lost is not known: {}", rpo.why_unknown)};
  if (rpo.censored) return compare_bound("lost data spans", remedy, *rpo.achieved, rpo.uncertainty, target);
  return compare("lost data spans", *rpo.achieved, rpo.uncertainty, target);
}

Held hold_mtd(const Incident& incident, Duration target) {
  const RtoFigure& rto = incident.rto;
  if (!rto.achieved) return {Outcome::kInconclusive, rto.why_unknown};
  const Duration total = *rto.achieved + incident.wrt;
  if (!rto.censored && incident.wrt_known)
    return compare("recovery and the work after it took", total, rto.uncertainty, target);
  const char* remedy = rto.censored ? kWatchLonger : "the work after it had not ended when the drill stopped watching";
  return compare_bound("recovery and the work after it took", remedy, total, rto.uncertainty, target);
}

std::string incident_name(const RecoveryTargets& targets, const Measurement& measurement, std::size_t index) {
  const auto& ids = (*targets.incidents)[index].faults;
  for (const FaultRecord& fault : measurement.faults)
    if (!ids.empty() && fault.id == ids.front()) return fmt::format("incident {} ({})", index + 1, fault.name);
  return fmt::format("incident {}", index + 1);
}

/// Every incident is held to the target; the worst decides.
template <class Hold>
Held hold_all(const RecoveryTargets& targets, const Measurement& measurement, Hold hold) {
  Held decided;
  const std::vector<Incident>& incidents = *targets.incidents;
  for (std::size_t index = 0; index < incidents.size(); ++index) {
    Held held = hold(incidents[index]);
    if (held.outcome <= decided.outcome) continue;
    if (incidents.size() > 1) held.why = fmt::format("{}: {}", incident_name(targets, measurement, index), held.why);
    decided = std::move(held);
  }
  return decided;
}

template <class Figure>
std::string figure_text(const Figure& figure) {
  if (!figure.achieved) return "not measured";
  return (figure.censored ? "> " : "") + length_text(*figure.achieved);
}

std::string mtd_text(const Incident& incident) {
  if (!incident.rto.achieved) return "not measured";
  const bool bound = incident.rto.censored || !incident.wrt_known;
  return (bound ? "> " : "") + length_text(*incident.rto.achieved + incident.wrt);
}

std::string uncertainty_text(Duration uncertainty) {
  return uncertainty == Duration{} ? std::string() : length_text(uncertainty);
}

Judgement make(const RecoveryTargets& targets, const char* name, Duration target) {
  Judgement judgement;
  judgement.name = targets.prefix + name;
  judgement.group = targets.group;
  judgement.target = spell_duration(target);
  judgement.achieved = "not measured";
  judgement.evidence = evidence_of(*targets.incidents);
  return judgement;
}

/// What makes every figure worthless sets it aside; without a fault, or without evidence, there is none.
void decide(const RecoveryTargets& targets, const Measurement& measurement, const std::string& doubt, Held held,
            Judgement& judgement) {
  if (measurement.incidents.empty()) {
    judgement.reached = false;
    held = {Outcome::kInconclusive, why_not_injected(measurement)};
  } else if (!targets.why_unknown.empty() || targets.incidents->empty()) {
    held = {Outcome::kInconclusive, targets.why_unknown.empty() ? "nothing was measured" : targets.why_unknown};
  } else if (!doubt.empty()) {
    held = {Outcome::kInconclusive, doubt};
  }
  judgement.outcome = held.outcome;
  judgement.why = std::move(held.why);
}

std::string first_of(const std::string& a, const std::string& b) { return a.empty() ? b : a; }

}  // namespace

void judge_targets(const RecoveryTargets& targets, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const bool any = !targets.incidents->empty() && targets.why_unknown.empty();
  const Incident none;
  const Incident& headline = any ? (*targets.incidents)[targets.worst] : none;
  const std::string unproven = why_unproven(measurement);
  const std::string doubt = targets.by_bids ? first_of(unproven, generator_too_slow(measurement)) : unproven;
  const auto add = [&](const char* name, Duration target, const std::string& achieved, Duration uncertainty,
                       const std::string& doubted, auto hold) {
    Judgement judgement = make(targets, name, target);
    if (any) judgement.achieved = achieved;
    judgement.uncertainty = uncertainty_text(uncertainty);
    decide(targets, measurement, doubted, hold_all(targets, measurement, hold), judgement);
    judgements.push_back(std::move(judgement));
  };
  if (targets.rto)
    add("rto", targets.rto->within, figure_text(headline.rto), headline.rto.uncertainty, doubt,
        [&](const Incident& incident) { return hold_rto(incident, targets.rto->within); });
  if (targets.rpo) {
    const char* remedy = targets.by_bids ? kLongerBefore : kRecordsGone;
    add("rpo", *targets.rpo, figure_text(headline.rpo), headline.rpo.uncertainty, unproven,
        [&](const Incident& incident) { return hold_rpo(incident, *targets.rpo, remedy); });
    auto& evidence = judgements.back().evidence;
    for (const std::uint64_t seq : targets.rpo_evidence)
      if (std::find(evidence.begin(), evidence.end(), seq) == evidence.end()) evidence.push_back(seq);
  }
  if (targets.mtd)
    add("mtd", *targets.mtd, mtd_text(headline), headline.rto.uncertainty, doubt,
        [&](const Incident& incident) { return hold_mtd(incident, *targets.mtd); });
}

void judge_objectives(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const Objectives& objectives = spec.scenario.objectives;
  RecoveryTargets targets;
  targets.group = "objective";
  targets.incidents = &measurement.incidents;
  targets.worst = measurement.worst;
  targets.rto = objectives.rto;
  targets.rpo = objectives.rpo;
  targets.mtd = objectives.mtd;
  if (measurement.read_back_evidence != 0) targets.rpo_evidence = {measurement.read_back_evidence};
  judge_targets(targets, measurement, judgements);
}

}  // namespace blackstart
