#pragma once
// The parts of judge(), one a group of judgements. Each appends what it judged. Pure.

#include "rehearsal/verdict.h"

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace blackstart {

/// Why no figure that depends on the faults can be trusted, in words; empty when nothing speaks against them.
std::string why_unproven(const Measurement& measurement);
/// Why nothing was injected, in words. REQUIRES: no fault was acted.
std::string why_not_injected(const Measurement& measurement);

/// rto, rpo, mtd, as far as the scenario sets them.
void judge_objectives(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// Objectives of recovery that are held to the incidents of one evidence: the drill's own, or a component's.
struct RecoveryTargets {
  std::string prefix;  // of the judgements' names: "", "analytics "
  std::string group;   // "objective", "component"
  const std::vector<Incident>* incidents = nullptr;
  std::size_t worst = 0;
  std::optional<RtoObjective> rto;
  std::optional<Duration> rpo, mtd;
  bool by_bids = true;
  std::string why_unknown;  // where there is no evidence at all
  std::vector<std::uint64_t> rpo_evidence;
};
void judge_targets(const RecoveryTargets& targets, const Measurement& measurement, std::vector<Judgement>& judgements);
/// rto, rpo, mtd of each component, as far as the scenario sets them; group "component".
void judge_components(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// The judgements of component `name`: all of them are about it.
std::vector<const Judgement*> component_judgements(const Verdict& verdict, const std::string& name);

/// The scenario's thresholds, and the limits that need none.
void judge_thresholds(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// Validation checks, budgets and communications.
void judge_procedure(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// What breakers were expected to become, and deadlines.
void judge_runbook(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// Whether the drill itself proves anything: steady state, effects, generator, read-back, healing.
void judge_health(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);

/// The journal's lines behind `records` (incidents, faults), each once, in order.
template <class Record>
std::vector<std::uint64_t> evidence_of(const std::vector<Record>& records) {
  std::set<std::uint64_t> lines;
  for (const Record& record : records) lines.insert(record.evidence.begin(), record.evidence.end());
  return {lines.begin(), lines.end()};
}

/// The acted faults that are not proven gone. REQUIRES: measurement.finished, or damage is open as planned.
std::vector<const FaultRecord*> unhealed_faults(const Measurement& measurement);

}  // namespace blackstart
