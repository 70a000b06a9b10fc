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
  std::string targets_folder;                             // where `target: name` is looked for
  bool live = true;                                       // --world live: driver parts are checked
  std::string driver;                                     // --driver, "" for the first that can be done
};

struct LoadFailure {
  std::vector<Error> errors;  // at least one; context is "file:line:column"
};
template <class T>
using LoadResult = boost::system::result<T, LoadFailure>;

/// Loads a scenario and its target.
LoadResult<Spec> load_spec(const std::string& scenario_file, const LoadOptions& options);
/// Loads either kind of file on its own, for `validate`: empty when it is right.
std::vector<Error> validate_file(const std::string& file, const LoadOptions& options);
/// From a journal's drill.started: the resolved scenario and target, no files read.
LoadResult<Spec> load_resolved(const Node& scenario, const Node& target, const std::string& name);

/// JSON Schema (draft 2020-12) of the scenario or target language, from the loader's own tables.
std::string scenario_schema();
std::string target_schema();

}  // namespace blackstart
