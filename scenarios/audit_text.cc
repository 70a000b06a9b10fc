#include "scenarios/audit_text.h"

#include "base/text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

std::string spell_count(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string spell_finding(const Finding& finding) {
  std::string text = fmt::format("  {} {}\n    {}: {}\n    -> {}.\n", spell(finding.weight), finding.rule,
                                 finding.where.to_string(), finding.what, finding.remedy);
  if (finding.drills.size() > 1) text += fmt::format("    in {}\n", join(finding.drills, ", "));
  return text;
}

}  // namespace

std::string audit_text(const std::vector<std::string>& drills, const std::vector<Finding>& findings) {
  std::string text;
  for (const std::string& drill : drills) {
    std::string own;
    for (const Finding& finding : findings) {
      if (finding.drills.size() == 1 && finding.drills.front() == drill) own += spell_finding(finding);
    }
    if (!own.empty()) text += fmt::format("{}\n{}\n", drill, own);
  }
  std::string shared;
  for (const Finding& finding : findings) {
    if (finding.drills.size() > 1) shared += spell_finding(finding);
  }
  if (!shared.empty()) text += fmt::format("several drills\n{}\n", shared);
  const auto [contradictions, warnings, notes] = count_findings(findings);
  text +=
      fmt::format("{}: {}, {}, {}\n", spell_count(drills.size(), "drill"), spell_count(contradictions, "contradiction"),
                  spell_count(warnings, "warning"), spell_count(notes, "note"));
  return text;
}

nlohmann::ordered_json audit_json(const std::vector<std::string>& drills, const std::vector<Finding>& findings,
                                  const std::string& today) {
  auto list = nlohmann::ordered_json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"weight", spell(finding.weight)},
                    {"rule", finding.rule},
                    {"drills", finding.drills},
                    {"at", finding.where.to_string()},
                    {"what", finding.what},
                    {"remedy", finding.remedy}});
  }
  const auto [contradictions, warnings, notes] = count_findings(findings);
  return {{"today", today},       {"drills", drills}, {"findings", list}, {"contradictions", contradictions},
          {"warnings", warnings}, {"notes", notes}};
}

}  // namespace blackstart
