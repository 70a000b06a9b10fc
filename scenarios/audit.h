#pragma once
// What is wrong with a runbook before anything runs: its own figures held against each other. Pure: today's date comes
// in. The rules, each with its example: docs/audit.md.

#include "scenarios/spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct Finding {
  enum class Weight {
    kContradiction,  // as written it cannot hold
    kWarning,        // it fails where a step does, or on the wrong day
  };
  Weight weight = Weight::kWarning;
  std::string rule;    // "budgets"
  std::string what;    // one sentence, with the figures
  std::string advice;  // what to do
  Position where;
};

/// Everything found, by rule. `today` is "2026-03-14".
std::vector<Finding> audit(const Spec& spec, std::string_view today);

struct AuditRule {
  std::string_view name, about;
};
/// In the order of audit().
const std::vector<AuditRule>& audit_rules();

}  // namespace blackstart
