#pragma once
// Checks what is left in {{...}} after the variables have been filled in: every name must be one that the target, the
// drill, an earlier step or the environment gives a value later. Pure.

#include "scenarios/diagnostics.h"
#include "scenarios/target_names.h"

#include <string>
#include <vector>

namespace blackstart {

struct PlaceholderContext {
  const TargetNames* names = nullptr;  // null: names of the target are not looked at
  std::vector<std::string> variables;  // for suggestions
  bool external = false;               // services are their urls, and {{port}} is an ordinary variable
  std::string driver;                  // only this driver's parts of a target are looked at; "": all of them
  bool live = true;                    // false: neither driver parts nor urls are
};

void check_scenario_placeholders(const Node& scenario, const PlaceholderContext& context, Diagnostics& diagnostics);
void check_target_placeholders(const Node& target, const PlaceholderContext& context, Diagnostics& diagnostics);

}  // namespace blackstart
