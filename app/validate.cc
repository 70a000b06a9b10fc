// blackstart validate FILE...: checks scenario and target files; nothing is started.

#include "app/arguments.h"
#include "app/notes.h"
#include "app/paths.h"
#include "app/say.h"
#include "app/verbs.h"
#include "scenarios/loader.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace blackstart {

namespace {

struct ValidateArguments {
  LoadArguments load;
  std::vector<std::string> files;
  bool json = false;
};

int validate_verb(const ValidateArguments& arguments) {
  const auto options = arguments.load.options();
  if (!options) {
    print_error(options.error());
    return kExitBadInput;
  }
  auto result = nlohmann::ordered_json::array();
  std::size_t wrong = 0;
  for (const auto& given : arguments.files) {
    const auto file = find_scenario(given);
    const auto errors = file ? validate_file(*file, *options) : std::vector<Error>{file.error()};
    wrong += errors.empty() ? 0 : 1;
    auto texts = nlohmann::ordered_json::array();
    for (const auto& error : errors) texts.push_back({{"at", error.context}, {"message", error.message}});
    result.push_back({{"file", given}, {"valid", errors.empty()}, {"errors", texts}});
    if (arguments.json) continue;
    for (const auto& error : errors) say("{}\n", error.to_string());
    if (errors.empty()) {
      if (const auto spec = load_spec(*file, *options)) {
        say_coarse_objectives(spec->scenario);
        say_notices(*spec);
      }
      print_result(fmt::format("{}: valid\n", given));
    } else {
      say("{}: {} {}\n", given, errors.size(), errors.size() == 1 ? "error" : "errors");
    }
  }
  if (arguments.json) print_result(result.dump(2) + "\n");
  return wrong == 0 ? 0 : kExitBadInput;
}

}  // namespace

void add_validate(VerbsLine& line) {
  Verb verb = line.verb("validate", "Check scenario and target files; all errors of a file are printed");
  auto arguments = std::make_shared<ValidateArguments>();
  verb.option("FILE", arguments->files, "Scenario or target files, or names of the catalogue").required();
  arguments->load.add_to(verb);
  verb.flag("--json", arguments->json, "Print the result as JSON");
  verb.footer("Example:\n  blackstart validate scenarios/catalog/auction-flow/*.yaml");
  verb.runs([arguments] { return validate_verb(*arguments); });
}

}  // namespace blackstart
