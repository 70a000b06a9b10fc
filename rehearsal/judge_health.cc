#include "rehearsal/judge_parts.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

bool took_effect(const FaultRecord& fault) { return fault.acted && (fault.proven || fault.proven_by_impact); }

std::string why_without_effect(const FaultRecord& fault) {
  if (!fault.acted) return "it was prepared, but never carried out";
  if (!fault.provable) return "it has no `prove`, and no outage followed that would show it";
  return fault.proof.empty() ? "nothing shows that it did" : fault.proof;
}

Judgement make(std::string name, std::string target) {
  Judgement judgement;
  judgement.name = std::move(name);
  judgement.group = "health";
  judgement.target = std::move(target);
  return judgement;
}

Judgement judge_steady(const Measurement& measurement) {
  Judgement judgement = make("steady state", "holds before the first fault");
  judgement.achieved = measurement.steady_held ? "held" : "did not hold";
  judgement.outcome = measurement.steady_held ? Outcome::kPass : Outcome::kInconclusive;
  if (!measurement.steady_held) judgement.why = measurement.steady_why;
  if (measurement.steady_evidence != 0) judgement.evidence = {measurement.steady_evidence};
  return judgement;
}

Judgement judge_effect(const std::string& name, const FaultRecord* fault, const Measurement& measurement) {
  Judgement judgement = make(fmt::format("fault '{}' took effect", name), "proven");
  if (fault == nullptr) {
    judgement.achieved = "not injected";
    judgement.reached = false;
    judgement.why = measurement.incidents.empty() ? why_not_injected(measurement) : "the drill ended before it";
    return judgement;
  }
  judgement.evidence = fault->evidence;
  judgement.reached = fault->acted.has_value();
  if (!took_effect(*fault)) {
    judgement.achieved = "not proven";
    judgement.why = why_without_effect(*fault);
    return judgement;
  }
  judgement.outcome = Outcome::kPass;
  judgement.achieved = fault->proven ? fault->proof : "the outage that followed is the proof";
  return judgement;
}

Judgement judge_generator(const Measurement& measurement) {
  Judgement judgement = make("load generator kept pace", "<= 0.1 % unsent, p99 lateness <= 10 ms");
  const std::string slow = generator_too_slow(measurement);
  judgement.achieved = slow.empty() ? "kept pace" : "too slow";
  judgement.outcome = slow.empty() ? Outcome::kPass : Outcome::kInconclusive;
  judgement.why = slow;
  judgement.evidence = measurement.traffic_evidence;
  return judgement;
}

Judgement judge_read_back(const Spec& spec, const Measurement& measurement) {
  Judgement judgement = make("read-back", "complete, twice the same");
  if (measurement.read_back) judgement.evidence = {measurement.read_back_evidence};
  if (measurement.read_back && measurement.read_back->complete) {
    judgement.outcome = Outcome::kPass;
    judgement.achieved = fmt::format("complete, {} passes", measurement.read_back->passes);
    return judgement;
  }
  judgement.reached = measurement.read_back.has_value();
  judgement.achieved = measurement.read_back ? "incomplete" : "none";
  judgement.why = measurement.read_back ? measurement.read_back->why_incomplete : "nothing was read back";
  const LoadMapping& load = spec.target.load;
  const bool possible = load.protocol_bids || load.read_back != LoadMapping::ReadBackKind::kNone;
  judgement.counts = possible || spec.scenario.objectives.rpo.has_value();
  return judgement;
}

/// Reported beside the verdict; what it finds changes the exit code, not the measurements.
Judgement judge_healing(const Measurement& measurement) {
  Judgement judgement = make("everything healed", "nothing left behind");
  judgement.counts = false;
  judgement.evidence = evidence_of(measurement.faults);
  if (!measurement.finished) {
    judgement.achieved = "not known";
    judgement.reached = false;
    judgement.why = "the journal ends before the drill did; run `blackstart recover`";
    return judgement;
  }
  const auto unhealed = unhealed_faults(measurement);
  for (const FaultRecord* fault : unhealed)
    judgement.why += fmt::format("{}fault '{}' is not proven healed", judgement.why.empty() ? "" : "; ", fault->name);
  for (const ResidueRecord& residue : measurement.residues)
    judgement.why += fmt::format("{}{}{}{}", judgement.why.empty() ? "" : "; ", residue.what,
                                 residue.how_to_heal.empty() ? "" : " - heal it with: ", residue.how_to_heal);
  const bool clean = unhealed.empty() && measurement.residues.empty();
  judgement.achieved = clean ? "nothing left behind"
                             : fmt::format("{} left behind", std::max(unhealed.size(), measurement.residues.size()));
  judgement.outcome = clean ? Outcome::kPass : Outcome::kFail;
  return judgement;
}

}  // namespace

std::string why_unproven(const Measurement& measurement) {
  for (const FaultRecord& fault : measurement.faults)
    if (!took_effect(fault))
      return fmt::format("the fault '{}' is not proven to have taken effect: {}", fault.name,
                         why_without_effect(fault));
  return "";
}

std::string why_not_injected(const Measurement& measurement) {
  if (!measurement.steady_held) return fmt::format("no fault was injected: {}", measurement.steady_why);
  if (!measurement.stop_reason.empty())
    return fmt::format("no fault was injected: stopped ({})", measurement.stop_reason);
  if (!measurement.abort_reason.empty()) return fmt::format("no fault was injected: {}", measurement.abort_reason);
  return measurement.dry ? "no fault was injected: this was a dry run" : "no fault was injected";
}

std::vector<const FaultRecord*> unhealed_faults(const Measurement& measurement) {
  std::vector<const FaultRecord*> unhealed;
  for (const FaultRecord& fault : measurement.faults)
    if (fault.acted && !fault.heal_proven) unhealed.push_back(&fault);
  return unhealed;
}

void judge_health(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  judgements.push_back(judge_steady(measurement));
  for (const FaultSpec& fault : spec.scenario.faults) {
    const auto record = std::find_if(measurement.faults.begin(), measurement.faults.end(),
                                     [&](const FaultRecord& candidate) { return candidate.name == fault.name; });
    judgements.push_back(
        judge_effect(fault.name, record == measurement.faults.end() ? nullptr : &*record, measurement));
  }
  judgements.push_back(judge_generator(measurement));
  judgements.push_back(judge_read_back(spec, measurement));
  judgements.push_back(judge_healing(measurement));
}

}  // namespace blackstart
