#include "simulator/sim_refusals.h"

#include "base/text.h"
#include "scenarios/looks.h"
#include "scenarios/sim_needs.h"
#include "simulator/sim_actions.h"
#include "simulator/sim_faults.h"
#include "simulator/sim_probes.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace blackstart {
namespace {

class SimRefusals {
 public:
  explicit SimRefusals(const Spec& spec) : spec_(spec) {}

  std::vector<Error> find() {
    const Scenario& scenario = spec_.scenario;
    for (const auto& fault : scenario.faults) {
      demand(sim_faults(), fault.kind, fmt::format("fault \"{}\" of kind {}", fault.name, fault.kind.word));
      for (const auto& word : words_without_effect(fault.kind))
        refuse(fault.kind.where, fmt::format("the virtual world does not know {} of a fault of kind {} (fault \"{}\"); "
                                             "leave it out, or play the drill live",
                                             word, fault.kind.word, fault.name));
    }
    for (const PlacedLook& look : looks_of(scenario)) look_at(look);
    if (scenario.recovery) look_at(scenario.recovery->steps);
    for (const auto& check : scenario.validation) look_at(check.otherwise);
    for (auto& missing : sim_refusals(spec_)) errors_.push_back(std::move(missing));
    return std::move(errors_);
  }

 private:
  void refuse(const Position& where, std::string what) {
    errors_.push_back(fail(ErrorCode::kUnsupported, std::move(what), where.to_string()));
  }

  void demand(const std::vector<std::string>& words, const Call& call, const std::string& what) {
    if (std::ranges::find(words, call.word) != words.end()) return;
    refuse(call.where, fmt::format("{} is not modelled in the virtual world; it can do {}", what, join(words, ", ")));
  }

  void look_at(const PlacedLook& look) {
    const Call& call = *look.call;
    if (call.word == "reconcile" || call.word == "canary") return;  // the Conductor's own
    const bool is_probe = std::ranges::find(sim_probes(), call.word) != sim_probes().end();
    if (!is_probe)
      demand(look.is_check ? sim_checks() : sim_probes(), call,
             fmt::format("{} with {}{}", look.who, look.is_check ? "check " : "", call.word));
    if (call.word != "sql" || call.arguments.find("service") != nullptr) return;
    refuse(call.where, fmt::format("{} asks a database by its dsn, which the virtual world does not know; name a "
                                   "service of the target instead",
                                   look.who));
  }

  void look_at(const std::vector<Step>& steps) {
    for (const auto& step : steps) {
      if (step.action)
        demand(sim_actions(), *step.action, fmt::format("step \"{}\" with action {}", step.title, step.action->word));
      for (const auto* nested : {&step.together, &step.options, &step.otherwise}) look_at(*nested);
    }
  }

  const Spec& spec_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> find_sim_refusals(const Spec& spec) { return SimRefusals(spec).find(); }

}  // namespace blackstart
