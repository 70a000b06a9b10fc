#include "targets/refusals.h"

#include "base/text.h"
#include "targets/actions.h"
#include "targets/probes.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace blackstart {
namespace {

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::ranges::find(words, word) != words.end();
}

class Refusals {
 public:
  Refusals(const Spec& spec, const FaultRegistry& faults) : spec_(spec) {
    for (const auto& kind : faults.kinds()) fault_words_.push_back(kind.name);
  }

  std::vector<Error> find() {
    const Scenario& scenario = spec_.scenario;
    for (const FaultSpec& fault : scenario.faults) look_at(fault);
    if (scenario.steady_state) {
      for (const ProbeRule& rule : scenario.steady_state->probes) look_at(rule, "steady state probe");
    }
    for (const ProbeRule& rule : scenario.detection) look_at(rule, "detection");
    if (scenario.recovery) look_at(scenario.recovery->steps);
    for (const ValidationCheck& check : scenario.validation) {
      if (check.check) look_at_check(*check.check, "validation \"" + check.name + "\"");
      look_at(check.otherwise);
    }
    look_at_load();
    for (const Expectation& expectation : scenario.expect) look_at(expectation);
    for (const Canary& canary : scenario.canaries) look_at(canary);
    return std::move(errors_);
  }

 private:
  void refuse(const Position& where, std::string what, const std::vector<std::string>& possible) {
    errors_.push_back(
        fail(ErrorCode::kUnsupported,
             fmt::format("{} cannot be done live by this version; it can do {}", what, join(possible, ", ")),
             where.to_string()));
  }

  void look_at(const FaultSpec& fault) {
    if (contains(fault_words_, fault.kind.word)) return;
    refuse(fault.where, fmt::format("fault \"{}\" of kind {}", fault.name, fault.kind.word), fault_words_);
  }

  void look_at(const Canary& canary) {
    for (const CanaryEnd* end : {&canary.write, &canary.read})
      if (end->way != "exec") refuse(canary.where, fmt::format("canary {} by {}", canary.name, end->way), {"exec"});
  }

  void look_at(const ProbeRule& rule, const char* what) {
    if (contains(known_probes(), rule.probe.word)) return;
    refuse(rule.where, fmt::format("{} \"{}\" with {}", what, rule.name, rule.probe.word), known_probes());
  }

  void look_at(const Expectation& expectation) {
    errors_.push_back(
        fail(ErrorCode::kUnsupported,
             fmt::format("expect: what the breaker of {} becomes cannot be observed live by this version; "
                         "play the drill in the virtual world (--world sim), or leave `expect` out",
                         expectation.breaker),
             expectation.where.to_string()));
  }

  void look_at(const std::vector<Step>& steps) {
    for (const Step& step : steps) {
      const std::string what = "step \"" + step.title + "\"";
      if (step.action && !contains(known_actions(), step.action->word)) {
        refuse(step.action->where, what + " with action " + step.action->word, known_actions());
      }
      if (step.check) look_at_check(*step.check, what);
      for (const auto* nested : {&step.together, &step.options, &step.otherwise}) look_at(*nested);
    }
  }

  void look_at_check(const Call& check, const std::string& what) {
    const bool known = check.word == "reconcile" || check.word == "canary" || contains(known_checks(), check.word) ||
                       contains(known_probes(), check.word);
    if (!known) {
      std::vector<std::string> possible = known_checks();
      possible.push_back("reconcile");
      possible.insert(possible.end(), known_probes().begin(), known_probes().end());
      refuse(check.where, what + " with check " + check.word, possible);
    } else if (check.word == "replication") {
      look_at_replication(check);
    }
  }

  void look_at_replication(const Call& check) {
    const std::string service = check.arguments.text("service");
    const auto probe = in_step_probe(spec_.target, service);
    if (!probe) {
      errors_.push_back(
          fail(ErrorCode::kUnsupported,
               fmt::format("replication of {0} cannot be looked at: the target says not how; add `in_step:` "
                           "with a probe to services.{0}",
                           service),
               check.where.to_string()));
    } else if (!contains(known_probes(), probe->word)) {
      refuse(probe->where, fmt::format("in_step of {} with {}", service, probe->word), known_probes());
    }
  }

  void look_at_load() {
    const LoadMapping& load = spec_.target.load;
    const Position where{spec_.target.file, 0, 0};
    if (!load.kafka.is_null())
      refuse(where, "placing bids through a Kafka topic (load.kafka)", {"protocol: bids", "http"});
    if (load.read_back == LoadMapping::ReadBackKind::kSql || load.read_back == LoadMapping::ReadBackKind::kKafka) {
      const char* way = load.read_back == LoadMapping::ReadBackKind::kSql ? "sql" : "kafka";
      refuse(where, fmt::format("reading back bids through {} (load.read_back)", way), {"http", "run"});
    }
  }

  const Spec& spec_;
  std::vector<std::string> fault_words_;
  std::vector<Error> errors_;
};

}  // namespace

std::vector<Error> live_refusals(const Spec& spec, const FaultRegistry& faults) {
  return Refusals(spec, faults).find();
}

}  // namespace blackstart
