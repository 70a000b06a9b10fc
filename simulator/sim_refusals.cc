#include "simulator/sim_refusals.h"

#include "base/text.h"
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
    if (scenario.steady_state)
      for (const auto& rule : scenario.steady_state->probes) look_at(rule, "steady state probe");
    for (const auto& rule : scenario.detection) look_at(rule, "detection");
    if (scenario.recovery) look_at(scenario.recovery->steps);
    for (const auto& check : scenario.validation) {
      if (check.check) look_at_check(*check.check, "validation \"" + check.name + "\"");
      look_at(check.otherwise);
    }
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

  void look_at(const ProbeRule& rule, const char* what) {
    demand(sim_probes(), rule.probe, fmt::format("{} \"{}\" with {}", what, rule.name, rule.probe.word));
    look_at_database(rule.probe, fmt::format("{} \"{}\"", what, rule.name));
  }

  void look_at_database(const Call& probe, const std::string& what) {
    if (probe.word != "sql" || probe.arguments.find("service") != nullptr) return;
    refuse(probe.where, fmt::format("{} asks a database by its dsn, which the virtual world does not know; name a "
                                    "service of the target instead",
                                    what));
  }

  void look_at(const std::vector<Step>& steps) {
    for (const auto& step : steps) {
      const std::string what = "step \"" + step.title + "\"";
      if (step.action) demand(sim_actions(), *step.action, what + " with action " + step.action->word);
      if (step.check) look_at_check(*step.check, what);
      for (const auto* nested : {&step.together, &step.options, &step.otherwise}) look_at(*nested);
    }
  }

  void look_at_check(const Call& check, const std::string& what) {
    if (check.word == "reconcile" || check.word == "canary") return;  // the Conductor's own
    const bool probe = std::ranges::find(sim_probes(), check.word) != sim_probes().end();
    if (!probe) demand(sim_checks(), check, what + " with check " + check.word);
    look_at_database(check, what);
  }

  const Spec& spec_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> find_sim_refusals(const Spec& spec) { return SimRefusals(spec).find(); }

}  // namespace blackstart
