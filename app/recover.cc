// blackstart recover: heals whatever dead drills left behind, from their undo logs.

#include "app/arguments.h"
#include "app/say.h"
#include "app/verbs.h"
#include "faults/undo_log.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace blackstart {

namespace {

void print_recovered(const Recovered& drill) {
  if (drill.running) {
    print_result(fmt::format("{}: still running; left alone\n", drill.drill_id));
    return;
  }
  print_result(fmt::format("{}: a dead drill's undo log\n", drill.drill_id));
  for (const auto& line : drill.healed) print_result(fmt::format("  healed: {}\n", line));
  for (const auto& line : drill.left_behind) say("  LEFT BEHIND: {}\n", line);
}

int recover_verb(bool json) {
  const auto found = recover_all();
  if (!found) {
    print_error(found.error());
    return kExitInternal;
  }
  bool left = false;
  auto all = nlohmann::ordered_json::array();
  for (const auto& drill : *found) {
    left = left || !drill.left_behind.empty();
    all.push_back({{"drill", drill.drill_id},
                   {"running", drill.running},
                   {"healed", drill.healed},
                   {"left_behind", drill.left_behind}});
    if (!json) print_recovered(drill);
  }
  if (json)
    print_result(all.dump(2) + "\n");
  else if (found->empty())
    print_result("nothing to recover: no drill left anything behind\n");
  return left ? 4 : 0;
}

}  // namespace

void add_recover(VerbsLine& line) {
  Verb verb = line.verb("recover", "Heal whatever a dead drill left behind, and say what was found");
  auto json = std::make_shared<bool>(false);
  verb.flag("--json", *json, "Print the result as JSON");
  verb.footer(
      "Example, after a power cut:\n  blackstart recover\nExit status: 0 all is healed, 4 faults are left behind.");
  verb.runs([json] { return recover_verb(*json); });
}

}  // namespace blackstart
