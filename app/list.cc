// blackstart list: what can be drilled.

#include "app/arguments.h"
#include "app/paths.h"
#include "app/verbs.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace blackstart {

namespace {

nlohmann::ordered_json describe(const std::string& name) {
  LoadArguments arguments;
  const auto options = arguments.options();
  const auto spec = load_spec(*find_scenario(name), *options);
  if (!spec) return {{"name", name}, {"error", spec.error().errors.front().to_string()}};
  const Scenario& scenario = spec->scenario;
  const auto spell = [](const auto& length) { return length ? spell_duration(*length) : std::string("-"); };
  const auto& rto = scenario.objectives.rto;
  std::vector<std::string> faults;
  for (const auto& fault : scenario.faults) faults.push_back(fault.kind.word);
  return {{"name", name},
          {"title", scenario.title},
          {"target", spec->target.name},
          {"drivers", spec->target.drivers},
          {"severity", scenario.severity},
          {"cadence", scenario.cadence},
          {"rto", rto ? spell_duration(rto->within) : "-"},
          {"rpo", spell(scenario.objectives.rpo)},
          {"mtd", spell(scenario.objectives.mtd)},
          {"faults", faults},
          {"tags", scenario.tags}};
}

void print_table(const nlohmann::ordered_json& all) {
  print_result(fmt::format("{:<34} {:<10} {:>6} {:>6}  {}\n", "DRILL", "CADENCE", "RTO", "RPO", "TITLE"));
  for (const auto& drill : all) {
    if (drill.contains("error")) {
      fmt::print(stderr, "{:<34} cannot be loaded: {}\n", drill["name"].get<std::string>(),
                 drill["error"].get<std::string>());
      continue;
    }
    const auto text = [&drill](const char* key) { return drill[key].get<std::string>(); };
    print_result(fmt::format("{:<34} {:<10} {:>6} {:>6}  {}\n", text("name"), text("cadence"), text("rto"), text("rpo"),
                             text("title")));
  }
  print_result("\nRun one:  blackstart run auction-flow/database-failure\n");
}

}  // namespace

void add_list(VerbsLine& line) {
  Verb verb = line.verb("list", "What can be drilled: the catalogue, with objectives and cadence");
  auto json = std::make_shared<bool>(false);
  verb.flag("--json", *json, "Print as JSON");
  verb.footer("Example:\n  blackstart list --json | jq -r '.[].name'");
  verb.runs([json] {
    auto all = nlohmann::ordered_json::array();
    for (const auto& name : catalogue_names()) all.push_back(describe(name));
    if (*json)
      print_result(all.dump(2) + "\n");
    else
      print_table(all);
    return 0;
  });
}

}  // namespace blackstart
