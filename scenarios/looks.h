#pragma once
// What a scenario looks at: its probes and checks, wherever they stand. Pure.

#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

/// One probe or check. Valid as long as the scenario.
struct PlacedLook {
  const Call* call = nullptr;
  std::string who;        // `detection "api health"`, `step "Restart"`
  bool is_check = false;  // of a step or a validation, where more words than a probe's are allowed
};

/// In the order of the language: steady state, detection, recovery with all that steps hold, validation.
std::vector<PlacedLook> looks_of(const Scenario& scenario);

}  // namespace blackstart
