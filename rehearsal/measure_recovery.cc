#include "rehearsal/measure_recovery.h"

#include <algorithm>
#include <map>
#include <set>

namespace blackstart {
namespace {

constexpr std::string_view kPager = "pager";  // the channel of those who respond

const Step* find_in(const std::vector<Step>& steps, std::string_view id) {
  for (const Step& step : steps) {
    if (step.id == id) return &step;
    for (const auto* nested : {&step.together, &step.options, &step.otherwise})
      if (const Step* inner = find_in(*nested, id)) return inner;
  }
  return nullptr;
}

bool in_window(const IncidentWindow& window, Instant at) {
  return at >= window.begin && (window.last || at < window.end);
}

/// Steps of the recovery that began in the window, without those that are no part of it (`after: end`).
std::vector<const StepRecord*> recovery_steps(const Measurement& measurement, const IncidentWindow& window) {
  std::vector<const StepRecord*> steps;
  for (const StepRecord& step : measurement.steps)
    if (step.started && !step.after_end && in_window(window, *step.started)) steps.push_back(&step);
  return steps;
}

bool brings_redundancy_back(const Step& step) {
  if (step.action && step.action->word == "rebuild") return true;
  return step.check && step.check->arguments.find("replication") != nullptr;
}

/// Since when the world has seen redundancy as the target declares it; empty where the last it saw was otherwise.
std::optional<Instant> observed_protected(const Facts& facts, const IncidentWindow& window) {
  std::optional<Instant> since;
  for (const auto& [at, held] : facts.protections) {
    if (!in_window(window, at)) continue;
    if (!held) since.reset();
    if (held && !since) since = at;
  }
  return since;
}

/// When redundancy was proven back: as the world saw it, or, where it cannot tell, the end of the last step that
/// rebuilds it or checks it, if all of them succeeded.
std::optional<Instant> protected_at(const IncidentInput& input, const IncidentWindow& window) {
  if (!input.facts.protections.empty()) return observed_protected(input.facts, window);
  std::optional<Instant> last;
  for (const StepRecord& record : input.measurement.steps) {
    const Step* step = find_step(input.spec, record.id);
    if (step == nullptr || !brings_redundancy_back(*step)) continue;
    if (!record.started || !in_window(window, *record.started)) continue;
    if (!record.ended || !record.done) return std::nullopt;
    last = std::max(last.value_or(*record.ended), *record.ended);
  }
  return last;
}

/// When the check began to pass for good: its first pass after its last failure. Empty while it has not.
std::optional<Instant> passed_at(const Measurement& measurement, std::string_view name) {
  std::optional<Instant> since;
  for (const CheckRecord& record : measurement.validations) {
    if (record.name != name) continue;
    if (!record.passed)
      since.reset();
    else if (!since)
      since = record.at;
  }
  return since;
}

/// When the last of the scenario's validation checks had passed; empty while one has not.
std::optional<Instant> validated_at(const IncidentInput& input) {
  std::optional<Instant> last;
  for (const ValidationCheck& check : input.spec.scenario.validation) {
    const auto passed = passed_at(input.measurement, check.name);
    if (!passed) return std::nullopt;
    last = std::max(last.value_or(*passed), *passed);
  }
  return last;
}

/// How long steps that are no part of the recovery were at work between `from` and `until`.
Duration work_after_end(const Measurement& measurement, Instant from, Instant until) {
  Duration sum{};
  Instant counted = from;  // steps begin in the order of their records; those of a group overlap
  for (const StepRecord& step : measurement.steps) {
    if (!step.after_end || !step.started) continue;
    const Instant begin = std::max(counted, *step.started);
    const Instant end = std::min(until, step.ended.value_or(until));
    if (end <= begin) continue;
    sum += end - begin;
    counted = end;
  }
  return sum;
}

void measure_work_recovery(const IncidentInput& input, const IncidentWindow& window, Incident& incident) {
  const Timeline& timeline = incident.timeline;
  if (!timeline.restored) return;
  const bool must_validate = window.last && !input.spec.scenario.validation.empty();
  incident.wrt_known = timeline.drained && (!must_validate || timeline.validated);
  Instant last = *timeline.restored;
  if (timeline.drained) last = std::max(last, *timeline.drained);
  if (must_validate && timeline.validated)  // what everything is read back for waits for the steps after the end, too
    last = std::max(last, *timeline.validated - work_after_end(input.measurement, last, *timeline.validated));
  for (const StepRecord* step : recovery_steps(input.measurement, window)) {
    if (step->ended)
      last = std::max(last, *step->ended);
    else
      incident.wrt_known = false;
  }
  incident.wrt = last - *timeline.restored;
}

CommunicationRecord as_record(const SentMessage& message) {
  CommunicationRecord record;
  record.audience = message.audience;
  record.channel = message.channel;
  record.message = message.message;
  record.due = message.due;
  if (message.delivered) record.sent = message.sent;
  if (!message.delivered) record.why_undelivered = message.detail;
  record.late = !message.delivered || (message.due && message.sent > *message.due);
  record.evidence = message.evidence;
  return record;
}

/// The team is there to recover, or others are told; whichever the drill has, the former first.
std::optional<Instant> declared_at(const IncidentInput& input, const IncidentWindow& window) {
  for (const ResponseRecord& response : input.measurement.responses)
    if (response.assembled && in_window(window, response.at)) return response.at;
  for (const SentMessage& message : input.facts.sent)
    if (message.delivered && message.channel != kPager && in_window(window, message.sent)) return message.sent;
  return std::nullopt;
}

void mark_people(const IncidentInput& input, const IncidentWindow& window, Timeline& timeline) {
  for (const SentMessage& message : input.facts.sent)
    if (!timeline.notified && message.delivered && in_window(window, message.sent)) timeline.notified = message.sent;
  for (const ResponseRecord& response : input.measurement.responses)
    if (!timeline.acknowledged && !response.assembled && in_window(window, response.at))
      timeline.acknowledged = response.at;
  timeline.declared = declared_at(input, window);
}

/// What people did, from when to when, up to `end`.
std::vector<std::pair<Instant, Instant>> people_stretches(const Measurement& measurement, Instant end) {
  std::vector<std::pair<Instant, Instant>> stretches;
  std::set<std::string> known;  // steps of which the journal has the people's own part
  for (const ResponseRecord& response : measurement.responses)
    stretches.emplace_back(response.at - response.took, response.at);
  for (const DecisionRecord& decision : measurement.decisions) {
    if (!decision.asked) continue;
    known.insert(decision.step);
    stretches.emplace_back(*decision.asked, decision.taken);
  }
  for (const StepRecord& step : measurement.steps)
    if (step.by == "person" && step.started && !known.contains(step.id))
      stretches.emplace_back(*step.started, step.ended.value_or(end));
  return stretches;
}

/// The summed length of `stretches` (begin, end), overlaps counted once.
Duration covered(std::vector<std::pair<Instant, Instant>> stretches) {
  std::sort(stretches.begin(), stretches.end());
  Duration total{};
  Instant reached = Instant::min();
  for (const auto& [begin, end] : stretches) {
    const Instant from = std::max(begin, reached);
    if (end <= from) continue;
    total += end - from;
    reached = end;
  }
  return total;
}

}  // namespace

const Step* find_step(const Spec& spec, std::string_view id) {
  if (spec.scenario.recovery)
    if (const Step* step = find_in(spec.scenario.recovery->steps, id)) return step;
  for (const ValidationCheck& check : spec.scenario.validation)
    if (const Step* step = find_in(check.otherwise, id)) return step;
  return nullptr;
}

bool declares(const Communication& communication) { return communication.channel != kPager; }

FurtherRecovery find_further_recovery(const Measurement& measurement, const IncidentWindow& window, Instant restored) {
  FurtherRecovery further;
  std::optional<Instant> failed;
  for (const CheckRecord& check : measurement.validations)
    if (!failed && !check.passed && check.at >= restored && in_window(window, check.at)) failed = check.at;
  if (!failed) return further;
  further.finished = true;
  further.end = *failed;
  for (const StepRecord* step : recovery_steps(measurement, window)) {
    if (*step->started < *failed) continue;
    further.any = true;
    further.finished = further.finished && step->ended;
    if (step->ended) further.end = std::max(further.end, *step->ended);
  }
  std::map<std::string, bool> latest;
  for (const CheckRecord& check : measurement.validations) latest[check.name] = check.passed;
  further.validates = std::all_of(latest.begin(), latest.end(), [](const auto& entry) { return entry.second; });
  return further;
}

void mark_recovery(const IncidentInput& input, const IncidentWindow& window, Incident& incident) {
  Timeline& timeline = incident.timeline;
  for (const DetectionRecord& detection : input.measurement.detections)
    if (!timeline.detected && in_window(window, detection.at)) timeline.detected = detection.at;
  mark_people(input, window, timeline);
  for (const StepRecord* step : recovery_steps(input.measurement, window)) {
    if (!timeline.responded) timeline.responded = step->started;
    if (step->contains_outage && step->ended && step->done) timeline.contained = step->ended;
  }
  if (window.last) timeline.validated = validated_at(input);
  timeline.protected_again = protected_at(input, window);
  measure_work_recovery(input, window, incident);
}

void split_time(const Facts& facts, Measurement& measurement) {
  if (measurement.incidents.empty()) return;
  const Incident& incident = measurement.incidents[measurement.worst];
  if (!incident.timeline.restored || !incident.rto.achieved) return;
  const Instant end = *incident.timeline.restored;
  const Instant begin = end - *incident.rto.achieved;
  std::vector<std::pair<Instant, Instant>> people = people_stretches(measurement, end);
  for (auto& [from, to] : people) {
    from = std::max(begin, from);
    to = std::min(end, to);
  }
  const Duration spent = covered(std::move(people));
  (facts.people_modelled ? measurement.people_modelled : measurement.people_exercised) = spent;
  measurement.machine_time = *incident.rto.achieved - spent;
}

std::vector<CommunicationRecord> collect_communications(const Spec& spec, const Measurement& measurement,
                                                        const Facts& facts) {
  std::vector<CommunicationRecord> records;
  for (const SentMessage& message : facts.sent) records.push_back(as_record(message));
  if (measurement.incidents.empty()) return records;
  const Instant fault = *measurement.incidents.front().timeline.fault;
  for (std::size_t index = 0; index < spec.scenario.communications.size(); ++index) {
    const Communication& planned = spec.scenario.communications[index];
    if (!planned.within || planned.when) continue;  // not owed unless its condition came true
    const Instant due = fault + *planned.within;
    const bool sent = std::any_of(facts.sent.begin(), facts.sent.end(),
                                  [index](const auto& message) { return message.index == index; });
    if (sent || measurement.ended < due) continue;
    CommunicationRecord missed;
    missed.audience = planned.audience;
    missed.channel = planned.channel;
    missed.message = planned.message;
    missed.due = due;
    missed.late = true;
    records.push_back(std::move(missed));
  }
  return records;
}

}  // namespace blackstart
