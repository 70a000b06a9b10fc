#include "scenarios/audit.h"

#include "base/check.h"
#include "base/text.h"
#include "base/time.h"
#include "scenarios/audit_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

namespace blackstart {
namespace {

bool is_alike(const Finding& a, const Finding& b) {
  return a.rule == b.rule && a.weight == b.weight && a.what == b.what && a.where.file == b.where.file &&
         a.where.line == b.where.line && a.where.column == b.where.column;
}

std::vector<Finding> sorted_by_weight(std::vector<Finding> findings) {
  std::vector<Finding> sorted;
  sorted.reserve(findings.size());
  for (const auto weight : {Finding::Weight::kContradiction, Finding::Weight::kWarning, Finding::Weight::kNote})
    for (Finding& finding : findings)
      if (finding.weight == weight) sorted.push_back(std::move(finding));
  return sorted;
}

}  // namespace

std::string_view spell(Finding::Weight weight) {
  switch (weight) {
    case Finding::Weight::kContradiction:
      return "contradiction";
    case Finding::Weight::kWarning:
      return "warning";
    case Finding::Weight::kNote:
      return "note";
  }
  return "";
}

void Findings::add(Finding::Weight weight, const Position& where, std::string what, std::string remedy) {
  found_.push_back(Finding{weight, rule_, {drill_}, where, std::move(what), std::move(remedy)});
}

std::span<const AuditRule> audit_rules() {
  using namespace audit_rule;
  static const AuditRule kRules[] = {
      {"budgets-over-rto", "detection, people and the steps' budgets add up to more than an RTO", budgets_over_rto},
      {"budgets-over-mtd", "they add up to more than the MTD, or the MTD is shorter than the RTO", budgets_over_mtd},
      {"nothing-left", "the estimate or the budgets are the RTO itself: no time to notice and to answer", nothing_left},
      {"estimate-over-objective", "what is expected is more than what is promised", estimate_over_objective},
      {"phases-over-rto", "by the runbook's calendar recovery begins after the RTO", phases_over_rto},
      {"deadline-too-tight", "people and budgets take longer than a deadline allows", deadline_too_tight},
      {"backups-rarer-than-rpo", "data that a fault takes have only backups that are rarer than the RPO",
       backups_rarer_than_rpo},
      {"restore-older-than-rpo", "a step restores what is older than the RPO allows", restore_older_than_rpo},
      {"fault-not-undone", "no step undoes a fault that lasts until the recovery ends it", fault_not_undone},
      {"left-alone", "a synchronous store that has no standby, or loses its last one for good", left_alone},
      {"started-before-restored", "what works on the data is started before they are restored",
       started_before_restored},
      {"evidence-destroyed", "something is stopped, rotated or flushed before evidence is preserved",
       evidence_destroyed},
      {"recovery-without-detection", "a recovery that nothing has to notice anything for", recovery_without_detection},
      {"alert-is-no-ratio", "an alert compares errors a second with what looks like a share", alert_is_no_ratio},
      {"rpo-without-read-back", "an RPO by bids, and a target that cannot be read back", rpo_without_read_back},
      {"rpo-out-of-sight", "traffic before the fault is shorter than the RPO, so that it cannot be missed",
       rpo_out_of_sight},
      {"canary-too-coarse", "a canary is written more rarely than its objective", canary_too_coarse},
      {"validation-ignores-data", "an RPO, and nothing looks at the data", validation_ignores_data},
      {"step-without-budget", "steps that nothing tells when to give up", step_without_budget},
      {"told-too-late", "somebody is told when an outage within the RTO is over", told_too_late},
      {"kpi-over-objective", "a figure of the history contradicts an objective", kpi_over_objective},
      {"contact-asleep", "a drill that pages at night needs somebody with business hours", contact_asleep},
      {"cadence-missing", "nothing says when the drill is due", cadence_missing},
      {"review-passed", "the plan's next review has no date, or one that has passed", review_passed},
  };
  return kRules;
}

std::vector<Finding> audit(const Spec& spec, const std::string& today) {
  BS_CHECK_MESSAGE(is_date(today), "the date of an audit");
  const AuditSubject subject{spec, today};
  Findings findings{spec.scenario.name};
  for (const AuditRule& rule : audit_rules()) {
    findings.begin_rule(rule.name);
    rule.look(subject, findings);
  }
  return sorted_by_weight(std::move(findings).take());
}

std::vector<Finding> merge_findings(const std::vector<std::vector<Finding>>& by_drill) {
  std::vector<Finding> merged;
  for (const auto& drill : by_drill) {
    for (const Finding& finding : drill) {
      const auto same =
          std::find_if(merged.begin(), merged.end(), [&](const Finding& other) { return is_alike(finding, other); });
      if (same == merged.end()) {
        merged.push_back(finding);
        continue;
      }
      for (const std::string& name : finding.drills) {
        if (std::find(same->drills.begin(), same->drills.end(), name) == same->drills.end())
          same->drills.push_back(name);
      }
    }
  }
  return merged;
}

std::array<std::size_t, 3> count_findings(const std::vector<Finding>& findings) {
  std::array<std::size_t, 3> counts{};
  for (const Finding& finding : findings) ++counts.at(static_cast<std::size_t>(finding.weight));
  return counts;
}

namespace audit_rule {

Position place_of(const Spec& spec, std::string_view path) {
  const Node* node = &spec.scenario.resolved;
  Position where = node->where;
  for (const std::string_view key : split(path, '.')) {
    node = node->find(key);
    if (node == nullptr) break;
    where = node->where;
  }
  return where;
}

std::string plain_list(const std::vector<std::string>& items) {
  if (items.size() < 2) return items.empty() ? "" : items.front();
  const std::span<const std::string> but_last{items.data(), items.size() - 1};
  return join(but_last, ", ") + " and " + items.back();
}

std::string quoted_list(const std::vector<std::string>& items) {
  std::vector<std::string> quoted;
  for (const std::string& item : items) quoted.push_back(fmt::format("\"{}\"", item));
  return plain_list(quoted);
}

std::optional<Duration> rto_from_fault(const std::optional<RtoObjective>& rto) {
  return rto && !rto->from_healed ? std::optional{rto->within} : std::nullopt;
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool contains_any(std::string_view lowered, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lowered.find(word) != std::string_view::npos; });
}

}  // namespace audit_rule
}  // namespace blackstart
