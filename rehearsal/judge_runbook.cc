#include <fmt/format.h>

#include "base/units.h"
#include "rehearsal/judge_parts.h"
#include "rehearsal/measure_procedure.h"

namespace blackstart {
namespace {

Outcome outcome_of(const std::optional<bool>& met) {
  if (!met) return Outcome::kInconclusive;
  return *met ? Outcome::kPass : Outcome::kFail;
}

/// "41.3 s", counted from what it counts from; what is to be said where it never came.
std::string after(const std::optional<Instant>& from, const std::optional<Instant>& at, const char* otherwise) {
  if (!from || !at) return otherwise;
  return *at <= *from ? length_text(Duration{}) : length_text(*at - *from);
}

Judgement judge_deadline(const DeadlineRecord& record, Judge policy) {
  Judgement judgement;
  judgement.name = record.name;
  judgement.group = "deadline";
  judgement.target = fmt::format("{} within {} of {}", record.mark, spell_duration(record.within), record.of);
  judgement.outcome = outcome_of(record.met);
  judgement.reached = record.reached;
  judgement.counts = policy == Judge::kFail;
  const bool no_outage = record.met.value_or(false) && !record.at;
  judgement.achieved = after(record.from, record.at, no_outage ? "no outage" : "never");
  if (!record.why.empty()) judgement.why = record.why;
  if (record.at && !record.met.value_or(true))
    judgement.why = fmt::format("`{}` came {} after `{}`, later than {}", record.mark, judgement.achieved, record.of,
                                spell_duration(record.within));
  return judgement;
}

Judgement judge_expectation(const Expectation& expectation, const ExpectationRecord& record) {
  Judgement judgement;
  judgement.name = fmt::format("{} becomes {}", expectation.breaker, to_string(expectation.becomes));
  judgement.group = "expectation";
  judgement.target = fmt::format("within {} of {}", spell_duration(expectation.within), expectation.of);
  judgement.outcome = outcome_of(record.met);
  judgement.reached = record.met.has_value();
  judgement.achieved = after(record.from, record.at, record.met ? "never" : "not known");
  judgement.why = record.why;
  if (record.evidence != 0) judgement.evidence = {record.evidence};
  return judgement;
}

}  // namespace

void judge_runbook(const Spec& spec, const Measurement& measurement, std::vector<Judgement>& judgements) {
  for (const ExpectationRecord& record : measurement.expectations)
    judgements.push_back(judge_expectation(spec.scenario.expect[record.index], record));
  if (spec.scenario.judge.deadlines == Judge::kIgnore) return;
  for (const DeadlineRecord& record : measurement.deadlines) {
    judgements.push_back(judge_deadline(record, spec.scenario.judge.deadlines));
    judgements.back().evidence = evidence_of(measurement.incidents);
  }
}

}  // namespace blackstart
