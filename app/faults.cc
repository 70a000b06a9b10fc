// blackstart faults: what can be injected, how it is proven, and what parses but is not possible yet.

#include "app/arguments.h"
#include "app/verbs.h"
#include "faults/fault.h"
#include "scenarios/words.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>

namespace blackstart {

namespace {

int faults_verb(bool json) {
  FaultRegistry registry;
  register_builtin_faults(registry);
  auto all = nlohmann::ordered_json::array();
  std::string later;
  for (const auto& [word, fault_class] : fault_words()) {
    const auto* kind = registry.find(word.name);
    all.push_back({{"kind", word.name},
                   {"class", fault_class == FaultClass::kActing ? "acting" : "damage"},
                   {"live", kind != nullptr},
                   {"does", kind != nullptr ? kind->does : word.doc},
                   {"proof", kind != nullptr ? kind->proof : ""}});
    if (kind == nullptr) later += (later.empty() ? "" : " ") + word.name;
  }
  if (json) return print_result(all.dump(2) + "\n") ? 0 : kExitInternal;
  std::string text;
  for (const auto& kind : registry.kinds())
    text += fmt::format("{:<12} {}\n{:<12} proof: {}\n", kind.name, kind.does, "", kind.proof);
  text += "\nKnown to the language, refused by live drills of this version:\n  " + later + "\n";
  return print_result(text) ? 0 : kExitInternal;
}

}  // namespace

void add_faults(VerbsLine& line) {
  Verb verb = line.verb("faults", "What can be injected, and how each effect is proven");
  auto json = std::make_shared<bool>(false);
  verb.flag("--json", *json, "Print as JSON");
  verb.footer("Example:\n  blackstart faults\nParameters of each kind: docs/faults.md");
  verb.runs([json] { return faults_verb(*json); });
}

}  // namespace blackstart
