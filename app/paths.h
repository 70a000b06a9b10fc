#pragma once
// Where things are: the tool itself, the catalogue and targets that came with it, scenario names, the folder of a run.

#include "base/result.h"
#include "base/time.h"

#include <string>
#include <vector>

namespace blackstart {

/// Absolute path of the running executable.
std::string tool_path();
/// SHA-256 of the running executable, hexadecimal; "" when it cannot be read.
std::string tool_sha256();

/// Folder that holds catalog/ and targets/: $BLACKSTART_SCENARIOS, else share/blackstart/scenarios beside the tool's
/// bin folder, else the source tree that the tool was built from.
std::string scenarios_folder();
std::string targets_folder();

/// A file as given, or, for a name as "auction-flow/database-failure", the catalogue's file. kNotFound names the
/// nearest catalogue entry.
Result<std::string> find_scenario(const std::string& file_or_name);
/// Names of the catalogue ("auction-flow/database-failure"), sorted.
std::vector<std::string> catalogue_names();

/// The run's folder: `requested`, or drills/<UTC time>-<scenario>. Creates nothing. kInvalid when it already holds a
/// journal.
Result<std::string> choose_run_folder(const std::string& requested, const std::string& scenario, WallTime now);
/// kInvalid when it holds a folder data/ with anything in it: a live drill keeps its services' data there, and removes
/// it at its end.
Status find_data_of_others(const std::string& folder);
/// Creates it, with logs/ in it.
Status make_run_folder(const std::string& folder);

WallTime wall_now();

}  // namespace blackstart
