// What shows that an objective was kept: detection, alerts, canaries, validation.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

/// The text outside of quotes, braces and square brackets, where operators stand.
std::string operators_of(const std::string& when) {
  std::string outside;
  std::string open;
  for (const char c : when) {
    const bool quoted = !open.empty() && (open.back() == '"' || open.back() == '\'');
    if (quoted) {
      if (c == open.back()) open.pop_back();
    } else if (c == '"' || c == '\'' || c == '{' || c == '[') {
      open += c;
    } else if (!open.empty() && (c == '}' || c == ']')) {
      open.pop_back();
    } else if (open.empty()) {
      outside += c;
    }
  }
  return outside;
}

/// The number behind the last > of a rule, where it is one.
std::optional<double> bound_of(const std::string& operators) {
  const std::size_t at = operators.find_last_of('>');
  if (at == std::string::npos) return std::nullopt;
  std::size_t begin = at + 1;
  while (begin < operators.size() && (operators[begin] == ' ' || operators[begin] == '=')) ++begin;
  double number = 0;
  const char* const end = operators.data() + operators.size();
  const auto [stop, code] = std::from_chars(operators.data() + begin, end, number);
  if (code != std::errc{}) return std::nullopt;
  return std::all_of(stop, end, [](char c) { return c == ' ' || c == ')'; }) ? std::optional{number} : std::nullopt;
}

/// A rate of errors that is compared with what looks like a share.
std::optional<double> share_of_nothing(const std::string& when) {
  const std::string operators = operators_of(when);
  const std::string text = lower(when);
  if (!contains_any(text, {"rate("}) || operators.find('/') != std::string::npos) return std::nullopt;
  if (!contains_any(text, {"5..", "5xx", "5[0-9]", "error", "fail", "exception"})) return std::nullopt;
  const auto bound = bound_of(operators);
  return bound && *bound > 0 && *bound < 1 ? bound : std::nullopt;
}

bool looks_at_data(const std::optional<Call>& check) {
  if (!check) return false;
  for (const char* word : {"reconcile", "sql", "exec", "canary"}) {
    if (check->word == word) return true;
  }
  return false;
}

bool looks_at_data(const ValidationCheck& check) {
  if (looks_at_data(check.check)) return true;
  return std::any_of(check.thresholds.begin(), check.thresholds.end(), [](const Threshold& threshold) {
    return contains_any(threshold.metric, {"lost", "corrupted", "phantom", "rolled_back", "duplicated"});
  });
}

bool has_rpo(const Objectives& objectives) {
  return objectives.rpo || std::any_of(objectives.components.begin(), objectives.components.end(),
                                       [](const Component& component) { return component.rpo.has_value(); });
}

/// Whether a step restores one of `services`; null: any.
bool restores(const Spec& spec, const std::vector<std::string>* services) {
  for (const AnyStep& any : all_steps(spec.scenario)) {
    for (const Call& effect : effects_of(*any.step)) {
      if (effect.word != "restore") continue;
      if (services == nullptr || acts_on(effect, *services, spec.target)) return true;
    }
  }
  return false;
}

}  // namespace

void recovery_without_detection(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  if (!scenario.recovery || !scenario.detection.empty()) return;
  findings.add(Weight::kWarning, place_of(subject.spec, "recovery"),
               scenario.recovery->after_detection
                   ? "the recovery begins with the fault: nothing has to notice it, and the RTO holds no time for that"
                   : "the recovery begins by the clock: whether anything would notice the fault is not rehearsed",
               "Add the rule that would tell you (detection:), and start the recovery after it");
}

void alert_is_no_ratio(const AuditSubject& subject, Findings& findings) {
  const auto& profile = subject.spec.scenario.load.bids.profile;
  for (const ProbeRule& rule : subject.spec.scenario.detection) {
    if (rule.probe.word != "alert") continue;
    const auto bound = share_of_nothing(text_argument(rule.probe, "when"));
    if (!bound) continue;
    std::string share;
    if (!profile.empty() && profile.front().from.per_second > 0) {
      share = fmt::format(", at {} that is {:.2g} %", spell_rate(profile.front().from),
                          100 * *bound / profile.front().from.per_second);
    }
    findings.add(
        Weight::kWarning, rule.where,
        fmt::format("{} fires above {:g} errors a second of one series, not above {:g} %: one error in {:.3g} s{}",
                    rule.name, *bound, 100 * *bound, 1 / *bound, share),
        "Divide by the rate of all requests: sum(rate(errors[5m])) / sum(rate(all[5m]))");
  }
}

void rpo_without_read_back(const AuditSubject& subject, Findings& findings) {
  const Spec& spec = subject.spec;
  if (spec.target.load.read_back != LoadMapping::ReadBackKind::kNone) return;
  const auto& components = spec.scenario.objectives.components;
  const bool by_bids =
      spec.scenario.objectives.rpo || std::any_of(components.begin(), components.end(), [](const Component& component) {
        return component.rpo && component.evidence == Component::Evidence::kBids;
      });
  if (!by_bids) return;
  findings.add(
      Weight::kWarning, place_of(spec, "objectives.rpo"),
      fmt::format("an RPO, and {} has no read_back: without it the RPO is inconclusive, never kept", spec.target.name),
      "Say in the target's load: how everything that was stored is read back");
}

void rpo_out_of_sight(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  const Duration before =
      scenario.steady_state ? scenario.steady_state->length : scenario.objectives.service_level.hold;
  const auto report = [&](const std::string& whose, Duration rpo, const Position& where, Weight weight) {
    if (rpo <= before) return;
    findings.add(
        weight, where,
        fmt::format("traffic runs for {} before the fault, shorter than the RPO of {}{}: a loss that reaches back "
                    "further is seen as \"> {}\" alone, inconclusive and no miss",
                    spell_duration(before), spell_duration(rpo), whose, spell_duration(before)),
        fmt::format("Let steady_state.for be longer than {}, or read the figure as a lower bound",
                    spell_duration(rpo)));
  };
  for (const Component& component : scenario.objectives.components) {
    if (!component.rpo || component.evidence != Component::Evidence::kCanary) continue;
    const Position where = place_of(subject.spec, fmt::format("objectives.components.{}.rpo", component.name));
    if (!restores(subject.spec, &component.services))
      report(" for " + component.name, *component.rpo, where, Weight::kWarning);
  }
  // Of what is restored the age is known; in the virtual world stores have a history before the drill.
  if (!scenario.objectives.rpo || restores(subject.spec, nullptr)) return;
  report("", *scenario.objectives.rpo, place_of(subject.spec, "objectives.rpo"), Weight::kNote);
}

void canary_too_coarse(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  for (const Component& component : scenario.objectives.components) {
    if (component.evidence != Component::Evidence::kCanary) continue;
    const auto canary = std::find_if(scenario.canaries.begin(), scenario.canaries.end(),
                                     [&](const Canary& each) { return each.name == component.source; });
    if (canary == scenario.canaries.end()) continue;
    const auto rto = component.rto ? std::optional{component.rto->within} : std::nullopt;
    for (const auto& [name, limit] : {std::pair{"RTO", rto}, std::pair{"RPO", component.rpo}}) {
      if (!limit || canary->every < *limit) continue;
      findings.add(Weight::kContradiction, canary->where,
                   fmt::format("{} is written every {}: it cannot show whether {} keeps its {} of {}", canary->name,
                               spell_duration(canary->every), component.name, name, spell_duration(*limit)),
                   "Write the canary several times within the objective");
    }
  }
}

void validation_ignores_data(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  if (!has_rpo(scenario.objectives)) return;
  const auto& checks = scenario.validation;
  if (std::any_of(checks.begin(), checks.end(), [](const ValidationCheck& check) { return looks_at_data(check); }))
    return;
  for (const AnyStep& any : all_steps(scenario)) {
    if (looks_at_data(any.step->check)) return;
  }
  findings.add(Weight::kWarning, place_of(subject.spec, checks.empty() ? "objectives.rpo" : "validation"),
               checks.empty() ? "an RPO, and no validation: nobody looks at the data before users do"
                              : "an RPO, and nothing looks at the data: neither validation nor a step of the recovery",
               "Add {reconcile: bids}, a query that counts what must be there, or a canary");
}

}  // namespace blackstart::audit_rule
