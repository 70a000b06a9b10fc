#pragma once
// From a checked tree to the Spec's types. REQUIRES everywhere: the loader has found nothing wrong with the tree.

#include "scenarios/spec.h"

#include <string>
#include <vector>

namespace blackstart {

void bind_scenario(const Node& root, Scenario& scenario);
void bind_target(const Node& root, Target& target);

// Parts, for bind_scenario.
Duration read_duration(const Node& node);
Duration read_duration(const Node& map, const char* key, Duration fallback);
int read_integer(const Node& map, const char* key, int fallback);
/// The one word of `map` that is in `names`, with its arguments as Call describes them.
Call read_call(const Node& map, const std::vector<std::string>& names);
Call read_action(const Node& map);
Call read_check(const Node& map);
std::vector<Threshold> read_thresholds(const Node& map);
std::vector<Step> read_steps(const Node& list, const std::string& id_prefix);
std::vector<std::string> read_texts(const Node* list);

}  // namespace blackstart
