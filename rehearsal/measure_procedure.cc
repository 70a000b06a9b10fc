#include "rehearsal/measure_procedure.h"

#include "rehearsal/measure_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace blackstart {
namespace {

struct NamedMark {
  std::string_view name;
  std::optional<Instant> Timeline::*mark;
};
constexpr std::array kMarks{NamedMark{"fault", &Timeline::fault},
                            NamedMark{"effective", &Timeline::effective},
                            NamedMark{"impact", &Timeline::impact},
                            NamedMark{"detected", &Timeline::detected},
                            NamedMark{"notified", &Timeline::notified},
                            NamedMark{"acknowledged", &Timeline::acknowledged},
                            NamedMark{"declared", &Timeline::declared},
                            NamedMark{"responded", &Timeline::responded},
                            NamedMark{"contained", &Timeline::contained},
                            NamedMark{"first_success", &Timeline::first_success},
                            NamedMark{"healed", &Timeline::healed},
                            NamedMark{"restored", &Timeline::restored},
                            NamedMark{"drained", &Timeline::drained},
                            NamedMark{"validated", &Timeline::validated},
                            NamedMark{"protected", &Timeline::protected_again}};

/// Marks that steps and checks set, also once traffic has ended.
bool outlasts_traffic(std::string_view mark) {
  return mark == "contained" || mark == "healed" || mark == "validated" || mark == "protected";
}

/// Marks of service that an outage alone has.
bool is_of_outage(std::string_view mark) { return mark == "first_success" || mark == "restored" || mark == "drained"; }

// ---- deadlines ----

class Deadlines {
 public:
  Deadlines(const Spec& spec, const Facts& facts, const Measurement& measurement)
      : spec_(spec), facts_(facts), measurement_(measurement) {}

  [[nodiscard]] DeadlineRecord of(const Deadline& deadline) const {
    std::optional<DeadlineRecord> worst;
    for (const Incident& incident : measurement_.incidents) {
      DeadlineRecord one = in_incident(deadline, incident);
      if (!worst || badness(one) > badness(*worst)) worst = std::move(one);
    }
    if (worst) return *worst;
    DeadlineRecord none = record_of(deadline);
    none.reached = false;
    none.why = "no fault was injected";
    return none;
  }

 private:
  static int badness(const DeadlineRecord& record) { return !record.met ? 1 : *record.met ? 0 : 2; }

  static DeadlineRecord record_of(const Deadline& deadline) {
    DeadlineRecord record;
    record.name = deadline.name;
    record.mark = deadline.mark;
    record.of = deadline.of;
    record.within = deadline.within;
    return record;
  }

  /// What came after the verdict changes nothing that was judged.
  [[nodiscard]] std::optional<Instant> mark(const Incident& incident, const std::string& name) const {
    const auto at = mark_of(incident.timeline, name);
    return at && facts_.verdict && *at > *facts_.verdict ? std::nullopt : at;
  }

  /// Until when it is known that the mark has not come.
  [[nodiscard]] Instant known_until(const std::string& name) const {
    const Instant end = std::min(measurement_.ended, facts_.verdict.value_or(kNever));
    return outlasts_traffic(name) ? end : std::min(end, measurement_.observation_end.value_or(end));
  }

  [[nodiscard]] DeadlineRecord in_incident(const Deadline& deadline, const Incident& incident) const {
    DeadlineRecord record = record_of(deadline);
    record.from = mark(incident, deadline.of);
    record.at = mark(incident, deadline.mark);
    if (!record.from) {
      record.reached = false;
      record.why = fmt::format("it counts from `{}`, which never came", deadline.of);
      return record;
    }
    record.due = *record.from + deadline.within;
    if (record.at) {
      record.met = *record.at <= *record.due;
      if (!*record.met) record.why = "it came too late";
    } else {
      judge_absent(deadline, incident, record);
    }
    return record;
  }

  void judge_absent(const Deadline& deadline, const Incident& incident, DeadlineRecord& record) const {
    if (incident.rto.absorbed && is_of_outage(deadline.mark)) {
      record.met = true;  // nothing was out
    } else if (const std::string why = why_not_exercised(deadline.mark); !why.empty()) {
      record.reached = false;
      record.why = why;
    } else if (known_until(deadline.mark) > *record.due) {
      record.met = false;
      record.why = "it never came";
    } else {
      record.reached = false;
      record.why = "the drill ended before it was due";
    }
  }

  /// Why this drill says nothing of what people do; empty where it does.
  [[nodiscard]] std::string why_not_exercised(const std::string& name) const {
    const auto& sent = spec_.scenario.communications;
    if (name == "acknowledged" && !people_respond())
      return "nobody was asked to acknowledge: people's time is modelled in the virtual world alone";
    if (name == "notified" && sent.empty()) return "the scenario has no communications";
    const bool told = std::any_of(sent.begin(), sent.end(), declares);
    const bool assembles = people_respond() && spec_.scenario.people.times.contains("assemble");
    if (name == "declared" && !told && !assembles)
      return "nobody declares the incident: neither does a team assemble, nor is anybody told but by pager";
    return "";
  }

  [[nodiscard]] bool people_respond() const {
    const auto& recovery = spec_.scenario.recovery;
    return facts_.in_sim && recovery && recovery->after_detection && !recovery->steps.empty();
  }

  const Spec& spec_;
  const Facts& facts_;
  const Measurement& measurement_;
};

// ---- expectations ----

/// One of each in the scenario's order; those that the journal does not tell of are open.
std::vector<ExpectationRecord> all_expectations(const Spec& spec, const Measurement& measurement) {
  std::vector<ExpectationRecord> records;
  const auto& expected = spec.scenario.expect;
  for (std::size_t index = 0; index < expected.size(); ++index) {
    const auto told = std::find_if(measurement.expectations.begin(), measurement.expectations.end(),
                                   [index](const ExpectationRecord& record) { return record.index == index; });
    ExpectationRecord record;
    if (told != measurement.expectations.end()) record = *told;
    record.index = index;
    if (record.from) record.due = *record.from + expected[index].within;
    if (!record.met)
      record.why = measurement.incidents.empty() ? "no fault was injected" : "the drill ended before it was due";
    records.push_back(std::move(record));
  }
  return records;
}

// ---- phases ----

/// Its own, or that of the step around it: "3.otherwise.1" is within "3".
std::string phase_of(const Spec& spec, std::string id) {
  while (true) {
    const Step* step = find_step(spec, id);
    if (step != nullptr && !step->phase.empty()) return step->phase;
    for (int parts = 0; parts < 2; ++parts) {
      const std::size_t dot = id.rfind('.');
      if (dot == std::string::npos) return "";
      id.resize(dot);
    }
  }
}

RunbookPhaseRecord phase_record(const RunbookPhase& phase, const std::vector<StepRecord>& steps) {
  RunbookPhaseRecord record{phase.name, phase.from, phase.to, std::nullopt, std::nullopt, 0};
  bool all_ended = true;
  for (const StepRecord& step : steps) {
    if (step.phase != phase.name || !step.started) continue;
    ++record.steps;
    record.started = std::min(record.started.value_or(*step.started), *step.started);
    all_ended = all_ended && step.ended;
    if (step.ended) record.ended = std::max(record.ended.value_or(*step.ended), *step.ended);
  }
  if (!all_ended) record.ended.reset();
  return record;
}

}  // namespace

const char* to_string(Expectation::State state) {
  switch (state) {
    case Expectation::State::kOpen:
      return "open";
    case Expectation::State::kHalfOpen:
      return "half_open";
    case Expectation::State::kClosed:
      break;
  }
  return "closed";
}

std::optional<Instant> mark_of(const Timeline& timeline, std::string_view name) {
  const auto found = std::find_if(kMarks.begin(), kMarks.end(), [name](const auto& mark) { return mark.name == name; });
  return found == kMarks.end() ? std::nullopt : timeline.*(found->mark);
}

void measure_procedure(const Spec& spec, const Facts& facts, Measurement& measurement) {
  const Deadlines deadlines(spec, facts, measurement);
  for (const Deadline& deadline : spec.scenario.deadlines) measurement.deadlines.push_back(deadlines.of(deadline));
  measurement.expectations = all_expectations(spec, measurement);
  for (StepRecord& step : measurement.steps) step.phase = phase_of(spec, step.id);
  for (const RunbookPhase& phase : spec.scenario.phases)
    measurement.phases.push_back(phase_record(phase, measurement.steps));
}

}  // namespace blackstart
