#pragma once
// Parts of scenarios/meaning.h, one concern each. All work on trees that may hold other errors. Pure, but for samples.

#include "scenarios/diagnostics.h"

#include <map>
#include <string>
#include <vector>

namespace blackstart {

/// No two items of a list have the same text under `key`.
void check_unique_names(const Node* list, const char* key, const Spot& spot, Diagnostics& diagnostics);
/// `until` stands beside `every` alone.
void check_communications_meaning(const Node* list, const Spot& spot, Diagnostics& diagnostics);
/// `when` of a list's items: the phases that it compares with are a drill's. A journal's scenario is not held to it.
void check_conditions_meaning(const Node* list, const Spot& spot, Diagnostics& diagnostics);
/// Steps of the recovery and of validations: what skips, chooses, holds, has a phase, names an output.
void check_recovery_meaning(const Node& scenario, Diagnostics& diagnostics);
/// Components, canaries, expectations, deadlines, phases.
void check_evidence_meaning(const Node& scenario, Diagnostics& diagnostics);
/// `sim:` and `network:` of a target.
void check_sim_meaning(const Node& target, Diagnostics& diagnostics);
/// `backups:` of a target's services.
void check_backups_meaning(const Node& target, Diagnostics& diagnostics);
/// What a scenario restores or damages of a target's backups is declared there.
void check_backups_used(const Node& scenario, const Node& target, Diagnostics& diagnostics);
/// Distributions anywhere below `node`: median <= p95, from <= to, samples that can be read from `folder` ("": not
/// looked for).
void check_distributions(const Node& node, const Spot& spot, const std::string& folder, Diagnostics& diagnostics);

/// `found` is none of `known`: says so, with the nearest; where there is none at all, `none` says why.
void report_unknown(const Node& found, const Spot& spot, const std::vector<std::string>& known, const std::string& none,
                    Diagnostics& diagnostics);
/// Whether any fault of the scenario heals before the drill's end.
bool some_fault_heals(const Node& scenario);

}  // namespace blackstart
