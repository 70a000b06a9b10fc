// blackstart schema [scenario|target]: the language as JSON Schema, for editors.

#include "app/arguments.h"
#include "app/verbs.h"
#include "scenarios/loader.h"

#include <memory>
#include <string>

namespace blackstart {

void add_schema(CLI::App& app, int& exit_code) {
  auto* verb = app.add_subcommand("schema", "Print the JSON Schema of the scenario or target language, for editors");
  auto which = std::make_shared<std::string>("scenario");
  verb->add_option("LANGUAGE", *which, "scenario or target")
      ->check(CLI::IsMember({"scenario", "target"}))
      ->capture_default_str();
  verb->footer(
      "Example:\n  blackstart schema > drill.schema.json\n"
      "  # then, at the top of a scenario:  # yaml-language-server: $schema=drill.schema.json");
  verb->callback([which, &exit_code] {
    exit_code = print_result((*which == "target" ? target_schema() : scenario_schema()) + "\n") ? 0 : kExitInternal;
  });
}

}  // namespace blackstart
