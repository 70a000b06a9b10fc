#pragma once
// The parts of judge(), one a group of judgements. Each appends what it judged. Pure.

#include "rehearsal/verdict.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// Why no figure that depends on the faults can be trusted, in words; empty when nothing speaks against them.
std::string why_unproven(const Measurement& measurement);
/// Why nothing was injected, in words. REQUIRES: no fault was acted.
std::string why_not_injected(const Measurement& measurement);

/// rto, rpo, mtd, as far as the scenario sets them.
void judge_objectives(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// The scenario's thresholds, and the limits that need none.
void judge_thresholds(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// Validation checks, budgets and communications.
void judge_procedure(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// What breakers were expected to become, and deadlines.
void judge_runbook(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);
/// Whether the drill itself proves anything: steady state, effects, generator, read-back, healing.
void judge_health(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements);

/// The acted faults that are not proven gone. REQUIRES: measurement.finished, or damage is open as planned.
std::vector<const FaultRecord*> unhealed_faults(const Measurement& measurement);

}  // namespace blackstart
