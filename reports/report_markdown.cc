// report.md: the whole drill for people, as it goes into a ticket or a wiki.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/units.h"
#include "reports/components.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/markdown_runbook.h"
#include "reports/prediction.h"

namespace blackstart {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string maybe_length(const std::optional<Duration>& length) { return length ? length_text(*length) : "–"; }

std::string since(const std::optional<Instant>& mark, Instant fault) { return mark ? length_text(*mark - fault) : "–"; }

std::string evidence_text(const std::vector<std::uint64_t>& lines) {
  std::string out;
  for (const std::uint64_t line : lines) out += (out.empty() ? "" : ", ") + std::to_string(line);
  return out;
}

std::string heading(const ReportInput& input, const DrillHead& head) {
  const std::string& title = input.spec.scenario.title;
  std::string out = fmt::format("# {}: {}\n\n", upper(to_string(input.verdict.outcome)),
                                markdown_escape(title.empty() ? head.scenario : title));
  for (const std::string& reason : input.verdict.reasons) out += "- " + markdown_escape(reason) + "\n";
  out += fmt::format("\nDrill {} of scenario {} on target {}, {}{}, seed {}, {} to {}.\n\n", markdown_escape(head.id),
                     markdown_escape(head.scenario), markdown_escape(head.target), markdown_escape(head.world),
                     head.driver.empty() ? "" : " (" + markdown_escape(head.driver) + ")", head.seed,
                     format_wall(head.started), format_wall(head.ended));
  if (const auto& runbook = input.spec.scenario.runbook)
    out += fmt::format("Runbook: {}, {}.\n\n", markdown_escape(runbook->document), markdown_escape(runbook->section));
  return out;
}

std::string judgements(const Verdict& verdict) {
  std::vector<Row> rows;
  for (const Judgement& judgement : verdict.judgements) {
    const std::string result = std::string(to_string(judgement.outcome)) + (judgement.counts ? "" : " (reported only)");
    std::string achieved = judgement.achieved;
    if (!judgement.uncertainty.empty()) achieved += " ± " + judgement.uncertainty;
    rows.push_back(
        {judgement.name, judgement.target, achieved, result, judgement.why, evidence_text(judgement.evidence)});
  }
  return "## What was judged\n\n" +
         markdown_table({"what", "target", "achieved", "result", "why", "journal lines"}, rows);
}

std::string predicted(const ReportInput& input) {
  const auto prediction = prediction_of(input);
  if (!prediction) return "";
  const auto spell = [](const std::optional<Duration>& length) { return length ? length_text(*length) : "–"; };
  std::vector<Row> rows;
  for (const PredictedFigure& figure : prediction->figures) {
    const std::string label = figure_label(figure.name);
    if (label.empty()) continue;
    const char* where = !figure.within ? "cannot be told" : *figure.within ? "yes" : "no";
    rows.push_back({label, spell(figure.p5), spell(figure.p50), (figure.censored ? "> " : "") + spell(figure.p95),
                    measured_text(figure), where});
  }
  std::string out = fmt::format(
      "## Predicted and measured\n\nBefore the drill, {} runs of it were simulated. One of twenty lay below p5, one "
      "above p95.\n\n",
      human_count(prediction->runs));
  out += markdown_table({"figure", "p5", "p50", "p95", "measured", "within p5..p95"}, rows);
  for (const PredictedOdds& odds : prediction->objectives)
    out += fmt::format("- {} {}: met in {:.1f} % of the runs (95 % interval {:.1f} % to {:.1f} %)\n",
                       markdown_escape(odds.name), markdown_escape(odds.target), 100 * odds.odds, 100 * odds.low,
                       100 * odds.high);
  return out + "\n";
}

void add_marks(const Timeline& t, std::vector<Row>& rows) {
  const auto add = [&](const char* name, const std::optional<Instant>& mark) {
    if (mark) rows.push_back({name, since(mark, *t.fault), fmt::format("{:.3f} s", to_seconds(*mark - kDrillStart))});
  };
  add("fault", t.fault);
  add("effective", t.effective);
  add("impact", t.impact);
  add("detected", t.detected);
  add("notified", t.notified);
  add("acknowledged", t.acknowledged);
  add("declared", t.declared);
  add("responded", t.responded);
  add("contained", t.contained);
  add("first success", t.first_success);
  add("healed", t.healed);
  add("restored", t.restored);
  add("drained", t.drained);
  add("validated", t.validated);
  add("protected", t.protected_again);
}

std::string bound(bool censored, const std::optional<Duration>& achieved, Duration uncertainty) {
  if (!achieved) return "not known";
  const std::string margin = uncertainty == Duration{} ? "" : " ± " + length_text(uncertainty);
  return (censored ? "> " : "") + length_text(*achieved) + margin;
}

std::string incidents(const Measurement& measurement) {
  std::string out = "## What happened\n\n";
  if (measurement.incidents.empty()) return out + "No fault was injected.\n\n";
  for (std::size_t index = 0; index < measurement.incidents.size(); ++index) {
    const Incident& incident = measurement.incidents[index];
    if (measurement.incidents.size() > 1)
      out += fmt::format("### Incident {}{}\n\n", index + 1, index == measurement.worst ? " (the worst)" : "");
    std::vector<Row> rows;
    add_marks(incident.timeline, rows);
    out += markdown_table({"mark", "after the fault", "drill time"}, rows);
    out += fmt::format(
        "Recovery time {}{}{}; recovery point {}; work after it {}; downtime {} (service level), {} "
        "(regulatory).\n\n",
        bound(incident.rto.censored, incident.rto.achieved, incident.rto.uncertainty),
        incident.rto.absorbed ? " (absorbed: no outage)" : "", incident.rto.relapsed ? " (relapsed)" : "",
        bound(incident.rpo.censored, incident.rpo.achieved, incident.rpo.uncertainty),
        incident.wrt_known ? length_text(incident.wrt) : "not known", length_text(incident.downtime_service_level),
        maybe_length(incident.downtime_regulatory));
  }
  return out;
}

std::string time_parts(const Measurement& measurement) {
  const auto parts = where_time_went(measurement);
  if (parts.empty()) return "";
  std::vector<Row> rows;
  for (const TimePart& part : parts) rows.push_back({part.name, length_text(part.length)});
  std::string out = "## Where the time went\n\n" + markdown_table({"part", "took"}, rows);
  return out + fmt::format("Machines {}, people {} (exercised), {} (modelled).\n\n",
                           length_text(measurement.machine_time), length_text(measurement.people_exercised),
                           length_text(measurement.people_modelled));
}

std::string faults(const Measurement& measurement) {
  std::vector<Row> rows;
  for (const FaultRecord& fault : measurement.faults)
    rows.push_back({fault.name, fault.kind,
                    fault.acted ? fmt::format("{:.3f} s", to_seconds(*fault.acted - kDrillStart)) : "never",
                    fault.proof, fault.heal_proven ? fault.heal_proof : "not proven: " + fault.heal_proof});
  std::string out =
      "## Faults\n\n" + markdown_table({"fault", "kind", "at", "proof of effect", "proof of healing"}, rows);
  for (const ResidueRecord& residue : measurement.residues)
    out += fmt::format("**Left behind:** {}. Heal it with: {}\n\n", markdown_escape(residue.what),
                       markdown_escape(residue.how_to_heal));
  return out;
}

std::string steps(const Measurement& measurement) {
  std::vector<Row> rows;
  for (const StepRecord& step : measurement.steps) {
    const auto took = step.started && step.ended ? std::optional(*step.ended - *step.started) : std::nullopt;
    rows.push_back({step.title + (step.after_end ? " (after the end)" : ""), step.by, maybe_length(took),
                    maybe_length(step.budget), step.outcome.empty() ? "not ended" : step.outcome, step.detail});
  }
  return "## Steps\n\n" + markdown_table({"step", "by", "took", "budget", "outcome", "detail"}, rows);
}

std::string bids(const Measurement& measurement) {
  const BidTotals& all = measurement.bids.all;
  std::vector<Row> rows;
  const auto add = [&](const char* name, std::uint64_t count) { rows.push_back({name, human_count(count)}); };
  add("offered", all.offered);
  add("sent", all.sent);
  add("acknowledged", all.acknowledged);
  add("degraded", all.degraded);
  add("refused", all.refused);
  add("indeterminate", all.indeterminate);
  add("unsent, no connection", all.unsent_no_connection);
  add("unsent, generator", all.unsent_generator);
  std::string out = "## Bids\n\n";
  if (!measurement.read_back) return out + markdown_table({"outcome", "bids"}, rows) + "Nothing was read back.\n\n";
  const ReadBackResult& stored = *measurement.read_back;
  const auto add_stored = [&](const char* name, std::uint64_t count) {
    rows.push_back({name, stored.complete ? human_count(count) : "not known"});
  };
  add_stored("kept", stored.kept);
  add_stored("lost", stored.lost);
  add_stored("of these, lost after the fault", stored.lost_after_fault);
  add_stored("of these, rolled back", stored.rolled_back);
  add_stored("corrupted", stored.corrupted);
  add_stored("recovered", stored.recovered);
  add_stored("not lost", stored.not_lost);
  add_stored("resurrected", stored.resurrected);
  add_stored("phantom", stored.phantom);
  add_stored("duplicated", stored.duplicated);
  out += markdown_table({"outcome", "bids"}, rows);
  if (!stored.complete)
    return out + fmt::format("The read-back is incomplete: {}\n\n", markdown_escape(stored.why_incomplete));
  return out + fmt::format("Users may believe that {} to {} bids are lost.\n\n", human_count(stored.lost),
                           human_count(stored.lost + stored.not_lost));
}

std::string recovery_points(const Measurement& measurement) {
  if (measurement.recovery_points.empty()) return "";
  std::vector<Row> rows;
  for (const RecoveryPointRecord& point : measurement.recovery_points)
    rows.push_back({point.service, point.kind, point.backup_id, maybe_length(point.age), point.sha256});
  return "## Recovery points\n\n" + markdown_table({"service", "by", "backup", "age at the fault", "SHA-256"}, rows);
}

void add_latency(const char* name, const Histogram& histogram, std::vector<Row>& rows) {
  if (histogram.empty()) return;
  Row row = {name, human_count(histogram.count())};
  for (const double percent : {50.0, 90.0, 95.0, 99.0, 99.9, 99.99})
    row.push_back(length_text(histogram.percentile(percent)));
  row.push_back(length_text(histogram.max()));
  rows.push_back(std::move(row));
}

std::string latency(const Measurement& measurement) {
  std::vector<Row> rows;
  const auto add_phases = [&](const std::string& what, const PhaseLatency& phases) {
    add_latency((what + ", steady").c_str(), phases.steady, rows);
    add_latency((what + ", impact").c_str(), phases.impact, rows);
    add_latency((what + ", after").c_str(), phases.after, rows);
    add_latency((what + ", all").c_str(), phases.all, rows);
  };
  add_phases("latency", measurement.latency);
  add_phases("service time", measurement.service_time);
  add_phases("notification delay", measurement.notification_delay);
  return "## Latency\n\n" + markdown_table({"of", "bids", "p50", "p90", "p95", "p99", "p99.9", "p99.99", "max"}, rows);
}

std::string communication_result(const CommunicationRecord& record) {
  if (!record.why_undelivered.empty()) return "not delivered: " + record.why_undelivered;
  return record.late ? "late" : "in time";
}

std::string communications(const Measurement& measurement) {
  if (measurement.communications.empty()) return "";
  std::vector<Row> rows;
  const Incident* incident = headline(measurement);
  const Instant fault = incident == nullptr ? kDrillStart : *measurement.incidents.front().timeline.fault;
  for (const CommunicationRecord& record : measurement.communications)
    rows.push_back({record.audience, record.channel, since(record.due, fault), since(record.sent, fault),
                    communication_result(record), record.message});
  return "## Communications\n\n" + markdown_table({"audience", "channel", "due", "sent", "result", "message"}, rows);
}

std::string footnotes(const ReportInput& input, const DrillHead& head) {
  std::string out = "## What this drill does not show\n\n";
  const auto limits = limitations(input);
  for (const std::string& limit : limits) out += "- " + limit + "\n";
  if (limits.empty()) out += "Nothing beyond what the scenario leaves out.\n";
  out +=
      "\n## How the figures are made\n\n"
      "Times are on one monotonic clock from the drill's start. Latency runs from a bid's intended start. A bin is "
      "good when the share of good answers among the bids offered in it, and the service level's percentile, hold. "
      "Impact is the first bad bin of at least 3 in 10 after the fault; restored is the first run of good bins that "
      "lasts for the hold time; drained is the first window of that length whose 99th percentile is back to normal. "
      "RTO is restored − fault, RPO the fault (or the last rolled-back acknowledgement) − the earliest acknowledgement "
      "among the lost bids. A figure with > is a lower bound. Percentiles are upper edges of their histogram's "
      "cells.\n\n";
  out +=
      fmt::format("Evidence: journal head `{}`, journal SHA-256 `{}`, scenario SHA-256 `{}`, made by blackstart {}.\n",
                  input.journal.head, input.journal.sha256, head.scenario_sha256, markdown_escape(head.tool_version));
  return out;
}

}  // namespace

std::string report_markdown(const ReportInput& input) {
  const DrillHead head = drill_head(input.journal);
  const Measurement& measurement = input.measurement;
  return heading(input, head) + judgements(input.verdict) + predicted(input) + components_markdown(input) +
         incidents(measurement) + time_parts(measurement) + faults(measurement) + steps(measurement) +
         markdown_runbook(input) + bids(measurement) + recovery_points(measurement) + latency(measurement) +
         communications(measurement) + footnotes(input, head);
}

}  // namespace blackstart
