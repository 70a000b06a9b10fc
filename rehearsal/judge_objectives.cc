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

constexpr const char* kWatchLonger =
    "the drill stopped watching before service was back for good: give it a longer observe:";
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

Held hold_rpo(const Incident& incident, Duration target) {
  const RpoFigure& rpo = incident.rpo;
  if (!rpo.achieved) return {Outcome::kInconclusive, fmt::format("what was lost is not known: {}", rpo.why_unknown)};
  if (rpo.censored) return compare_bound("lost data spans", kLongerBefore, *rpo.achieved, rpo.uncertainty, target);
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

std::string incident_name(const Measurement& measurement, std::size_t index) {
  const auto& ids = measurement.incidents[index].faults;
  for (const FaultRecord& fault : measurement.faults)
    if (!ids.empty() && fault.id == ids.front()) return fmt::format("incident {} ({})", index + 1, fault.name);
  return fmt::format("incident {}", index + 1);
}

/// Every incident is held to the target; the worst decides.
template <class Hold>
Held hold_all(const Measurement& measurement, Duration target, Hold hold) {
  Held decided;
  for (std::size_t index = 0; index < measurement.incidents.size(); ++index) {
    Held held = hold(measurement.incidents[index], target);
    if (held.outcome <= decided.outcome) continue;
    if (measurement.incidents.size() > 1) held.why = fmt::format("{}: {}", incident_name(measurement, index), held.why);
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

Judgement make(const char* name, Duration target, const Measurement& measurement) {
  Judgement judgement;
  judgement.name = name;
  judgement.group = "objective";
  judgement.target = spell_duration(target);
  judgement.achieved = "not measured";
  for (const Incident& incident : measurement.incidents)
    judgement.evidence.insert(judgement.evidence.end(), incident.evidence.begin(), incident.evidence.end());
  std::sort(judgement.evidence.begin(), judgement.evidence.end());
  return judgement;
}

/// What makes every figure worthless sets it aside; without a fault there is none.
void decide(const Measurement& measurement, const std::string& doubt, Held held, Judgement& judgement) {
  if (measurement.incidents.empty()) {
    judgement.reached = false;
    held = {Outcome::kInconclusive, why_not_injected(measurement)};
  } else if (!doubt.empty()) {
    held = {Outcome::kInconclusive, doubt};
  }
  judgement.outcome = held.outcome;
  judgement.why = std::move(held.why);
}

std::string first_of(const std::string& a, const std::string& b) { return a.empty() ? b : a; }

}  // namespace

void judge_objectives(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  const Objectives& objectives = spec.scenario.objectives;
  const bool any = !measurement.incidents.empty();
  const Incident none;
  const Incident& headline = any ? measurement.incidents[measurement.worst] : none;
  const std::string unproven = why_unproven(measurement);
  const std::string slow = generator_too_slow(measurement);
  if (objectives.rto) {
    const Duration target = objectives.rto->within;
    Judgement rto = make("rto", target, measurement);
    if (any) rto.achieved = figure_text(headline.rto);
    rto.uncertainty = uncertainty_text(headline.rto.uncertainty);
    decide(measurement, first_of(unproven, slow), hold_all(measurement, target, hold_rto), rto);
    judgements.push_back(std::move(rto));
  }
  if (objectives.rpo) {
    Judgement rpo = make("rpo", *objectives.rpo, measurement);
    if (any) rpo.achieved = figure_text(headline.rpo);
    rpo.uncertainty = uncertainty_text(headline.rpo.uncertainty);
    if (measurement.read_back_evidence != 0) rpo.evidence.push_back(measurement.read_back_evidence);
    decide(measurement, unproven, hold_all(measurement, *objectives.rpo, hold_rpo), rpo);
    judgements.push_back(std::move(rpo));
  }
  if (objectives.mtd) {
    Judgement mtd = make("mtd", *objectives.mtd, measurement);
    if (any) mtd.achieved = mtd_text(headline);
    mtd.uncertainty = uncertainty_text(headline.rto.uncertainty);
    decide(measurement, first_of(unproven, slow), hold_all(measurement, *objectives.mtd, hold_mtd), mtd);
    judgements.push_back(std::move(mtd));
  }
}

}  // namespace blackstart
