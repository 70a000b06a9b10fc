// One run of many: its figures, and the additive parts of its RTO and RPO.

#include "reports/monte_carlo.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "reports/figures.h"
#include "scenarios/arguments.h"

namespace blackstart {
namespace {

// ---- what parts are called

constexpr const char* kDetection = "detection";
constexpr const char* kGathering = "people: acknowledge and assemble";
constexpr const char* kBetween = "between steps";
constexpr const char* kUntilGood = "until service was good";
constexpr const char* kBeyondPoint = "lost beyond the recovery point";

std::string people_part(const std::string& title, bool by_hand) {
  return fmt::format("people: {}{}", title, by_hand ? "" : " (decision)");
}
/// Of all that is done of a choice.
std::string choice_part(const std::string& title) { return "choice: " + title; }
std::string point_part(bool restored, const std::string& service) {
  return (restored ? "age of what was restored: " : "replication lag: ") + service;
}

void add_name(std::vector<std::string>& names, std::string name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

/// The parts of a step; `choice`: the outermost that it is an alternative of, or "".
void name_parts_of(const Step& step, const std::string& choice, std::vector<std::string>& names) {
  const bool has_people = step.manual || step.decision || !step.options.empty();
  if (has_people) add_name(names, people_part(step.title, step.manual));
  if (!step.options.empty()) add_name(names, choice_part(choice.empty() ? step.title : choice));
  if (step.action || step.check) add_name(names, choice.empty() ? step.title : choice_part(choice));
}

void name_parts(const std::vector<Step>& steps, const std::string& choice, PartNames& names) {
  for (const Step& step : steps) {
    if (!step.after_end) name_parts_of(step, choice, names.rto);
    if (step.action) {
      const Call action = effect_of(*step.action).value_or(*step.action);
      const bool restores = action.word == "restore";
      if (restores || action.word == "promote" || action.word == "failover")
        add_name(names.rpo, point_part(restores, text_argument(action, "service")));
    }
    name_parts(step.together, choice, names);
    name_parts(step.options, choice.empty() ? step.title : choice, names);
    name_parts(step.otherwise, choice, names);
  }
}

// ---- what a run spent

void add_duration(std::vector<RunPart>& parts, const std::string& name, Duration length) {
  if (length == Duration{}) return;
  const auto found = std::find_if(parts.begin(), parts.end(), [&](const RunPart& part) { return part.name == name; });
  if (found == parts.end())
    parts.push_back({name, length});
  else
    found->length += length;
}

struct Stretch {
  Instant begin, end;
  [[nodiscard]] bool holds(Instant at) const { return begin <= at && at < end; }
};

struct RunningStep {
  Stretch stretch;
  const StepRecord* step;
};

/// A step around others gives way to these from where the first begins.
void give_way(std::vector<RunningStep>& steps) {
  const std::vector<RunningStep> all = steps;
  for (RunningStep& around : steps)
    for (const RunningStep& inner : all)
      if (inner.step->id.starts_with(around.step->id + ".") && around.stretch.holds(inner.stretch.begin))
        around.stretch.end = std::min(around.stretch.end, inner.stretch.begin);
  std::erase_if(steps, [](const RunningStep& step) { return step.stretch.begin >= step.stretch.end; });
}

/// The recovery steps that ran in `within`, cut to it.
std::vector<RunningStep> steps_in(const Measurement& measurement, Stretch within) {
  std::vector<RunningStep> found;
  for (const StepRecord& step : measurement.steps) {
    if (step.after_end || !step.started) continue;
    const Stretch cut{std::max(*step.started, within.begin), std::min(step.ended.value_or(within.end), within.end)};
    if (cut.begin >= cut.end) continue;
    found.push_back({cut, &step});
  }
  give_way(found);
  return found;
}

/// Whether `at` is somebody's time to decide or choose in `step`.
bool is_decided(const Measurement& measurement, const StepRecord& step, Instant at) {
  return std::any_of(measurement.decisions.begin(), measurement.decisions.end(), [&](const DecisionRecord& decision) {
    return decision.step == step.id && decision.asked && Stretch{*decision.asked, decision.taken}.holds(at);
  });
}

/// The title of the outermost choice that `id` is an alternative of; empty where it is of none.
std::string choice_around(const Measurement& measurement, const std::string& id) {
  for (std::size_t dot = id.find(".options."); dot != std::string::npos; dot = id.find(".options.", dot + 1))
    for (const StepRecord& step : measurement.steps)
      if (step.id == std::string_view(id).substr(0, dot)) return step.title;
  return "";
}

/// A choice is one part, whatever is chosen: how much it is worth to choose well shows in its share of the spread.
std::string step_name(const Measurement& measurement, const StepRecord& step, Instant at) {
  if (is_decided(measurement, step, at)) return people_part(step.title, step.by == "person");
  if (const std::string choice = choice_around(measurement, step.id); !choice.empty()) return choice_part(choice);
  const bool whole = step.by == "person" && std::none_of(measurement.decisions.begin(), measurement.decisions.end(),
                                                         [&](const auto& one) { return one.step == step.id; });
  return whole ? people_part(step.title, true) : step.title;
}

/// What `at` is spent on: the step that is waited for longest of those that run, else what lies before and behind.
std::string spent_on(const Measurement& measurement, const std::vector<RunningStep>& steps, const Timeline& timeline,
                     Instant at) {
  const RunningStep* longest = nullptr;
  for (const RunningStep& running : steps)
    if (running.stretch.holds(at) && (longest == nullptr || running.stretch.end > longest->stretch.end))
      longest = &running;
  if (longest != nullptr) return step_name(measurement, *longest->step, at);
  if (timeline.detected && at < *timeline.detected) return kDetection;
  if (!timeline.responded || at < *timeline.responded) return timeline.detected ? kGathering : kUntilGood;
  const bool more = std::any_of(steps.begin(), steps.end(), [at](const auto& step) { return step.stretch.begin > at; });
  return more ? kBetween : kUntilGood;
}

/// The stretch that the RTO counts, cut where what it is spent on may change.
std::vector<RunPart> rto_parts(const Measurement& measurement, const Incident& incident) {
  const Timeline& timeline = incident.timeline;
  if (incident.rto.censored || !incident.rto.achieved || !timeline.restored) return {};
  const Stretch whole{*timeline.restored - *incident.rto.achieved, *timeline.restored};
  const std::vector<RunningStep> steps = steps_in(measurement, whole);
  std::vector<Instant> cuts{whole.begin, whole.end};
  for (const RunningStep& running : steps) {
    cuts.push_back(running.stretch.begin);
    cuts.push_back(running.stretch.end);
  }
  for (const DecisionRecord& decision : measurement.decisions)
    for (const auto& cut : {decision.asked, std::optional(decision.taken)})
      if (cut && whole.holds(*cut)) cuts.push_back(*cut);
  for (const auto& mark : {timeline.detected, timeline.responded})
    if (mark && whole.holds(*mark)) cuts.push_back(*mark);
  std::sort(cuts.begin(), cuts.end());
  std::vector<RunPart> parts;
  for (std::size_t index = 0; index + 1 < cuts.size(); ++index)
    add_duration(parts, spent_on(measurement, steps, timeline, cuts[index]), cuts[index + 1] - cuts[index]);
  return parts;
}

/// How old the state is that the recovery went back to, and what was lost beyond it.
std::vector<RunPart> rpo_parts(const Measurement& measurement, const Incident& incident) {
  if (incident.rpo.censored || !incident.rpo.achieved) return {};
  const RecoveryPointRecord* oldest = nullptr;
  for (const RecoveryPointRecord& point : measurement.recovery_points)
    if (point.age && (oldest == nullptr || *point.age > *oldest->age)) oldest = &point;
  std::vector<RunPart> parts;
  const Duration achieved = *incident.rpo.achieved;
  const Duration age = oldest == nullptr ? Duration{} : std::clamp(*oldest->age, Duration{}, achieved);
  if (oldest != nullptr) add_duration(parts, point_part(oldest->kind == "restore", oldest->service), age);
  add_duration(parts, kBeyondPoint, achieved - age);
  return parts;
}

RunFigure mtd_figure(const Incident& incident) {
  if (!incident.rto.achieved) return {"mtd", std::nullopt, false};
  return {"mtd", *incident.rto.achieved + incident.wrt, incident.rto.censored || !incident.wrt_known};
}

RunFigure regulatory_figure(const Measurement& measurement, const Incident& incident) {
  const auto& timeline = incident.timeline;
  const char* name = "downtime_regulatory";
  if (!timeline.impact) return {name, Duration{}, incident.rto.censored};
  if (incident.downtime_regulatory) return {name, incident.downtime_regulatory, false};
  const Instant end = measurement.observation_end.value_or(*timeline.impact);
  return {name, std::max(Duration{}, end - *timeline.impact), true};
}

void add_figures(const Measurement& measurement, const Incident& incident, RunRow& row) {
  row.figures.push_back({"rto", incident.rto.achieved, incident.rto.censored});
  row.figures.push_back({"rpo", incident.rpo.achieved, incident.rpo.censored});
  row.figures.push_back(mtd_figure(incident));
  row.figures.push_back({"downtime_service_level", measurement.downtime_service_level, incident.rto.censored});
  row.figures.push_back(regulatory_figure(measurement, incident));
}

RunFigure latency_figure(const Measurement& measurement) {
  const Histogram& steady = measurement.latency.steady;
  return {"latency_steady_p99", steady.empty() ? std::nullopt : std::optional(steady.percentile(99)), false};
}

}  // namespace

PartNames part_names(const Scenario& scenario) {
  PartNames names;
  names.rto = {kDetection, kGathering};
  if (scenario.recovery) name_parts(scenario.recovery->steps, "", names);
  for (const ValidationCheck& check : scenario.validation) name_parts(check.otherwise, "", names);
  for (const char* last : {kBetween, kUntilGood}) add_name(names.rto, last);
  add_name(names.rpo, kBeyondPoint);
  return names;
}

const RunFigure* RunRow::find(std::string_view name) const {
  const auto found =
      std::find_if(figures.begin(), figures.end(), [name](const RunFigure& figure) { return figure.name == name; });
  return found == figures.end() ? nullptr : &*found;
}

RunRow run_row(std::uint64_t seed, const Measurement& measurement, const Verdict& verdict) {
  RunRow row;
  row.seed = seed;
  row.verdict = verdict.outcome;
  row.exit_code = verdict.exit_code;
  if (!verdict.reasons.empty()) row.why = verdict.reasons.front();
  for (const Judgement& judgement : verdict.judgements)
    if (judgement.group == "objective" || judgement.group == "component")
      row.objectives.push_back({judgement.name, judgement.target, judgement.outcome});
  row.offered = measurement.bids.all.offered;
  if (measurement.read_back && measurement.read_back->complete) row.lost = measurement.read_back->lost;
  const Incident* incident = headline(measurement);
  if (incident == nullptr) {
    for (const char* name : {"rto", "rpo", "mtd", "downtime_service_level", "downtime_regulatory"})
      row.figures.push_back({name, std::nullopt, false});
    row.figures.push_back(latency_figure(measurement));
    return row;
  }
  add_figures(measurement, *incident, row);
  row.figures.push_back(latency_figure(measurement));
  row.rto_parts = rto_parts(measurement, *incident);
  row.rpo_parts = rpo_parts(measurement, *incident);
  return row;
}

}  // namespace blackstart
