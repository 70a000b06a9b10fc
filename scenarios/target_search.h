#pragma once
// Where the files of targets and organisations are looked for. Reads folders.

#include "scenarios/loader.h"

#include <string>
#include <vector>

namespace blackstart {

/// The folders in which `target: name` is looked for, in order.
std::vector<std::string> target_folders(const std::string& scenario_folder, const LoadOptions& options);
/// The folders in which `organisation: name` is looked for: organisations/ beside the folders of targets.
std::vector<std::string> organisation_folders(const std::string& scenario_folder, const LoadOptions& options);
/// The names that would be found there.
std::vector<std::string> names_in(const std::vector<std::string>& folders);
/// The file NAME.yaml in the first of the folders that has it; with a slash the path, from `scenario_folder`; or "".
std::string find_named_file(const std::string& name, const std::string& scenario_folder,
                            const std::vector<std::string>& folders);

}  // namespace blackstart
