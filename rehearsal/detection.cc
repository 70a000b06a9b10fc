#include "rehearsal/detection.h"

#include <algorithm>

namespace blackstart {
namespace {

/// The next instant of the grid from `start` by `every` that lies after `now`.
Instant next_beat(Instant start, Duration every, Instant now) {
  if (every <= Duration{}) every = std::chrono::seconds{1};
  return start + ((now - start) / every + 1) * every;
}

const char* name_of(RuleRunner::Of of) { return of == RuleRunner::Of::kDetection ? "detection" : "steady state"; }

}  // namespace

RuleRunner::RuleRunner(DrillContext* drill, const std::vector<ProbeRule>* rules, Of of)
    : drill_(drill), rules_(rules), of_(of) {
  for (const auto& rule : *rules) watches_.emplace_back(rule.failures, rule.successes, rule.hold);
}

Task<void> RuleRunner::run(std::stop_token scope, Which which) {
  TaskGroup group;
  for (std::size_t index = 0; index < rules_->size(); ++index) {
    const bool evidence = is_evidence((*rules_)[index]);
    if (which == Which::kAll || (which == Which::kEvidence) == evidence) group.spawn(run_rule(index, scope));
  }
  co_await group.join();
}

/// A name that stands in both lists is the steady state's.
bool RuleRunner::is_evidence(const ProbeRule& rule) const {
  const Scenario& scenario = drill_->plan.spec.scenario;
  const bool steady_has_it =
      scenario.steady_state && std::ranges::any_of(scenario.steady_state->probes,
                                                   [&](const ProbeRule& probe) { return probe.name == rule.name; });
  if (of_ == Of::kDetection && steady_has_it) return false;
  return std::ranges::any_of(scenario.objectives.components, [&](const Component& component) {
    return component.evidence == Component::Evidence::kProbe && component.source == rule.name;
  });
}

Task<void> RuleRunner::run_rule(std::size_t index, std::stop_token scope) {
  const ProbeRule& rule = (*rules_)[index];
  const Instant start = drill_->now();
  std::uint64_t looks = 0;
  while (!scope.stop_requested()) {
    Limit limit{drill_->now() + rule.timeout, scope};
    const auto seen = co_await drill_->world.probe(rule.probe, std::move(limit));
    if (scope.stop_requested()) break;
    ++looks;
    changed(rule, watches_[index].observe(drill_->now(), seen && seen->ok), seen);
    const auto woken = co_await drill_->world.clock().sleep_until(next_beat(start, rule.every, drill_->now()), scope);
    if (!woken) break;
  }
  if (is_evidence(rule))
    drill_->record("probe.watched", {{"name", rule.name},
                                     {"of", name_of(of_)},
                                     {"from_ns", to_ns(start)},
                                     {"until_ns", to_ns(drill_->now())},
                                     {"looks", looks}});
}

void RuleRunner::changed(const ProbeRule& rule, RuleWatch::Change change, const Result<Observation>& seen) {
  if (change == RuleWatch::Change::kNone) return;
  const std::string detail = seen ? seen->detail : seen.error().to_string();
  const bool failed = change == RuleWatch::Change::kFailed;
  const bool detects = of_ == Of::kDetection;
  drill_->record(failed ? "probe.failed" : "probe.recovered",
                 {{"name", rule.name}, {"of", name_of(of_)}, {"detail", detail}});
  if (!failed || !detects || !drill_->fault_has_begun()) return;
  drill_->record("detection.fired", {{"name", rule.name}, {"severity", rule.severity}, {"detail", detail}});
  if (!drill_->detected) drill_->detected = drill_->now();
}

const ProbeRule* RuleRunner::first_not_passing(Instant from) const {
  for (std::size_t index = 0; index < rules_->size(); ++index)
    if (!watches_[index].passes_since(from)) return &(*rules_)[index];
  return nullptr;
}

bool RuleRunner::evidence_passes(Instant from) const {
  for (std::size_t index = 0; index < rules_->size(); ++index)
    if (is_evidence((*rules_)[index]) && !watches_[index].passes_since(from)) return false;
  return true;
}

}  // namespace blackstart
