#pragma once
// What an audit found, as people and programs read it. Pure.

#include "scenarios/audit.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace blackstart {

/// Drill by drill, then what several drills share, then how many there are; `drills` names all that were looked at.
/// `findings`: merged.
std::string audit_text(const std::vector<std::string>& drills, const std::vector<Finding>& findings);
/// {today, drills, findings: [{weight, rule, drills, at, what, remedy}], contradictions, warnings, notes}.
nlohmann::ordered_json audit_json(const std::vector<std::string>& drills, const std::vector<Finding>& findings,
                                  const std::string& today);

}  // namespace blackstart
