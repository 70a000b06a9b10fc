// junit.xml: one testsuite a drill, one testcase a judgement, so that a CI page alone tells the story.

#include <fmt/format.h>

#include <algorithm>

#include "reports/escape.h"
#include "reports/figures.h"

namespace blackstart {
namespace {

enum class Case { kPassed, kFailed, kError, kSkipped };

/// What kept the drill from its end: an error beside the judgements that it did not reach. Empty where it ran to it.
struct CutShort {
  const char* type = "";
  std::string why;
};

CutShort cut_short(const Measurement& measurement) {
  if (!measurement.abort_reason.empty()) return {"environment", measurement.abort_reason};
  if (!measurement.stop_reason.empty()) return {"inconclusive", "the drill was stopped: " + measurement.stop_reason};
  if (!measurement.finished) return {"environment", "the drill was cut off: its journal has no end"};
  return {};
}

/// A judgement that keeps the drill from passing is never merely skipped, or a page of skips would look like a pass:
/// it is skipped where something else is the error, namely what cut the drill short.
Case case_of(const Judgement& judgement, const Measurement& measurement) {
  if (judgement.outcome == Outcome::kPass) return Case::kPassed;
  if (judgement.outcome == Outcome::kFail) return Case::kFailed;
  const bool ran_to_its_end = cut_short(measurement).why.empty() && measurement.steady_held;
  return judgement.counts && (judgement.reached || ran_to_its_end) ? Case::kError : Case::kSkipped;
}

/// Budgets, communications and deadlines that only warn are no test cases.
bool is_case(const Judgement& judgement) {
  const std::string& group = judgement.group;
  return judgement.counts || (group != "budget" && group != "communication" && group != "deadline");
}

std::string message_of(const Judgement& judgement) {
  std::string message = fmt::format("target {}, achieved {}", judgement.target, judgement.achieved);
  if (!judgement.uncertainty.empty()) message += fmt::format(" (± {})", judgement.uncertainty);
  if (!judgement.why.empty()) message += ": " + judgement.why;
  return xml_escape(message);
}

std::string testcase(const Judgement& judgement, Case kind, const std::string& scenario) {
  const std::string open = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml_escape(scenario),
                                       xml_escape(judgement.group + ": " + judgement.name));
  const std::string message = message_of(judgement);
  switch (kind) {
    case Case::kFailed:
      return fmt::format("{}>\n      <failure type=\"missed\" message=\"{}\"/>\n    </testcase>\n", open, message);
    case Case::kError:
      return fmt::format("{}>\n      <error type=\"inconclusive\" message=\"{}\"/>\n    </testcase>\n", open, message);
    case Case::kSkipped:
      return fmt::format("{}>\n      <skipped message=\"{}\"/>\n    </testcase>\n", open, message);
    case Case::kPassed:
      break;
  }
  return fmt::format("{}>\n      <system-out>{}</system-out>\n    </testcase>\n", open, message);
}

std::string end_error(const Measurement& measurement, const std::string& scenario) {
  const CutShort cut = cut_short(measurement);
  if (cut.why.empty()) return "";
  return fmt::format(
      "    <testcase classname=\"{}\" name=\"health: the drill ran to its end\" time=\"0\">\n"
      "      <error type=\"{}\" message=\"{}\"/>\n    </testcase>\n",
      xml_escape(scenario), cut.type, xml_escape(cut.why));
}

std::string property(const char* name, const std::string& value) {
  return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, xml_escape(value));
}

std::string properties(const ReportInput& input, const DrillHead& head) {
  std::string out = "    <properties>\n";
  out += property("verdict", to_string(input.verdict.outcome));
  out += property("drill", head.id);
  out += property("target", head.target);
  out += property("world", head.world);
  out += property("seed", std::to_string(head.seed));
  out += property("evidence.head", input.journal.head);
  out += property("evidence.journal_sha256", input.journal.sha256);
  return out + "    </properties>\n";
}

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
};

Counts count_cases(const ReportInput& input) {
  Counts counts;
  for (const Judgement& judgement : input.verdict.judgements) {
    if (!is_case(judgement)) continue;
    ++counts.tests;
    const Case kind = case_of(judgement, input.measurement);
    counts.failures += kind == Case::kFailed ? 1 : 0;
    counts.errors += kind == Case::kError ? 1 : 0;
    counts.skipped += kind == Case::kSkipped ? 1 : 0;
  }
  if (!cut_short(input.measurement).why.empty()) {
    ++counts.tests;
    ++counts.errors;
  }
  return counts;
}

}  // namespace

std::string report_junit(const ReportInput& input) {
  const DrillHead head = drill_head(input.journal);
  const Counts counts = count_cases(input);
  const std::string totals =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"", counts.tests,
                  counts.failures, counts.errors, counts.skipped, to_seconds(input.measurement.ended - kDrillStart));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"blackstart\" {}>\n", totals);
  out += fmt::format("  <testsuite name=\"{}\" {} timestamp=\"{}\">\n", xml_escape(head.scenario), totals,
                     format_wall(head.started));
  out += properties(input, head);
  for (const Judgement& judgement : input.verdict.judgements)
    if (is_case(judgement)) out += testcase(judgement, case_of(judgement, input.measurement), head.scenario);
  out += end_error(input.measurement, head.scenario);
  std::string summary = fmt::format("verdict: {}\n", to_string(input.verdict.outcome));
  for (const std::string& reason : input.verdict.reasons) summary += reason + "\n";
  summary += fmt::format("evidence: {}\n", input.journal.head);
  out += fmt::format("    <system-out>{}</system-out>\n  </testsuite>\n</testsuites>\n", xml_escape(summary));
  return out;
}

}  // namespace blackstart
