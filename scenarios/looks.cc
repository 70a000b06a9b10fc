#include "scenarios/looks.h"

#include <fmt/format.h>

namespace blackstart {
namespace {

void add(const std::vector<ProbeRule>& rules, const char* what, std::vector<PlacedLook>& looks) {
  for (const ProbeRule& rule : rules) looks.push_back({&rule.probe, fmt::format("{} \"{}\"", what, rule.name), false});
}

void add(const std::vector<Step>& steps, std::vector<PlacedLook>& looks) {
  for (const Step& step : steps) {
    if (step.check) looks.push_back({&*step.check, fmt::format("step \"{}\"", step.title), true});
    for (const auto* nested : {&step.together, &step.options, &step.otherwise}) add(*nested, looks);
  }
}

}  // namespace

std::vector<PlacedLook> looks_of(const Scenario& scenario) {
  std::vector<PlacedLook> looks;
  if (scenario.steady_state) add(scenario.steady_state->probes, "steady state probe", looks);
  add(scenario.detection, "detection", looks);
  if (scenario.recovery) add(scenario.recovery->steps, looks);
  for (const ValidationCheck& one : scenario.validation) {
    if (one.check) looks.push_back({&*one.check, fmt::format("validation \"{}\"", one.name), true});
    add(one.otherwise, looks);
  }
  return looks;
}

}  // namespace blackstart
