// Clocks beside the budgets: estimates, the runbook's calendar, deadlines, communications.

#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

/// The step that starts to bring something back, in the phase that begins last; its phase, if that begins too late.
const RunbookPhase* first_recovery_phase(const AuditSubject& subject, const Step** step) {
  const Scenario& scenario = subject.spec.scenario;
  bool known = false;
  for (const PathStep& part : longest_path(subject.spec, 0)) known = known || !effects_of(*part.step).empty();
  for (const PathStep& part : longest_path(subject.spec, 0)) {
    const auto effects = effects_of(*part.step);
    const bool recovers =
        known ? std::any_of(effects.begin(), effects.end(), brings_back) : part.step->action.has_value();
    if (!recovers || part.step->phase.empty()) continue;
    const auto phase = std::find_if(scenario.phases.begin(), scenario.phases.end(),
                                    [&](const RunbookPhase& each) { return each.name == part.step->phase; });
    if (phase == scenario.phases.end()) continue;
    *step = part.step;
    return &*phase;
  }
  return nullptr;
}

/// The people's and the steps' time until a deadline's mark, from detection.
std::optional<Span> until_mark(const AuditSubject& subject, const std::string& mark) {
  const Scenario& scenario = subject.spec.scenario;
  const LeadTime lead = lead_time(scenario);
  if (mark == "acknowledged") {
    const auto time = scenario.people.times.find("acknowledge");
    return time == scenario.people.times.end() ? std::nullopt : std::optional{span_of(time->second)};
  }
  if (mark == "responded") return lead.people;
  if (mark != "contained") return std::nullopt;
  for (const PathStep& part : longest_path(subject.spec, std::min(1, fallback_depth(scenario)))) {
    if (part.step->contains_outage) return lead.people + part.end;
  }
  return std::nullopt;
}

/// Whether it is due only in an outage longer than the RTO.
bool due_only_after(const Communication& communication, Duration rto) {
  if (!communication.when) return false;
  return !communication.when->evaluate([&](std::string_view variable) -> ExpressionValue {
    if (variable == "outage" || variable == "elapsed") return to_seconds(rto);
    return std::monostate{};
  });
}

}  // namespace

void estimate_over_objective(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  const Objectives& objectives = scenario.objectives;
  const auto rto = objectives.rto ? std::optional{objectives.rto->within} : std::nullopt;
  for (const auto& [name, range] : scenario.expected) {
    const auto limit = name == "rto"   ? rto
                       : name == "rpo" ? objectives.rpo
                       : name == "mtd" ? objectives.mtd
                                       : std::nullopt;
    if (!limit || range.second <= *limit) continue;
    findings.add(
        Weight::kContradiction, place_of(subject.spec, "objectives.expected." + name),
        fmt::format("an {0} of {1} to {2} is expected, against an {0} of {3}",
                    name == "mtd"   ? "MTD"
                    : name == "rto" ? "RTO"
                                    : "RPO",
                    spell_duration(range.first), spell_duration(range.second), spell_duration(*limit)),
        "Give this scenario an objective of its own, or a procedure that is quicker: it is written down that it "
        "will miss");
  }
}

void phases_over_rto(const AuditSubject& subject, Findings& findings) {
  const auto rto = rto_from_fault(subject.spec.scenario.objectives.rto);
  if (!rto || !subject.spec.scenario.recovery) return;
  const Step* step = nullptr;
  const RunbookPhase* phase = first_recovery_phase(subject, &step);
  if (phase == nullptr || phase->from < *rto) return;
  findings.add(
      Weight::kContradiction, phase->where,
      fmt::format("by the runbook's calendar \"{}\" begins {} after the fault, and with it \"{}\", the first step "
                  "that brings something back: the RTO of {} is over by then",
                  phase->name, spell_duration(phase->from), step->title, spell_duration(*rto)),
      "Draw the calendar within the RTO, or give the RTO the time that the calendar takes");
}

void deadline_too_tight(const AuditSubject& subject, Findings& findings) {
  const LeadTime lead = lead_time(subject.spec.scenario);
  for (const Deadline& deadline : subject.spec.scenario.deadlines) {
    if (deadline.of != "fault" && deadline.of != "detected") continue;
    auto time = until_mark(subject, deadline.mark);
    if (!time) continue;
    if (deadline.of == "fault") time = *time + lead.detection;
    if (time->p95 <= deadline.within) continue;
    const bool usual = time->median > deadline.within;
    findings.add(usual ? Weight::kContradiction : Weight::kWarning, deadline.where,
                 fmt::format("\"{}\" is due {} after the {}; people and budgets until then take {}{}", deadline.name,
                             spell_duration(deadline.within), deadline.of == "fault" ? "fault" : "detection",
                             spell_duration(time->median),
                             usual ? "" : fmt::format(", at their 95th percentile {}", spell_duration(time->p95))),
                 usual ? "Shorten what comes before the mark, or move the deadline"
                       : "Leave room for people who answer slowly: one time in twenty it is missed");
  }
}

void told_too_late(const AuditSubject& subject, Findings& findings) {
  const auto rto = rto_from_fault(subject.spec.scenario.objectives.rto);
  if (!rto) return;
  constexpr Duration kNoticeAfterwards = std::chrono::hours{24};  // as to authorities: not about an outage that goes on
  for (const Communication& communication : subject.spec.scenario.communications) {
    if (!communication.within || *communication.within <= *rto || *communication.within >= kNoticeAfterwards) continue;
    if (due_only_after(communication, *rto)) continue;
    findings.add(Weight::kWarning, communication.where,
                 fmt::format("{} may be told by {} within {}, when an outage that keeps its RTO of {} is over",
                             communication.audience, communication.channel, spell_duration(*communication.within),
                             spell_duration(*rto)),
                 "Tell them within the RTO, or only where it is missed (when: outage > RTO)");
  }
}

}  // namespace blackstart::audit_rule
