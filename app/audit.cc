// blackstart audit SCENARIO...: what is wrong with a runbook before anything runs.

#include "scenarios/audit.h"
#include "app/arguments.h"
#include "app/paths.h"
#include "app/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

namespace blackstart {
namespace {

constexpr int kExitFound = 1;

struct AuditArguments {
  LoadArguments load;
  std::vector<std::string> scenarios;
  std::string today;
  bool json = false;
};

struct Audited {
  std::string name;
  std::vector<Finding> findings;
};

const char* spell(Finding::Weight weight) {
  return weight == Finding::Weight::kContradiction ? "contradiction" : "warning";
}

/// Files, names of the catalogue, and folders of files; nothing is the whole catalogue.
std::vector<std::string> expand(const std::vector<std::string>& given) {
  namespace fs = std::filesystem;
  if (given.empty()) return catalogue_names();
  std::vector<std::string> all;
  for (const std::string& one : given) {
    std::error_code error;
    if (!fs::is_directory(one, error)) {
      all.push_back(one);
      continue;
    }
    std::set<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(one, error))
      if (entry.path().extension() == ".yaml") files.insert(entry.path().string());
    all.insert(all.end(), files.begin(), files.end());
  }
  return all;
}

nlohmann::ordered_json to_json(const Audited& audited) {
  auto findings = nlohmann::ordered_json::array();
  for (const Finding& finding : audited.findings)
    findings.push_back({{"weight", spell(finding.weight)},
                        {"rule", finding.rule},
                        {"at", finding.where.to_string()},
                        {"what", finding.what},
                        {"advice", finding.advice}});
  return {{"scenario", audited.name}, {"findings", std::move(findings)}};
}

void print_findings(const Audited& audited) {
  if (audited.findings.empty()) {
    print_result(fmt::format("{}: nothing found\n", audited.name));
    return;
  }
  print_result(fmt::format("{}\n", audited.name));
  for (const Finding& finding : audited.findings)
    print_result(fmt::format("  {} ({}): {}\n    at {}\n    {}\n", spell(finding.weight), finding.rule, finding.what,
                             finding.where.to_string(), finding.advice));
}

std::size_t count_of(const std::vector<Audited>& all, Finding::Weight weight) {
  std::size_t count = 0;
  for (const Audited& one : all)
    count += static_cast<std::size_t>(std::ranges::count(one.findings, weight, &Finding::weight));
  return count;
}

int audit_verb(const AuditArguments& arguments) {
  const std::string today = arguments.today.empty() ? format_wall(wall_now()).substr(0, 10) : arguments.today;
  if (!is_date(today)) {
    print_error(fail(ErrorCode::kInvalid, fmt::format("--today {}: expected a date, as 2026-03-14", today)));
    return kExitBadInput;
  }
  std::vector<Audited> all;
  for (const std::string& name : expand(arguments.scenarios)) {
    const auto spec = load_scenario(name, arguments.load);
    if (!spec) return kExitBadInput;
    all.push_back({name, audit(*spec, today)});
    if (!arguments.json) print_findings(all.back());
  }
  const std::size_t contradictions = count_of(all, Finding::Weight::kContradiction);
  if (arguments.json) {
    auto drills = nlohmann::ordered_json::array();
    for (const Audited& one : all) drills.push_back(to_json(one));
    print_result(nlohmann::ordered_json{{"today", today}, {"drills", std::move(drills)}}.dump(2) + "\n");
  } else {
    print_result(fmt::format("\n{} {}: {} contradictions, {} warnings\n", all.size(),
                             all.size() == 1 ? "drill" : "drills", contradictions,
                             count_of(all, Finding::Weight::kWarning)));
  }
  return contradictions == 0 ? 0 : kExitFound;
}

}  // namespace

void add_audit(CommandLine& line) {
  Verb verb = line.verb("audit", "What is wrong with a runbook before anything runs");
  auto arguments = std::make_shared<AuditArguments>();
  verb.option("SCENARIO", arguments->scenarios,
              "Scenario files, folders of them, or names of the catalogue; without any, the whole catalogue");
  arguments->load.add_values_to(verb);
  verb.option("--today", arguments->today, "The date that reviews are held against, as 2026-03-14; default: today");
  verb.flag("--json", arguments->json, "Print as JSON");
  verb.footer(
      "Example:\n  blackstart audit buildnest/database-failure\n"
      "Exit status: 0 no contradiction (there may be warnings), 1 contradictions, 254 bad input. The rules: "
      "docs/audit.md");
  verb.runs([arguments] { return audit_verb(*arguments); });
}

}  // namespace blackstart
