// What an organisation says once for all of its drills, against the calendar and against the drills.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

Position in_organisation(const Spec& spec, const std::string& path) { return place_of(spec, "organisation." + path); }

bool is_scheduled(const Scenario& scenario, const Organisation& organisation) {
  const std::string stem = scenario.name.substr(scenario.name.find_last_of('/') + 1);
  return std::any_of(organisation.calendar.begin(), organisation.calendar.end(),
                     [&](const CalendarEntry& entry) { return entry.drill == scenario.name || entry.drill == stem; });
}

/// A severity that wakes people.
bool pages(const Scenario& scenario, const Organisation& organisation) {
  if (scenario.severity == "P0" || scenario.severity == "P1") return true;
  const SeverityPolicy* policy = organisation.find_severity(scenario.severity);
  return policy != nullptr && contains_any(lower(policy->channel), {"pager"});
}

struct Need {
  std::string who;
  const char* how;
  Position where;
};
/// Everybody whom the recovery waits for, or whom the drill tells at once.
std::vector<Need> needed_at_once(const Scenario& scenario) {
  std::vector<Need> needed;
  for (const AnyStep& any : all_steps(scenario)) {
    if (any.step->decision) needed.push_back({any.step->decision->by, "waits for", any.step->where});
    if (any.step->action && any.step->action->word == "notify") {
      needed.push_back({text_argument(*any.step->action, "audience"), "tells", any.step->where});
    }
  }
  constexpr Duration kAtOnce = std::chrono::minutes{15};
  for (const Communication& communication : scenario.communications) {
    if (communication.within && *communication.within <= kAtOnce) {
      needed.push_back({communication.audience, "tells", communication.where});
    }
  }
  return needed;
}

bool is_same(const Contact& contact, const std::string& who) {
  const std::string name = lower(who);
  return !name.empty() && (name == lower(contact.name) || name == lower(contact.role));
}

void check_share_of_month(const AuditSubject& subject, Duration rto, Findings& findings) {
  const auto& availability = subject.spec.organisation->kpis.availability;
  if (!availability) return;
  const Duration month = from_seconds(to_seconds(std::chrono::hours{24 * 30}) * (1 - availability->value));
  if (rto <= month) return;
  findings.add(
      Weight::kWarning, in_organisation(subject.spec, "kpis.availability"),
      fmt::format("an availability of {} leaves {} of outage in 30 days, less than one outage of the RTO of {}",
                  spell_share(*availability), human_duration(month), spell_duration(rto)),
      "One outage that keeps its RTO misses the availability: promise one of the two less");
}

}  // namespace

void review_passed(const AuditSubject& subject, Findings& findings) {
  if (!subject.spec.organisation) return;
  const ReviewDates& review = subject.spec.organisation->review;
  if (review.next.empty()) {
    findings.add(Weight::kWarning, in_organisation(subject.spec, "review"),
                 fmt::format("{} has no date for the next review of its plan{}", subject.spec.organisation->name,
                             review.last.empty() ? "" : fmt::format(", the last was on {}", review.last)),
                 "Add review: {last: …, next: …}: a plan that nobody reviews is true for the system of that day");
    return;
  }
  if (review.next >= subject.today) return;
  findings.add(Weight::kWarning, in_organisation(subject.spec, "review.next"),
               fmt::format("the next review of {}'s plan was due on {}{}, and today is {}",
                           subject.spec.organisation->name, review.next,
                           review.last.empty() ? "" : fmt::format(" (the last was on {})", review.last), subject.today),
               "Review the plan, and write down when it was and when it is next");
}

void kpi_over_objective(const AuditSubject& subject, Findings& findings) {
  if (!subject.spec.organisation) return;
  const Kpis& kpis = subject.spec.organisation->kpis;
  const auto rto = rto_from_fault(subject.spec.scenario.objectives.rto);
  if (rto && kpis.mttr && *kpis.mttr > *rto) {
    findings.add(
        Weight::kContradiction, in_organisation(subject.spec, "kpis.mttr"),
        fmt::format("a mean time to recovery of {} is allowed, and no recovery may take longer than its RTO of {}",
                    spell_duration(*kpis.mttr), spell_duration(*rto)),
        "A mean above the limit means that most recoveries miss it: lower the MTTR, or raise the RTO");
  }
  if (rto) check_share_of_month(subject, *rto, findings);
  const LeadTime lead = lead_time(subject.spec.scenario);
  if (kpis.mttd && lead.detection.median > *kpis.mttd) {
    findings.add(Weight::kContradiction, in_organisation(subject.spec, "kpis.mttd"),
                 fmt::format("a mean time to detect of {}, and {} takes {} to fire", spell_duration(*kpis.mttd),
                             lead.detected_by.empty() ? "the recovery's clock" : lead.detected_by,
                             spell_duration(lead.detection.median)),
                 "Look more often or ask for fewer failures in a row, or allow what the rule takes");
  }
}

void contact_asleep(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  if (!subject.spec.organisation || !pages(scenario, *subject.spec.organisation)) return;
  for (const Contact& contact : subject.spec.organisation->contacts) {
    if (!contact.business_hours) continue;
    for (const Need& need : needed_at_once(scenario)) {
      if (!is_same(contact, need.who)) continue;
      findings.add(Weight::kWarning, need.where,
                   fmt::format("a {} drill {} {}, who keeps business hours: at night and at weekends nobody answers",
                               scenario.severity.empty() ? "paged" : scenario.severity, need.how, need.who),
                   "Name who answers at night, or put the contact on call");
      break;
    }
  }
}

void cadence_missing(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  const auto& organisation = subject.spec.organisation;
  const bool scheduled = organisation && is_scheduled(scenario, *organisation);
  if (scheduled) return;
  if (scenario.cadence.empty()) {
    findings.add(Weight::kWarning, place_of(subject.spec, "title"),
                 "no cadence, and no entry in a calendar: nothing is due",
                 "Say how often it is rehearsed (cadence: quarterly)");
  } else if (organisation && !organisation->calendar.empty()) {
    findings.add(Weight::kNote, place_of(subject.spec, "cadence"),
                 fmt::format("{}, and not in the calendar of {}", scenario.cadence, organisation->name),
                 "Add it to the calendar, or nobody will know when it is due");
  }
}

}  // namespace blackstart::audit_rule
