#include "tests/catalog/outcome.h"

#include "base/text.h"
#include "base/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

namespace blackstart::test {
namespace {

/// The name that expected.yaml has for a judgement: a component's, a threshold's metric, "expect", or its own.
std::string name_of(const Spec& spec, const Judgement& judgement) {
  if (judgement.group == "expectation") return "expect";
  for (const Component& component : spec.scenario.objectives.components) {
    const std::string_view rest =
        std::string_view(judgement.name).substr(std::min(component.name.size(), judgement.name.size()));
    const bool own = judgement.name.starts_with(component.name) && (rest.empty() || rest[0] == ' ' || rest[0] == ':');
    if (own) return component.name;
  }
  if (judgement.group == "threshold") return judgement.name.substr(0, judgement.name.find_first_of(".:"));
  return judgement.name;
}

std::map<std::string, std::string> objectives_of(const Spec& spec, const Verdict& verdict) {
  std::map<std::string, blackstart::Outcome> worst_of;
  for (const Judgement& judgement : verdict.judgements) {
    const auto [found, added] = worst_of.emplace(name_of(spec, judgement), judgement.outcome);
    if (!added) found->second = worst(found->second, judgement.outcome);
  }
  std::map<std::string, std::string> objectives;
  for (const auto& [name, outcome] : worst_of) objectives[name] = to_string(outcome);
  return objectives;
}

/// A stretch of the recovery and what it was spent on.
struct Spent {
  std::vector<std::string> titles;
  Duration length{};
};

bool within(const StepRecord& step, const std::string& id) { return step.id.starts_with(id + "."); }

/// The titles within `step` that took longest, from the outermost on.
void add_longest_within(const std::vector<StepRecord>& steps, const std::string& id, std::vector<std::string>& titles) {
  const StepRecord* longest = nullptr;
  const auto length = [](const StepRecord& step) { return *step.ended - *step.started; };
  for (const StepRecord& step : steps) {
    if (!within(step, id) || !step.started || !step.ended) continue;
    if (longest == nullptr || length(step) > length(*longest)) longest = &step;
  }
  if (longest == nullptr) return;
  titles.push_back(longest->title);
  add_longest_within(steps, longest->id, titles);
}

/// Steps at the top follow each other; what is done within one, or otherwise, is part of it.
Spent spent_on(const std::vector<StepRecord>& steps, const StepRecord& top) {
  Spent spent{{top.title}, {}};
  Instant end = *top.ended;
  for (const StepRecord& step : steps)
    if (within(step, top.id) && step.ended) end = std::max(end, *step.ended);
  spent.length = end - *top.started;
  add_longest_within(steps, top.id, spent.titles);
  return spent;
}

std::vector<std::string> dominating(const Measurement& measurement) {
  Spent longest{{"none"}, {}};
  const auto consider = [&](Spent spent) {
    if (spent.length > longest.length) longest = std::move(spent);
  };
  bool recovered_by_steps = false;
  for (const StepRecord& step : measurement.steps) {
    const bool top = step.id.find('.') == std::string::npos;
    if (!top || step.after_end || !step.started || !step.ended) continue;
    recovered_by_steps = true;
    consider(spent_on(measurement.steps, step));
  }
  if (!recovered_by_steps || measurement.incidents.empty()) return longest.titles;
  const Timeline& timeline = measurement.incidents.front().timeline;
  if (timeline.fault && timeline.detected) consider({{"detection"}, *timeline.detected - *timeline.fault});
  if (timeline.detected && timeline.responded) consider({{"people"}, *timeline.responded - *timeline.detected});
  return longest.titles;
}

template <class Range, class Value>
bool holds(const Range& range, const Value& value) {
  return range.first <= value && value <= range.second;
}

void compare_figure(const char* name, const std::optional<std::pair<Duration, Duration>>& range,
                    const std::optional<Duration>& value, bool censored, std::vector<std::string>& found) {
  if (!range || (value && !censored && holds(*range, *value))) return;
  found.push_back(fmt::format("{} is {}, expected {}..{}", name, figure(value, censored), spell_duration(range->first),
                              spell_duration(range->second)));
}

void compare_lost(const Expected& expected, const Outcome& outcome, double share, std::vector<std::string>& found) {
  if (!expected.lost) return;
  const std::pair range{static_cast<std::uint64_t>(std::floor(static_cast<double>(expected.lost->first) * share)),
                        static_cast<std::uint64_t>(std::ceil(static_cast<double>(expected.lost->second) * share))};
  if (outcome.lost && holds(range, *outcome.lost)) return;
  const std::string lost = outcome.lost ? fmt::format("{}", *outcome.lost) : "not known";
  found.push_back(fmt::format("lost is {}, expected {}..{}", lost, range.first, range.second));
}

void compare_down(const Expected& expected, const Outcome& outcome, std::vector<std::string>& found) {
  if (expected.down.empty()) return;
  std::vector<std::string> down = expected.down;
  std::sort(down.begin(), down.end());
  if (down != outcome.down)
    found.push_back(fmt::format("down are [{}], expected [{}]", join(outcome.down, ", "), join(down, ", ")));
}

}  // namespace

std::string figure(const std::optional<Duration>& value, bool censored) {
  if (!value) return "not measured";
  return (censored ? "> " : "") + length_text(*value);
}

Outcome outcome_of(const Spec& spec, const SimRun& run) {
  Outcome outcome;
  outcome.verdict = to_string(run.verdict.outcome);
  outcome.reasons = run.verdict.reasons;
  outcome.objectives = objectives_of(spec, run.verdict);
  const Measurement& measurement = run.measurement;
  if (!measurement.incidents.empty()) {
    const Incident& incident = measurement.incidents[measurement.worst];
    outcome.rto = incident.rto.achieved;
    outcome.rto_censored = incident.rto.censored;
    outcome.rpo = incident.rpo.achieved;
    outcome.rpo_censored = incident.rpo.censored;
  }
  if (measurement.read_back && measurement.read_back->complete) outcome.lost = measurement.read_back->lost;
  for (const ServiceOutage& outage : run.services_out) outcome.down.push_back(outage.service);
  std::sort(outcome.down.begin(), outcome.down.end());
  outcome.dominated_by = dominating(measurement);
  return outcome;
}

std::vector<std::string> differences(const Expected& expected, const Outcome& outcome, double share) {
  std::vector<std::string> found;
  if (expected.verdict != outcome.verdict)
    found.push_back(fmt::format("the verdict is {}, expected {}", outcome.verdict, expected.verdict));
  for (const auto& [name, verdict] : expected.objectives) {
    const auto judged = outcome.objectives.find(name);
    const std::string is = judged == outcome.objectives.end() ? "not judged" : judged->second;
    if (is != verdict) found.push_back(fmt::format("{} is {}, expected {}", name, is, verdict));
  }
  compare_figure("rto", expected.rto, outcome.rto, outcome.rto_censored, found);
  compare_figure("rpo", expected.rpo, outcome.rpo, outcome.rpo_censored, found);
  compare_lost(expected, outcome, share, found);
  compare_down(expected, outcome, found);
  return found;
}

bool dominated_as_expected(const Expected& expected, const Outcome& outcome) {
  return std::find_first_of(outcome.dominated_by.begin(), outcome.dominated_by.end(), expected.dominated_by.begin(),
                            expected.dominated_by.end()) != outcome.dominated_by.end();
}

}  // namespace blackstart::test
