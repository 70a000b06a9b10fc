#pragma once
// The rules of audit(), by what they look at, and what several of them need. Each appends what it finds. Pure.

#include "scenarios/audit.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct AuditInput {
  const Spec& spec;
  std::string_view today;
};
using Findings = std::vector<Finding>;

// audit_time.cc
void audit_budgets(const AuditInput& input, Findings& findings);
void audit_phases(const AuditInput& input, Findings& findings);
void audit_estimate(const AuditInput& input, Findings& findings);
void audit_kpis(const AuditInput& input, Findings& findings);
// audit_data.cc
void audit_backups(const AuditInput& input, Findings& findings);
void audit_evidence(const AuditInput& input, Findings& findings);
void audit_validation(const AuditInput& input, Findings& findings);
// audit_order.cc
void audit_preservation(const AuditInput& input, Findings& findings);
void audit_fencing(const AuditInput& input, Findings& findings);
void audit_restore_order(const AuditInput& input, Findings& findings);
// audit_people.cc
void audit_alerts(const AuditInput& input, Findings& findings);
void audit_hours(const AuditInput& input, Findings& findings);
void audit_review(const AuditInput& input, Findings& findings);

/// A step and how deep it lies in `otherwise`s: 0 is what happens where every step succeeds.
struct FlatStep {
  const Step* step;
  int depth;
};
/// The recovery's steps in the order of the file, with those of `together`, `options` and `otherwise`.
std::vector<FlatStep> flat_steps(const Scenario& scenario);
/// What the step does to the target: its action, or what its command is like; empty for checks and unknown commands.
std::optional<Call> effect_of_step(const Step& step);
/// "RTO of 15m", with whose it is.
std::string spell_objective(std::string_view what, Duration length, std::string_view component);
/// Services of the target that a bid's way touches: the one that takes bids, and all that it needs.
std::vector<std::string> services_of_bids(const Target& target);

}  // namespace blackstart
