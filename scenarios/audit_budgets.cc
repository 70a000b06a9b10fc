// What the steps may take, against what the whole may take.

#include "base/text.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>

namespace blackstart::audit_rule {
namespace {

using Weight = Finding::Weight;

/// An RTO, of the whole or of a component.
struct Objective {
  std::string name;  // "" for the whole
  Duration rto{};
  const Component* component = nullptr;
  Position where;
};

std::vector<Objective> objectives_of(const Spec& spec) {
  std::vector<Objective> objectives;
  const Objectives& all = spec.scenario.objectives;
  if (const auto rto = rto_from_fault(all.rto)) {
    objectives.push_back({"", *rto, nullptr, place_of(spec, "objectives.rto")});
  }
  for (const Component& component : all.components) {
    const auto rto = rto_from_fault(component.rto);
    const Position where = place_of(spec, fmt::format("objectives.components.{}.rto", component.name));
    if (rto) objectives.push_back({component.name, *rto, &component, where});
  }
  return objectives;
}

/// The step with which the objective's part is back: the last that changes it.
std::optional<std::size_t> back_with(const RecoveryPath& path, const Objective& objective, const Target& target) {
  if (objective.component == nullptr) return last_change(path);
  for (std::size_t index = path.size(); index > 0; --index) {
    for (const Call& effect : effects_of(*path[index - 1].step)) {
      if (acts_on(effect, objective.component->services, target)) return index - 1;
    }
  }
  return std::nullopt;
}

std::string spell_sum(const RecoveryPath& path, std::size_t last) {
  std::vector<std::string> parts;
  for (std::size_t index = 0; index <= last; ++index) {
    if (path[index].length.median > Duration::zero()) parts.push_back(spell_duration(path[index].length.median));
  }
  return parts.size() > 1 ? fmt::format(" ({})", join(parts, " + ")) : "";
}

std::string spell_lead(const LeadTime& lead, bool slow) {
  std::string text;
  const auto add = [&](const char* what, const Span& span) {
    const Duration length = slow ? span.p95 : span.median;
    if (length > Duration::zero()) text += fmt::format("{} {} + ", what, spell_duration(length));
  };
  add(lead.detected_by.empty() ? "until it begins" : "detection", lead.detection);
  add("people", lead.people);
  return text;
}

std::string spell_fallback(const RecoveryPath& path, std::size_t last) {
  std::vector<std::string> titles;
  for (std::size_t index = 0; index <= last; ++index) {
    if (path[index].falls_back) titles.push_back(path[index].step->title);
  }
  return titles.empty() ? "" : fmt::format(", where {} {}", quoted_list(titles), titles.size() == 1 ? "fails" : "fail");
}

/// Steps that change something and have no time: what the sum leaves out.
std::vector<std::string> untimed_changes(const RecoveryPath& path) {
  std::vector<std::string> titles;
  for (const PathStep& step : path) {
    if (!step.timed && !effects_of(*step.step).empty()) titles.push_back(step.step->title);
  }
  return titles;
}

std::string spell_untimed(const RecoveryPath& path) {
  const auto titles = untimed_changes(path);
  if (titles.empty()) return "";
  return fmt::format("; {} {} no time and {} not counted", quoted_list(titles), titles.size() == 1 ? "has" : "have",
                     titles.size() == 1 ? "is" : "are");
}

constexpr const char* kShorten =
    "Shorten the budgets, let steps run together, or promise what the steps can keep: a drill cannot be on time when "
    "each of its steps is";

struct Sum {
  const RecoveryPath& path;
  std::size_t last;
  const LeadTime& lead;
  [[nodiscard]] Duration usual() const { return lead.total().median + path[last].end.median; }
  [[nodiscard]] Duration slow() const { return lead.total().p95 + path[last].end.p95; }
  [[nodiscard]] std::string spell(bool p95) const {
    return fmt::format("{}steps {}{} = {}", spell_lead(lead, p95),
                       spell_duration(p95 ? path[last].end.p95 : path[last].end.median),
                       p95 ? "" : spell_sum(path, last), spell_duration(p95 ? slow() : usual()));
  }
};

std::string limit_of(const Objective& objective) {
  return objective.name.empty() ? fmt::format("an RTO of {}", spell_duration(objective.rto))
                                : fmt::format("an RTO of {} for {}", spell_duration(objective.rto), objective.name);
}

/// With what happens until the part is back again.
bool add_over(const Objective& objective, const RecoveryPath& path, std::size_t last, const LeadTime& lead, int depth,
              Findings& findings) {
  const Sum sum{path, last, lead};
  if (sum.usual() <= objective.rto) return false;
  const std::string until = last + 1 < path.size()
                                ? fmt::format(" (until \"{}\", the last that changes {}; {} with what follows)",
                                              path[last].step->title, objective.name.empty() ? "anything" : "it",
                                              spell_duration(Sum{path, path.size() - 1, lead}.usual()))
                                : "";
  findings.add(depth < 2 ? Weight::kContradiction : Weight::kWarning, objective.where,
               fmt::format("{} against {}{}{}{}", sum.spell(false), limit_of(objective), until,
                           spell_fallback(path, last), spell_untimed(path)),
               kShorten);
  return true;
}

/// What fits as long as people are quick, or nothing is looked at afterwards.
void add_tight(const Objective& objective, const RecoveryPath& path, std::size_t last, const LeadTime& lead,
               Findings& findings) {
  const Sum sum{path, last, lead};
  const Sum whole{path, path.size() - 1, lead};
  if (sum.slow() > objective.rto) {
    findings.add(
        Weight::kWarning, objective.where,
        fmt::format("at the 95th percentile of people and commands: {} against {}, {} as a rule{}", sum.spell(true),
                    limit_of(objective), spell_duration(sum.usual()), spell_fallback(path, last)),
        "Leave room for people who answer slowly: one drill in twenty will not be on time");
  } else if (objective.component == nullptr && whole.usual() > objective.rto) {
    findings.add(
        Weight::kWarning, objective.where,
        fmt::format("{} against {}; without what follows \"{}\", the last that changes anything, {}",
                    whole.spell(false), limit_of(objective), path[last].step->title, spell_duration(sum.usual())),
        "Decide whether the checks belong into the RTO: what they find starts a recovery anew");
  }
}

/// Whether the budgets go over: the least nested way that does is told.
bool look_at(const Objective& objective, const AuditSubject& subject, const LeadTime& lead, Findings& findings) {
  const int depth_max = fallback_depth(subject.spec.scenario);
  for (int depth = 0; depth <= depth_max; ++depth) {
    const RecoveryPath path = longest_path(subject.spec, depth);
    const auto last = back_with(path, objective, subject.spec.target);
    if (last && add_over(objective, path, *last, lead, depth, findings)) return true;
  }
  const RecoveryPath path = longest_path(subject.spec, std::min(depth_max, 1));
  const auto last = back_with(path, objective, subject.spec.target);
  if (last) add_tight(objective, path, *last, lead, findings);
  return false;
}

}  // namespace

void budgets_over_rto(const AuditSubject& subject, Findings& findings) {
  if (!subject.spec.scenario.recovery) return;
  const LeadTime lead = lead_time(subject.spec.scenario);
  std::optional<Duration> over;  // the RTO of the whole, where it is missed
  for (const Objective& objective : objectives_of(subject.spec)) {
    if (over && objective.rto >= *over) continue;  // said already
    if (look_at(objective, subject, lead, findings) && objective.component == nullptr) over = objective.rto;
  }
}

void budgets_over_mtd(const AuditSubject& subject, Findings& findings) {
  const Objectives& objectives = subject.spec.scenario.objectives;
  if (!objectives.mtd) return;
  const Position where = place_of(subject.spec, "objectives.mtd");
  const auto rto = rto_from_fault(objectives.rto);
  if (rto && *rto > *objectives.mtd) {
    findings.add(Weight::kContradiction, where,
                 fmt::format("an MTD of {} is shorter than the RTO of {}", spell_duration(*objectives.mtd),
                             spell_duration(*rto)),
                 "The MTD holds the RTO and the work after it: raise it, or lower the RTO");
  }
  const RecoveryPath path = longest_path(subject.spec, std::min(1, fallback_depth(subject.spec.scenario)));
  if (path.empty()) return;
  const LeadTime lead = lead_time(subject.spec.scenario);
  const Sum sum{path, path.size() - 1, lead};
  if (sum.usual() <= *objectives.mtd) return;
  findings.add(Weight::kContradiction, where,
               fmt::format("{} against an MTD of {}{}", sum.spell(false), spell_duration(*objectives.mtd),
                           spell_fallback(path, path.size() - 1)),
               kShorten);
}

/// An estimate, or a sum of budgets, that is the RTO itself.
void nothing_left(const AuditSubject& subject, Findings& findings) {
  const Scenario& scenario = subject.spec.scenario;
  const auto rto = rto_from_fault(scenario.objectives.rto);
  if (!rto || !scenario.recovery) return;
  const LeadTime lead = lead_time(scenario);
  const RecoveryPath path = longest_path(subject.spec, std::min(1, fallback_depth(scenario)));
  std::vector<std::string> missing;
  if (lead.detection.median > Duration::zero()) {
    missing.push_back(fmt::format("detection ({})", spell_duration(lead.detection.median)));
  }
  if (lead.people.median > Duration::zero()) {
    missing.push_back(fmt::format("people ({})", spell_duration(lead.people.median)));
  }
  for (const std::string& title : untimed_changes(path)) missing.push_back(fmt::format("\"{}\"", title));
  const char* remedy = "Say what the RTO counts from, and leave room for noticing, answering and for every step";
  const auto expected = scenario.expected.find("rto");
  if (expected != scenario.expected.end() && !missing.empty()) {
    const auto [from, to] = expected->second;
    if (to <= *rto && to + lead.total().median >= *rto) {
      const bool never = from >= *rto || from + lead.total().median > *rto;
      findings.add(
          never ? Weight::kContradiction : Weight::kWarning, place_of(subject.spec, "objectives.expected.rto"),
          fmt::format(
              "the estimate of {} leaves {} of an RTO of {} for {}",
              from == to ? spell_duration(to) : fmt::format("{} to {}", spell_duration(from), spell_duration(to)),
              to == *rto ? "nothing" : spell_duration(*rto - to), spell_duration(*rto), plain_list(missing)),
          remedy);
    }
  }
  const auto last = last_change(path);
  if (!last || lead.total().median > Duration::zero() || path[*last].end.median != *rto) return;
  if (missing.empty()) missing.push_back("detection and people");
  findings.add(Weight::kContradiction, place_of(subject.spec, "objectives.rto"),
               fmt::format("the steps' {}{} are the RTO itself: nothing is left for {}",
                           spell_duration(path[*last].end.median), spell_sum(path, *last), plain_list(missing)),
               remedy);
}

void step_without_budget(const AuditSubject& subject, Findings& findings) {
  std::vector<std::string> titles;
  Position first;
  std::size_t counted = 0;
  for (const AnyStep& any : all_steps(subject.spec.scenario)) {
    const Step& step = *any.step;
    const auto& inside = !step.together.empty() ? step.together : step.options;
    if (any.inside) continue;
    ++counted;
    const auto has_budget = [](const Step& inner) { return inner.budget.has_value(); };
    if (step.budget || (!inside.empty() && std::all_of(inside.begin(), inside.end(), has_budget))) continue;
    if (titles.empty()) first = step.where;
    titles.push_back(step.title);
  }
  if (titles.empty()) return;
  const bool all = titles.size() == counted;
  findings.add(all ? Weight::kWarning : Weight::kNote, first,
               all ? fmt::format("none of the {} steps has a budget: nothing tells when to give one up", counted)
                   : fmt::format("{} of {} steps without a budget: {}", titles.size(), counted, quoted_list(titles)),
               "Give each step a budget: it is what tells when to give it up, and what adds up to the RTO");
}

}  // namespace blackstart::audit_rule
