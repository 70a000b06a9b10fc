// blackstart list: what can be drilled.

#include "app/arguments.h"
#include "app/paths.h"
#include "app/say.h"
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

std::string table_of(const nlohmann::ordered_json& all) {
  std::size_t width = 0;
  for (const auto& drill : all) width = std::max(width, drill["name"].get_ref<const std::string&>().size());
  std::string table = fmt::format("{:<{}} {:<10} {:>6} {:>6}  {}\n", "DRILL", width, "CADENCE", "RTO", "RPO", "TITLE");
  for (const auto& drill : all) {
    const auto text = [&drill](const char* key) { return drill[key].get<std::string>(); };
    if (drill.contains("error")) {
      say("{:<{}} cannot be loaded: {}\n", text("name"), width, text("error"));
      continue;
    }
    table += fmt::format("{:<{}} {:<10} {:>6} {:>6}  {}\n", text("name"), width, text("cadence"), text("rto"),
                         text("rpo"), text("title"));
  }
  return table + "\nRun one:  blackstart run auction-flow/database-failure\n";
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
    return print_result(*json ? all.dump(2) + "\n" : table_of(all)) ? 0 : kExitInternal;
  });
}

}  // namespace blackstart
