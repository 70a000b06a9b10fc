#pragma once
// Where a target's file is looked for. Reads folders.

#include "scenarios/loader.h"

#include <string>
#include <vector>

namespace blackstart {

/// The folders in which `target: name` is looked for, in order.
std::vector<std::string> target_folders(const std::string& scenario_folder, const LoadOptions& options);
/// The names that would be found there.
std::vector<std::string> targets_in(const std::vector<std::string>& folders);

}  // namespace blackstart
