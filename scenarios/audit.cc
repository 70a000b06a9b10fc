#include "scenarios/audit.h"

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

struct Rule {
  AuditRule rule;
  void (*find)(const AuditInput&, Findings&);
};
constexpr Rule kRules[] = {
    {{"budgets", "detection, people and steps add up to more than the RTO"}, audit_budgets},
    {{"phases", "the runbook's own calendar begins a part of the recovery after the RTO is over"}, audit_phases},
    {{"estimate", "the runbook expects more than it allows"}, audit_estimate},
    {{"kpis", "what the history is held to contradicts the objectives"}, audit_kpis},
    {{"backups", "what a restore brings back is older than the RPO"}, audit_backups},
    {{"evidence", "an objective that nothing measures"}, audit_evidence},
    {{"validation", "an RPO, and nothing looks at the data"}, audit_validation},
    {{"preservation", "evidence is destroyed before it is preserved"}, audit_preservation},
    {{"fencing", "a member that was cut off may come back and take writes"}, audit_fencing},
    {{"restore-order", "a service takes writes that a later restore rolls back"}, audit_restore_order},
    {{"alerts", "an alert that does not say what it seems to, or none at all"}, audit_alerts},
    {{"hours", "somebody is needed at night who works business hours"}, audit_hours},
    {{"review", "the plan's next review has passed"}, audit_review},
};

void flatten(const std::vector<Step>& steps, int depth, std::vector<FlatStep>& flat) {
  for (const Step& step : steps) {
    flat.push_back({&step, depth});
    flatten(step.together, depth, flat);
    flatten(step.options, depth, flat);
    flatten(step.otherwise, depth + 1, flat);
  }
}

}  // namespace

std::vector<FlatStep> flat_steps(const Scenario& scenario) {
  std::vector<FlatStep> flat;
  if (scenario.recovery) flatten(scenario.recovery->steps, 0, flat);
  return flat;
}

std::optional<Call> effect_of_step(const Step& step) {
  if (!step.action) return std::nullopt;
  return step.action->word == "run" ? effect_of(*step.action) : step.action;
}

std::string spell_objective(std::string_view what, Duration length, std::string_view component) {
  if (component.empty()) return fmt::format("an {} of {}", what, spell_duration(length));
  return fmt::format("an {} of {} ({})", what, spell_duration(length), component);
}

std::vector<std::string> services_of_bids(const Target& target) {
  std::vector<std::string> reached = {target.load.service};
  for (std::size_t index = 0; index < reached.size(); ++index) {
    const ServiceSpec* service = target.find_service(reached[index]);
    if (service == nullptr) continue;
    for (const std::string& needed : service->needs)
      if (std::ranges::find(reached, needed) == reached.end()) reached.push_back(needed);
  }
  return reached;
}

std::vector<Finding> audit(const Spec& spec, std::string_view today) {
  std::vector<Finding> findings;
  for (const Rule& rule : kRules) {
    const std::size_t before = findings.size();
    rule.find({spec, today}, findings);
    for (std::size_t index = before; index < findings.size(); ++index) findings[index].rule = rule.rule.name;
  }
  return findings;
}

const std::vector<AuditRule>& audit_rules() {
  static const std::vector<AuditRule> rules = [] {
    std::vector<AuditRule> all;
    for (const Rule& rule : kRules) all.push_back(rule.rule);
    return all;
  }();
  return rules;
}

}  // namespace blackstart
