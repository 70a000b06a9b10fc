// Rules of audit() about time: what adds up to more than what is allowed.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace blackstart {
namespace {

using Weight = Finding::Weight;

Duration median_of(const Distribution& law) {
  return law.form == Distribution::Form::kUniform ? (law.first + law.second) / 2 : law.first;
}
Duration p95_of(const Distribution& law) {
  const bool wide = law.form == Distribution::Form::kLogNormal || law.form == Distribution::Form::kUniform;
  return wide ? law.second : law.first;
}

/// How long steps take as written, when alternatives (`otherwise`) are taken down to `depth`.
class Path {
 public:
  Path(const Scenario& scenario, int depth) : scenario_(scenario), depth_(depth) {}

  [[nodiscard]] Duration length() const {
    Duration sum{};
    for (const Step& step : scenario_.recovery->steps)
      if (!step.after_end) sum += of(step, 0);
    return sum;
  }

 private:
  [[nodiscard]] Duration of(const Step& step, int depth) const {
    Duration length = step.hold + own(step, depth);
    if (depth < depth_)
      for (const Step& other : step.otherwise) length += of(other, depth + 1);
    return length;
  }

  [[nodiscard]] Duration own(const Step& step, int depth) const {
    if (step.budget) return *step.budget;
    Duration longest{};
    for (const auto* parts : {&step.together, &step.options})
      for (const Step& part : *parts) longest = std::max(longest, of(part, depth));
    if (step.decision && step.decision->takes) longest += median_of(*step.decision->takes);
    if (step.action && step.action->word == "run")
      if (const auto takes = takes_of(*step.action, "")) longest += median_of(*takes);
    return longest;
  }

  const Scenario& scenario_;
  int depth_;
};

/// Until the first rule can have fired.
Duration detection_time(const Scenario& scenario) {
  if (!scenario.recovery->after_detection) return scenario.recovery->at;
  std::optional<Duration> first;
  for (const ProbeRule& rule : scenario.detection) {
    const Duration takes = rule.hold + (rule.failures - 1) * rule.every;
    first = std::min(first.value_or(takes), takes);
  }
  return first.value_or(Duration{});
}

Duration people_time(const Scenario& scenario, Duration (*of)(const Distribution&)) {
  Duration sum{};
  if (!scenario.recovery->after_detection) return sum;
  for (const char* who : {"acknowledge", "assemble"}) {
    const auto found = scenario.people.times.find(who);
    if (found != scenario.people.times.end()) sum += of(found->second);
  }
  return sum;
}

int deepest(const Scenario& scenario) {
  int depth = 0;
  for (const FlatStep& flat : flat_steps(scenario)) depth = std::max(depth, flat.depth);
  return depth;
}

/// What comes before the first step, as written and when everybody is slow.
struct Before {
  Duration detection{}, people{}, people_slow{};
  [[nodiscard]] std::string spell() const {
    return fmt::format("detection {} + people {}", human_duration(detection), human_duration(people));
  }
};

void hold_against(const Scenario& scenario, const Before& before, const RtoObjective& rto, std::string_view component,
                  Findings& findings) {
  const int most = deepest(scenario);
  for (int depth = 0; depth <= most; ++depth) {
    const Duration steps = Path(scenario, depth).length();
    const Duration sum = before.detection + before.people + steps;
    if (sum <= rto.within) continue;
    const std::string which = depth == 0   ? "steps as they are planned"
                              : depth == 1 ? "steps where each that fails is followed by its alternative"
                                           : fmt::format("steps where alternatives fail too ({} deep)", depth);
    findings.push_back({depth == 0 ? Weight::kContradiction : Weight::kWarning, "",
                        fmt::format("{} + {} {} = {}, against {}", before.spell(), which, human_duration(steps),
                                    human_duration(sum), spell_objective("RTO", rto.within, component)),
                        depth == 0 ? "shorten budgets, do steps together, or state an RTO that the procedure can meet"
                                   : "decide sooner that a step has failed: a smaller budget, or an alternative first",
                        scenario.recovery->steps.front().where});
    return;
  }
  const Duration planned = before.detection + before.people_slow + Path(scenario, 0).length();
  if (planned <= rto.within) return;
  findings.push_back({Weight::kWarning, "",
                      fmt::format("people who are slow (95th percentile, {}) bring the sum to {}, against {}",
                                  human_duration(before.people_slow), human_duration(planned),
                                  spell_objective("RTO", rto.within, component)),
                      "page earlier or more people, or leave more room in the budgets",
                      scenario.recovery->steps.front().where});
}

bool ends_by_recovery(const RtoObjective& rto) { return !rto.from_healed; }

}  // namespace

void audit_budgets(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  if (!scenario.recovery || scenario.recovery->steps.empty()) return;
  const Before before{detection_time(scenario), people_time(scenario, median_of), people_time(scenario, p95_of)};
  if (scenario.objectives.rto && ends_by_recovery(*scenario.objectives.rto))
    hold_against(scenario, before, *scenario.objectives.rto, "", findings);
  for (const Component& component : scenario.objectives.components) {
    const bool same =
        scenario.objectives.rto && component.rto && component.rto->within == scenario.objectives.rto->within;
    if (component.rto && !same && ends_by_recovery(*component.rto))
      hold_against(scenario, before, *component.rto, component.name, findings);
  }
}

void audit_phases(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  const auto& rto = scenario.objectives.rto;
  if (!rto || rto->from_healed) return;
  const auto steps = flat_steps(scenario);
  for (const RunbookPhase& phase : scenario.phases) {
    const bool recovers = std::ranges::any_of(steps, [&](const FlatStep& flat) {
      return flat.step->phase == phase.name && !flat.step->after_end && flat.step->action.has_value();
    });
    if (!recovers || phase.from < rto->within) continue;
    findings.push_back(
        {Weight::kContradiction, "",
         fmt::format("the phase \"{}\" begins {} after the fault by the runbook's own calendar, against {}", phase.name,
                     spell_duration(phase.from), spell_objective("RTO", rto->within, "")),
         "begin the recovery before the RTO is over, or state the RTO that the calendar allows", phase.where});
  }
}

void audit_estimate(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  const auto hold = [&](const char* name, std::optional<Duration> allowed) {
    const auto expected = scenario.expected.find(name);
    if (!allowed || expected == scenario.expected.end() || expected->second.second <= *allowed) return;
    std::string upper = name;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    findings.push_back({Weight::kContradiction, "",
                        fmt::format("the runbook expects {} to {}, against {}", spell_duration(expected->second.first),
                                    spell_duration(expected->second.second), spell_objective(upper, *allowed, "")),
                        "one of the two is wrong: measure, then state what was measured",
                        scenario.faults.empty() ? Position{scenario.file} : scenario.faults.front().where});
  };
  const auto& rto = scenario.objectives.rto;
  hold("rto", rto ? std::optional(rto->within) : std::nullopt);
  hold("rpo", scenario.objectives.rpo);
}

void audit_kpis(const AuditInput& input, Findings& findings) {
  const auto& rto = input.spec.scenario.objectives.rto;
  if (!input.spec.organisation || !rto) return;
  const Organisation& organisation = *input.spec.organisation;
  const Position where{organisation.file};
  if (organisation.kpis.mttr && *organisation.kpis.mttr > rto->within)
    findings.push_back({Weight::kContradiction, "",
                        fmt::format("a mean time to recovery of {} is allowed, against {}",
                                    spell_duration(*organisation.kpis.mttr), spell_objective("RTO", rto->within, "")),
                        "a mean above the limit means that most recoveries miss it: lower kpis.mttr", where});
  if (!organisation.kpis.availability) return;
  constexpr Duration kMonth = std::chrono::hours{24 * 30};
  const Duration spare = from_seconds(to_seconds(kMonth) * (1 - organisation.kpis.availability->value));
  if (rto->within <= spare) return;
  findings.push_back(
      {Weight::kWarning, "",
       fmt::format("availability of {:.4g} % leaves {} a month, and one outage may last {}",
                   100 * organisation.kpis.availability->value, human_duration(spare), spell_duration(rto->within)),
       "one of the two promises is not kept by an outage within the other", where});
}

}  // namespace blackstart
