// blackstart doctor: what this machine allows, what not, why not and what to do about it.

#include "app/arguments.h"
#include "app/machine.h"
#include "app/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>

namespace blackstart {

namespace {

int doctor_verb(bool json) {
  const auto findings = examine_machine();
  bool able = true;
  std::string text;
  auto all = nlohmann::ordered_json::array();
  for (const auto& finding : findings) {
    able = able && (finding.ok || !finding.needed);
    all.push_back({{"name", finding.name},
                   {"ok", finding.ok},
                   {"needed", finding.needed},
                   {"found", finding.found},
                   {"advice", finding.advice}});
    const char* mark = finding.ok ? "yes" : finding.needed ? "NO " : "no ";
    text += fmt::format("{}  {:<28} {}\n", mark, finding.name, finding.found);
    if (!finding.ok && !finding.advice.empty()) text += fmt::format("     {:<28} -> {}\n", "", finding.advice);
  }
  text += able ? "\nThis machine can run live drills with the local and external drivers.\n"
               : "\nThis machine cannot run live drills yet: see NO above.\n";
  if (!print_result(json ? all.dump(2) + "\n" : text)) return kExitInternal;
  return able ? 0 : 1;
}

}  // namespace

void add_doctor(VerbsLine& line) {
  Verb verb = line.verb("doctor", "What this machine allows, why not, and what to do about it");
  auto json = std::make_shared<bool>(false);
  verb.flag("--json", *json, "Print as JSON");
  verb.footer(
      "Example:\n  blackstart doctor\nExit status: 0 live drills can run, 1 something that they need is missing.");
  verb.runs([json] { return doctor_verb(*json); });
}

}  // namespace blackstart
