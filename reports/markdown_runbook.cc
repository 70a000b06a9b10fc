#include "reports/markdown_runbook.h"

#include <fmt/format.h>

#include "base/units.h"
#include "rehearsal/measure_procedure.h"
#include "reports/escape.h"
#include "reports/figures.h"

namespace blackstart {
namespace {

std::string between(const std::optional<Instant>& from, const std::optional<Instant>& to) {
  if (!from || !to) return "–";
  return length_text(*to > *from ? *to - *from : Duration{});
}

Instant first_fault(const Measurement& measurement) {
  return measurement.incidents.empty() ? kDrillStart : *measurement.incidents.front().timeline.fault;
}

std::string section(const char* title, const Row& head, const std::vector<Row>& rows) {
  return rows.empty() ? "" : fmt::format("## {}\n\n", title) + markdown_table(head, rows);
}

std::string decisions(const Measurement& measurement) {
  std::vector<Row> rows;
  for (const DecisionRecord& decision : measurement.decisions)
    rows.push_back({decision.title.empty() ? decision.step : decision.title, decision.by,
                    between(decision.asked, decision.taken), decision.option, decision.text});
  return section("Decisions", {"step", "by", "took", "chosen", "what was said"}, rows);
}

std::string result_of(const std::optional<bool>& met) { return !met ? "inconclusive" : *met ? "met" : "missed"; }

std::string expectations(const ReportInput& input) {
  std::vector<Row> rows;
  for (const ExpectationRecord& record : input.measurement.expectations) {
    const Expectation& expected = input.spec.scenario.expect[record.index];
    rows.push_back({fmt::format("{} becomes {}", expected.breaker, to_string(expected.becomes)),
                    fmt::format("{} of {}", spell_duration(expected.within), expected.of),
                    between(record.from, record.at), result_of(record.met), record.why});
  }
  return section("Expectations", {"breaker", "within", "came after", "result", "why"}, rows);
}

std::string deadlines(const Measurement& measurement) {
  std::vector<Row> rows;
  for (const DeadlineRecord& record : measurement.deadlines)
    rows.push_back({record.name,
                    fmt::format("{} within {} of {}", record.mark, spell_duration(record.within), record.of),
                    between(record.from, record.at), result_of(record.met), record.why});
  return section("Deadlines", {"deadline", "target", "came after", "result", "why"}, rows);
}

std::string phases(const Measurement& measurement) {
  const Instant fault = first_fault(measurement);
  std::vector<Row> rows;
  for (const RunbookPhaseRecord& phase : measurement.phases)
    rows.push_back({phase.name, fmt::format("{} to {}", spell_duration(phase.from), spell_duration(phase.to)),
                    fmt::format("{} to {}", between(fault, phase.started), between(fault, phase.ended)),
                    std::to_string(phase.steps)});
  return section("The runbook's phases", {"phase", "planned, after the fault", "its steps, after the fault", "steps"},
                 rows);
}

}  // namespace

std::string markdown_table(const Row& head, const std::vector<Row>& rows) {
  if (rows.empty()) return "None.\n\n";
  std::string out;
  const auto line = [&](const Row& cells) {
    for (const std::string& cell : cells) out += "| " + markdown_escape(cell) + " ";
    out += "|\n";
  };
  line(head);
  for (std::size_t index = 0; index < head.size(); ++index) out += "|---";
  out += "|\n";
  for (const Row& row : rows) line(row);
  return out + "\n";
}

std::string markdown_runbook(const ReportInput& input) {
  const Measurement& measurement = input.measurement;
  return decisions(measurement) + expectations(input) + deadlines(measurement) + phases(measurement);
}

}  // namespace blackstart
