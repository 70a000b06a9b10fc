// blackstart schema [scenario|target]: the language as JSON Schema, for editors.

#include "app/arguments.h"
#include "app/verbs.h"
#include "scenarios/loader.h"

#include <memory>
#include <string>

namespace blackstart {

void add_schema(VerbsLine& line) {
  Verb verb = line.verb("schema", "Print the JSON Schema of the scenario or target language, for editors");
  auto which = std::make_shared<std::string>("scenario");
  verb.option("LANGUAGE", *which, "scenario or target").one_of({"scenario", "target"}).shows_default();
  verb.footer(
      "Example:\n  blackstart schema > drill.schema.json\n"
      "  # then, at the top of a scenario:  # yaml-language-server: $schema=drill.schema.json");
  verb.runs([which] {
    return print_result((*which == "target" ? target_schema() : scenario_schema()) + "\n") ? 0 : kExitInternal;
  });
}

}  // namespace blackstart
