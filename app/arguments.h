#pragma once
// Options that several verbs share, and how their mistakes are printed.

#include "app/command_line.h"
#include "base/result.h"
#include "scenarios/loader.h"

#include <string>
#include <vector>

namespace blackstart {

/// --var, --set, --world, --driver.
struct LoadArguments {
  std::vector<std::string> vars;
  std::vector<std::string> sets;
  std::string world = "live";
  std::string driver;

  void add_to(Verb& verb);
  /// --var and --set alone.
  void add_values_to(Verb& verb);
  /// kInvalid for a --var or --set without '='.
  [[nodiscard]] Result<LoadOptions> options() const;
};

/// Prints errors to stderr, one a paragraph, and how many there were.
void print_errors(const std::vector<Error>& errors);
/// Prints one error to stderr.
void print_error(const Error& error);

/// Writes `text` to stdout; false (and a message on stderr) where that fails. A reader who has closed it is served.
bool print_result(const std::string& text);

/// Finds and loads a scenario; on failure prints why.
LoadResult<Spec> load_scenario(const std::string& file_or_name, const LoadArguments& arguments);

}  // namespace blackstart
