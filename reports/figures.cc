#include "reports/figures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/units.h"

namespace blackstart {
namespace {

std::string text_of(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const Json& part_of(const Json& object, const char* key) {
  static const Json kNone = Json::object();
  if (!object.is_object()) return kNone;
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kNone;
}

/// The end of the steps' work: containment, or the last step that began before service was restored.
std::optional<Instant> recovery_end(const Measurement& measurement, const Timeline& timeline, Instant restored) {
  if (timeline.contained) return std::min(*timeline.contained, restored);
  std::optional<Instant> last;
  for (const StepRecord& step : measurement.steps) {
    const bool counts = !step.after_end && step.started && step.ended;
    if (!counts || *step.started < *timeline.fault || *step.started > restored) continue;
    last = std::max(last.value_or(*step.ended), *step.ended);
  }
  return last ? std::optional(std::min(*last, restored)) : std::nullopt;
}

/// "acknowledge median 2m, p95 5m; assemble 8m".
std::string spell(const Distribution& distribution) {
  const std::string first = spell_duration(distribution.first);
  const std::string second = spell_duration(distribution.second);
  switch (distribution.form) {
    case Distribution::Form::kConstant:
      return first;
    case Distribution::Form::kLogNormal:
      return fmt::format("median {}, p95 {}", first, second);
    case Distribution::Form::kUniform:
      return fmt::format("uniform {} to {}", first, second);
    case Distribution::Form::kSamples:
      return "as recorded in " + distribution.file;
    case Distribution::Form::kExponential:
    case Distribution::Form::kErlang:
      break;
    case Distribution::Form::kHyperexponential:
      return fmt::format("mean {} or {}", first, second);
  }
  return "mean " + first;
}

std::string declared_times(const std::map<std::string, Distribution>& times) {
  std::string text;
  for (const auto& [name, distribution] : times)
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", name, spell(distribution));
  return text;
}

/// Also modelled, or declared by --assume-manual.
bool exercises_people(const Measurement& measurement) {
  const auto takes_time = [](const ResponseRecord& response) { return response.took > Duration{}; };
  const auto by_person = [](const StepRecord& step) { return step.by == "person"; };
  return !measurement.decisions.empty() || std::ranges::any_of(measurement.responses, takes_time) ||
         std::ranges::any_of(measurement.steps, by_person);
}

bool acknowledges_at_once(const Measurement& measurement) {
  return std::ranges::any_of(measurement.responses, [](const ResponseRecord& response) {
    return !response.assembled && response.took == Duration{};
  });
}

}  // namespace

DrillHead drill_head(const Journal& journal) {
  DrillHead head;
  if (!journal.events.empty()) {
    head.started = journal.events.front().wall;
    head.ended = journal.events.back().wall;
  }
  const Event* started = journal.first("drill.started");
  if (started == nullptr) return head;
  const Json& body = started->body;
  const Json& drill = part_of(body, "drill");
  const Json& tool = part_of(body, "tool");
  head.id = text_of(drill, "id");
  head.scenario = text_of(drill, "scenario");
  head.target = text_of(drill, "target");
  head.world = text_of(body, "world");
  head.driver = text_of(body, "driver");
  head.host = text_of(body, "host");
  head.tool_version = text_of(tool, "version");
  head.tool_sha256 = text_of(tool, "sha256");
  head.scenario_sha256 = text_of(body, "scenario_sha256");
  head.target_sha256 = text_of(body, "target_sha256");
  if (const auto seed = body.find("seed"); seed != body.end() && seed->is_number_integer())
    head.seed = seed->get<std::uint64_t>();
  return head;
}

const Incident* headline(const Measurement& measurement) {
  return measurement.incidents.empty() ? nullptr : &measurement.incidents[measurement.worst];
}

const Judgement* find_judgement(const Verdict& verdict, std::string_view group, std::string_view name) {
  const auto found =
      std::find_if(verdict.judgements.begin(), verdict.judgements.end(),
                   [&](const Judgement& judgement) { return judgement.group == group && judgement.name == name; });
  return found == verdict.judgements.end() ? nullptr : &*found;
}

std::vector<TimePart> where_time_went(const Measurement& measurement) {
  const Incident* incident = headline(measurement);
  if (incident == nullptr || !incident->timeline.restored) return {};
  const Timeline& timeline = incident->timeline;
  const Instant restored = *timeline.restored;
  std::vector<TimePart> parts;
  Instant reached = *timeline.fault;
  const auto until = [&](const char* name, const std::optional<Instant>& mark) {
    if (!mark || *mark < reached) return;
    const Instant end = std::max(reached, *mark);
    parts.push_back({name, end - reached});
    reached = end;
  };
  const auto before_restored = [&](const std::optional<Instant>& mark) {
    return mark ? std::optional(std::min(*mark, restored)) : std::nullopt;
  };
  until("detect", before_restored(timeline.detected));
  until("respond", before_restored(timeline.responded));
  if (timeline.responded) until("recover", recovery_end(measurement, timeline, restored));
  until("restore", restored);
  until("drain", timeline.drained);
  return parts;
}

std::string by_how_much(const std::optional<Duration>& achieved, Duration target, const Judgement& judgement) {
  if (!judgement.reached) return "not reached";
  if (judgement.outcome == Outcome::kInconclusive) return "cannot be told";
  if (!achieved) return judgement.outcome == Outcome::kPass ? "met" : "missed";
  const Duration spare = target - *achieved;
  if (judgement.outcome == Outcome::kPass) return fmt::format("met, {} to spare", length_text(spare));
  if (spare < Duration{}) return fmt::format("missed by {}", length_text(-spare));
  return "missed";
}

std::optional<Duration> mtd_achieved(const Incident& incident) {
  if (!incident.rto.achieved || incident.rto.censored || !incident.wrt_known) return std::nullopt;
  return *incident.rto.achieved + incident.wrt;
}

std::vector<std::string> limitations(const ReportInput& input) {
  std::vector<std::string> found;
  const auto& people = input.spec.scenario.people.times;
  if (drill_head(input.journal).world == "live" && !people.empty())
    found.push_back("People's time is declared, not exercised, and in no figure: " + declared_times(people) + ".");
  const Measurement& measurement = input.measurement;
  if (!exercises_people(measurement))
    found.emplace_back("No person was exercised: time to notice, decide and assemble is not in any figure.");
  else if (measurement.people_modelled > Duration{})
    found.emplace_back("People's time was modelled or declared, not exercised.");
  if (acknowledges_at_once(measurement))
    found.emplace_back("People acknowledge at once: the scenario gives no time for it (people.acknowledge).");
  if (!measurement.read_back || !measurement.read_back->complete)
    found.emplace_back("Nothing is known about lost, corrupted or invented bids: there is no complete read-back.");
  if (std::any_of(measurement.faults.begin(), measurement.faults.end(), [](const auto& f) { return f.kind == "run"; }))
    found.emplace_back(
        "A `run` fault outlives a drill that dies unless its own side honours dead_man (BLACKSTART_DEAD_MAN_S).");
  if (!input.journal.finished)
    found.emplace_back("The journal ends before the drill did: this report says what was recorded until then.");
  return found;
}

}  // namespace blackstart
