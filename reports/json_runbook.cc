#include "reports/json_runbook.h"

#include "rehearsal/measure_procedure.h"

namespace blackstart {
namespace {

Json ns(const std::optional<Instant>& mark) { return mark ? Json(to_ns(*mark)) : Json(nullptr); }
Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

const char* verdict_text(const std::optional<bool>& met) {
  return to_string(!met ? Outcome::kInconclusive : *met ? Outcome::kPass : Outcome::kFail);
}

/// From `from` to `to`; null where one of them never came.
Json length_ns(const std::optional<Instant>& from, const std::optional<Instant>& to) {
  return from && to ? Json(to_ns(*to - *from)) : Json(nullptr);
}

Json deadlines_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const DeadlineRecord& record : measurement.deadlines)
    list.push_back({{"name", record.name},
                    {"mark", record.mark},
                    {"of", record.of},
                    {"within_ns", to_ns(record.within)},
                    {"due_ns", ns(record.due)},
                    {"at_ns", ns(record.at)},
                    {"achieved_ns", length_ns(record.from, record.at)},
                    {"verdict", verdict_text(record.met)},
                    {"why", text_or_null(record.why)}});
  return list;
}

Json expectations_json(const ReportInput& input) {
  Json list = Json::array();
  for (const ExpectationRecord& record : input.measurement.expectations) {
    const Expectation& expected = input.spec.scenario.expect[record.index];
    list.push_back({{"breaker", expected.breaker},
                    {"becomes", to_string(expected.becomes)},
                    {"of", expected.of},
                    {"within_ns", to_ns(expected.within)},
                    {"due_ns", ns(record.due)},
                    {"at_ns", ns(record.at)},
                    {"achieved_ns", length_ns(record.from, record.at)},
                    {"verdict", verdict_text(record.met)},
                    {"why", text_or_null(record.why)}});
  }
  return list;
}

Json decisions_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const DecisionRecord& record : measurement.decisions)
    list.push_back({{"step", record.step},
                    {"title", text_or_null(record.title)},
                    {"by", record.by},
                    {"text", text_or_null(record.text)},
                    {"option", text_or_null(record.option)},
                    {"assumed", record.assumed},
                    {"asked_ns", ns(record.asked)},
                    {"taken_ns", to_ns(record.taken)},
                    {"evidence", {record.evidence}}});
  return list;
}

Json phases_json(const Measurement& measurement) {
  Json list = Json::array();
  for (const RunbookPhaseRecord& record : measurement.phases)
    list.push_back({{"name", record.name},
                    {"planned_ns", {to_ns(record.from), to_ns(record.to)}},
                    {"started_ns", ns(record.started)},
                    {"ended_ns", ns(record.ended)},
                    {"steps", record.steps}});
  return list;
}

}  // namespace

void add_runbook_json(const ReportInput& input, Json& report) {
  report["deadlines"] = deadlines_json(input.measurement);
  report["expectations"] = expectations_json(input);
  report["decisions"] = decisions_json(input.measurement);
  report["phases"] = phases_json(input.measurement);
}

}  // namespace blackstart
