#pragma once
// What shapes cannot say: names given twice, objectives without evidence, parts that contradict each other. Works on
// trees that may hold other errors, so that all are reported together. Pure, but for looking whether files exist.

#include "scenarios/diagnostics.h"

#include <string>

namespace blackstart {

/// `target` null: it is not known. `folder`: where files that the scenario names lie; "" when they are not looked for.
void check_scenario_meaning(const Node& scenario, const Node* target, const std::string& folder,
                            Diagnostics& diagnostics);

/// `live` and `driver` as in LoadOptions, `folder` as above.
void check_target_meaning(const Node& target, bool live, const std::string& driver, const std::string& folder,
                          Diagnostics& diagnostics);

void check_organisation_meaning(const Node& organisation, const Spot& spot, Diagnostics& diagnostics);

}  // namespace blackstart
