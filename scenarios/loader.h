#pragma once
// From files to a Spec: extend, vars, overrides, {{...}}, strict checking against the language's tables, binding.
// Every error of a file is reported at once, each with file:line:column, the key's path and the item's name, what was
// found, what is allowed and the nearest right word.

#include "base/result.h"
#include "scenarios/spec.h"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace blackstart {

/// What the command line changes.
struct LoadOptions {
  std::vector<std::pair<std::string, std::string>> vars;  // --var name=value
  std::vector<std::pair<std::string, std::string>> sets;  // --set path=value
  std::string targets_folder;  // where `target: name` is looked for; "": targets/ and scenarios/targets/ of the
                               // scenario's folder and of those above it, then of the working folder
  std::string targets_last;    // looked into after those; "": nowhere
  bool live = true;            // --world live: driver parts are checked
  std::string driver;          // --driver, "": every driver's part is checked
  bool file_alone = false;     // validate_file looks at a scenario without its target
};

struct LoadFailure {
  std::vector<Error> errors;  // at least one; context is "file:line:column"
};
template <class T>
using LoadResult = boost::system::result<T, LoadFailure>;

// An error reads, context and message together:
//   FILE:LINE:COLUMN: faults.0.kill.signal (in "primary lost"): found "KIL"; allowed: KILL, TERM; did you mean "KILL"?
// The key path is what --set takes; what stands in no file has "--set PATH", "--var NAME" or "--driver NAME" in place
// of the position. --set paths that begin with "target." reach into the target.

/// Loads a scenario and its target. Where nothing is wrong the Spec is complete; {{env.NAME}} stays as it is.
LoadResult<Spec> load_spec(const std::string& scenario_file, const LoadOptions& options);
/// Checks a scenario (with its target), a target or an organisation, for `validate`: empty when it is right.
std::vector<Error> validate_file(const std::string& file, const LoadOptions& options);
/// From a journal's drill.started: the resolved scenario and target, no files read.
LoadResult<Spec> load_resolved(const Node& scenario, const Node& target, const std::string& name);

/// The target's file for `name` (or path, with a slash) as load_spec finds it from `scenario_folder`, or "".
std::string find_target_file(const std::string& name, const std::string& scenario_folder, const LoadOptions& options);

/// JSON Schema (draft 2020-12) of the scenario or target language, from the loader's own tables.
std::string scenario_schema();
std::string target_schema();
std::string organisation_schema();

}  // namespace blackstart
