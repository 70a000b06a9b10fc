#include "scenarios/sim_needs.h"

#include "base/text.h"
#include "scenarios/arguments.h"
#include "scenarios/template.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart {
namespace {

class SimNeeds {
 public:
  explicit SimNeeds(const Spec& spec) : spec_(spec), target_(spec.target) {}

  std::vector<Error> find() {
    collect_load();
    collect_scenario();
    for (const auto& [service, why] : taking_part_) look_at_service(service, why);
    if (spec_.scenario.recovery) look_at_steps(spec_.scenario.recovery->steps);
    for (const ValidationCheck& check : spec_.scenario.validation) look_at_steps(check.otherwise);
    for (const Expectation& expectation : spec_.scenario.expect) look_at_expectation(expectation);
    return std::move(errors_);
  }

 private:
  void refuse(const Position& where, std::string message) {
    Error error = fail(ErrorCode::kInvalid, std::move(message), where.to_string());
    const auto same = [&](const Error& other) {
      return other.message == error.message && other.context == error.context;
    };
    if (std::none_of(errors_.begin(), errors_.end(), same)) errors_.push_back(std::move(error));
  }

  // ---- who takes part ------------------------------------------------------------------------------------------

  void take_part(const std::string& service, const std::string& why) {
    const ServiceSpec* known = target_.find_service(service);
    const auto same = [&](const auto& other) { return other.first == service; };
    if (known == nullptr || std::any_of(taking_part_.begin(), taking_part_.end(), same)) return;
    taking_part_.emplace_back(service, why);
    for (const std::string& need : known->needs) take_part(need, fmt::format("{} needs it", service));
  }

  void collect_load() {
    const std::string service = bid_service(target_);
    if (service.empty()) {
      refuse(Position{target_.file, 0, 0},
             "the target does not say which service bids go to; add `service:` to its `load:`");
    }
    take_part(service, "it takes the bids");
    take_part(target_.load.watch, "it tells the watchers");
  }

  /// Every service that arguments name, at any depth.
  void collect(const Node& arguments, const std::string& why) {
    const auto take = [&](const Node& node) {
      if (node.is_scalar()) take_part(node.scalar, why);
      for (const Node& item : node.items) {
        if (item.is_scalar()) take_part(item.scalar, why);
      }
    };
    for (const Node::Entry& entry : arguments.entries) {
      for (const char* key : {"service", "services", "between", "of", "to", "from"}) {
        if (entry.key == key) take(entry.value);
      }
      collect(entry.value, why);
    }
    for (const Node& item : arguments.items) collect(item, why);
  }

  void collect_rules(const std::vector<ProbeRule>& rules) {
    for (const ProbeRule& rule : rules) collect(rule.probe.arguments, fmt::format("\"{}\" looks at it", rule.name));
  }

  void collect_steps(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      const std::string why = fmt::format("step \"{}\" names it", step.title);
      if (step.action) collect(step.action->arguments, why);
      if (step.check) collect(step.check->arguments, why);
      for (const auto* nested : {&step.together, &step.options, &step.otherwise}) collect_steps(*nested);
    }
  }

  void collect_scenario() {
    const Scenario& scenario = spec_.scenario;
    for (const FaultSpec& fault : scenario.faults) {
      collect(fault.kind.arguments, fmt::format("fault \"{}\" hits it", fault.name));
    }
    if (scenario.steady_state) collect_rules(scenario.steady_state->probes);
    collect_rules(scenario.detection);
    if (scenario.recovery) collect_steps(scenario.recovery->steps);
    for (const ValidationCheck& check : scenario.validation) {
      if (check.check) collect(check.check->arguments, fmt::format("validation \"{}\" looks at it", check.name));
      collect_steps(check.otherwise);
    }
    for (const Canary& canary : scenario.canaries) {
      for (const CanaryEnd& end : {canary.write, canary.read}) {
        if (end.way == "sql" || end.way == "redis") take_part(end.what, fmt::format("canary {} uses it", canary.name));
      }
    }
  }

  void look_at_service(const std::string& name, const std::string& why) {
    if (target_.sim.find(name) != nullptr) return;
    const ServiceSpec& service = *target_.find_service(name);
    refuse(service.where,
           fmt::format("{0} takes part in the drill ({1}), and the target does not say how it behaves; add "
                       "`{0}:` under `sim:`, as docs/targets.md has it for kind {2}",
                       name, why, service.kind));
  }

  // ---- how long actions take -----------------------------------------------------------------------------------

  void look_at_steps(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      if (step.action) look_at_action(step);
      for (const auto* nested : {&step.together, &step.options, &step.otherwise}) look_at_steps(*nested);
    }
  }

  void look_at_action(const Step& step) {
    const Call& action = *step.action;
    if (action.word == "run") {
      if (action.arguments.find("takes") != nullptr) return look_at_like(step);
      return refuse(action.where,
                    fmt::format("step \"{}\" runs a command, and the scenario does not say how long it "
                                "takes in sim; add `takes:` (and `like:` with what it does) beside `run:`",
                                step.title));
    }
    if (action.word == "scale" && text_argument(action, "to") == "0") return;
    for (const std::string& service : services_of(action)) {
      const ServiceSim* part = target_.sim.find(service);
      if (part == nullptr) continue;  // which is said already
      const char* lacks = lacking(action.word, part->actions);
      if (lacks == nullptr) continue;
      refuse(part->where, fmt::format("step \"{}\" performs {} on {}, and the target does not say how long that takes; "
                                      "add `{}:` to sim.{}",
                                      step.title, action.word, service, lacks, service));
    }
    if (action.word == "dns") look_at_record(step);
  }

  /// Live the command does what it does; here it can restore no more than the target says is there.
  void look_at_like(const Step& step) {
    const Node* const like = step.action->arguments.find("like");
    const Node* const restore = like != nullptr ? like->find("restore") : nullptr;
    const ServiceSpec* const service = restore != nullptr ? target_.find_service(restore->text("service")) : nullptr;
    if (service == nullptr || !service->backups.empty()) return;
    refuse(restore->where, fmt::format("step \"{}\" is like a restore of {}, which has no backups; declare them under "
                                       "`backups:` of the service",
                                       step.title, service->name));
  }

  [[nodiscard]] std::vector<std::string> services_of(const Call& action) const {
    if (action.word != "rotate") return list_argument(action, "services", "service");
    std::vector<std::string> services;
    const std::string wanted = text_argument(action, "credential");
    for (const CredentialSpec& credential : target_.credentials) {
      if (wanted == "all" || wanted == credential.name) services.push_back(credential.of);
    }
    return services;
  }

  /// The word that the part would need for the action and does not have, or null.
  static const char* lacking(const std::string& word, const ActionSim& actions) {
    const bool starts = word == "start" || word == "restart" || word == "scale";
    if (starts && !actions.start) return "start";
    if (word == "promote" && !actions.promote) return "promote";
    if (word == "failover" && !actions.failover && !actions.promote) return "failover";
    if (word == "restore" && !actions.restore) return "restore";
    if (word == "rebuild" && !actions.rebuild) return "rebuild";
    if (word == "rollback" && !actions.rollback) return "rollback";
    if (word == "rotate" && !actions.rotate) return "rotate";
    return nullptr;
  }

  void look_at_record(const Step& step) {
    const std::string record = text_argument(*step.action, "record");
    bool any_dns = false;
    for (const ServiceSim& part : target_.sim.services) {
      const auto* dns = std::get_if<DnsSim>(&part.own);
      if (dns == nullptr) continue;
      any_dns = true;
      const auto same = [&](const DnsRecord& known) { return known.name == record; };
      if (std::any_of(dns->records.begin(), dns->records.end(), same)) return;
    }
    refuse(step.action->where,
           fmt::format("step \"{}\" changes the record {}, and {}", step.title, record,
                       any_dns ? "no service of kind dns has it; add it to `records:` of its part under `sim:`"
                               : "the target has no service of kind dns; add one, with a part under `sim:`"));
  }

  // ---- breakers ------------------------------------------------------------------------------------------------

  void look_at_expectation(const Expectation& expectation) {
    for (const ServiceSim& part : target_.sim.services) {
      for (const NeedCall& call : part.station.calls) {
        if (call.need == expectation.breaker && call.breaker) return;
      }
    }
    refuse(expectation.where, fmt::format("a breaker to {0} is expected, and no service has one; add `calls: {{{0}: "
                                          "{{breaker: {{…}}}}}}` to the sim part of who needs {0}",
                                          expectation.breaker));
  }

  const Spec& spec_;
  const Target& target_;
  std::vector<std::pair<std::string, std::string>> taking_part_;  // service, why
  std::vector<Error> errors_;
};

}  // namespace

std::string bid_service(const Target& target) {
  if (!target.load.service.empty()) return target.load.service;
  for (const Placeholder& placeholder : find_placeholders(target.load.http.url)) {
    const auto words = split(placeholder.name, '.');
    if (words.size() >= 3 && words[0] == "services") return std::string{words[1]};
  }
  return "";
}

std::vector<Error> sim_refusals(const Spec& spec) { return SimNeeds{spec}.find(); }

}  // namespace blackstart
