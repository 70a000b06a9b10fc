// Rules of audit() about alerts, people and dates.

#include "scenarios/arguments.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace blackstart {
namespace {

using Weight = Finding::Weight;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The text outside of quotes and {labels} and [ranges].
std::string bare(const std::string& promql) {
  std::string out;
  int depth = 0;
  char quote = 0;
  for (const char c : promql) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      quote = c;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (depth == 0) {
      out += c;
    }
  }
  return out;
}

/// A rate of errors with a threshold below one, and nothing that it is divided by: it reads like a share.
bool looks_like_a_share(const std::string& promql) {
  const std::string text = bare(promql), all = lower(promql);
  const bool errors = all.find("5..") != std::string::npos || all.find("5xx") != std::string::npos ||
                      all.find("error") != std::string::npos || all.find("fail") != std::string::npos;
  const auto compare = text.find_first_of("<>");
  if (!errors || compare == std::string::npos) return false;
  const std::string left = text.substr(0, compare);
  const double bound = std::atof(text.substr(text.find_first_of("0123456789.", compare)).c_str());
  return left.find("rate(") != std::string::npos && left.find('/') == std::string::npos && bound > 0 && bound < 1;
}

void flag_alert(const ProbeRule& rule, const std::string& when, Findings& findings) {
  findings.push_back(
      {Weight::kWarning, "",
       fmt::format("alert {}: `{}` is a number of errors a second of one series, not a share of the requests",
                   rule.name, when),
       "divide by the rate of all requests: sum(rate(errors[5m])) / sum(rate(all[5m])) > 0.05", rule.where});
}

bool pages_at_night(const Scenario& scenario) { return scenario.severity == "P0" || scenario.severity == "P1"; }

void flag_hours(const Contact& contact, const std::string& needed_for, const Position& where, Findings& findings) {
  findings.push_back({Weight::kWarning, "",
                      fmt::format("{} is {}, who works business hours: three of four outages begin outside of them",
                                  needed_for, contact.role.empty() ? contact.name : contact.role),
                      "name somebody on call for the night, or hours: always", where});
}

}  // namespace

void audit_alerts(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  for (const ProbeRule& rule : scenario.detection) {
    if (rule.probe.word != "alert") continue;
    const std::string when = text_argument(rule.probe, "when");
    if (looks_like_a_share(when)) flag_alert(rule, when, findings);
  }
  if (scenario.recovery && scenario.recovery->after_detection && scenario.detection.empty())
    findings.push_back({Weight::kContradiction, "", "the recovery begins on detection, and no rule detects anything",
                        "add the probe or alert that would page somebody, or recovery: {after: {at: 2m}}",
                        scenario.faults.front().where});
}

void audit_hours(const AuditInput& input, Findings& findings) {
  const Scenario& scenario = input.spec.scenario;
  if (!input.spec.organisation || !pages_at_night(scenario)) return;
  const auto steps = flat_steps(scenario);
  for (const Contact& contact : input.spec.organisation->contacts) {
    if (!contact.business_hours) continue;
    for (const Communication& communication : scenario.communications)
      if (communication.within && !communication.when && lower(communication.audience) == lower(contact.name))
        flag_hours(contact, fmt::format("told within {}", spell_duration(*communication.within)), communication.where,
                   findings);
    for (const FlatStep& flat : steps)
      if (flat.step->decision && !flat.step->after_end && lower(flat.step->decision->by) == lower(contact.role))
        flag_hours(contact, fmt::format("step \"{}\" is decided by", flat.step->title), flat.step->where, findings);
  }
}

void audit_review(const AuditInput& input, Findings& findings) {
  if (!input.spec.organisation) return;
  const ReviewDates& review = input.spec.organisation->review;
  if (review.next.empty() || review.next >= input.today) return;
  findings.push_back({Weight::kWarning, "",
                      fmt::format("the plan was to be reviewed by {}{}", review.next,
                                  review.last.empty() ? "" : fmt::format("; it last was on {}", review.last)),
                      "review it, and set review.next in the organisation's file",
                      Position{input.spec.organisation->file}});
}

}  // namespace blackstart
