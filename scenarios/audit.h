#pragma once
// The audit: what is wrong with a runbook before anything runs. A pure function of a loaded drill and a date; an
// explicit list of rules, each a small function over the Spec. A rule speaks up where figures of the files cannot all
// be true, and is silent where it cannot tell. docs/audit.md lists the rules. Deterministic.

#include "scenarios/spec.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

struct Finding {
  enum class Weight {
    kContradiction,  // two statements of the files that cannot both be kept
    kWarning,        // likely to hurt, or true only under luck
    kNote,           // worth knowing when a report is read
  };
  Weight weight = Weight::kWarning;
  std::string rule;                 // one of audit_rules()
  std::vector<std::string> drills;  // in which it was found: one, or several after merge_findings
  Position where;
  std::string what;    // one sentence with its figures
  std::string remedy;  // what to do, one sentence
};
std::string_view spell(Finding::Weight weight);

/// Where a rule leaves what it finds.
class Findings {
 public:
  explicit Findings(std::string drill) : drill_(std::move(drill)) {}
  void begin_rule(std::string_view rule) { rule_ = rule; }
  void add(Finding::Weight weight, const Position& where, std::string what, std::string remedy);
  [[nodiscard]] std::vector<Finding> take() && { return std::move(found_); }

 private:
  std::string drill_;
  std::string rule_;
  std::vector<Finding> found_;
};

/// What a rule looks at.
struct AuditSubject {
  const Spec& spec;
  std::string today;  // "2026-01-31"
};
struct AuditRule {
  std::string_view name;
  std::string_view about;  // one line
  void (*look)(const AuditSubject& subject, Findings& findings);
};
/// All rules, in the order in which they look.
std::span<const AuditRule> audit_rules();

/// Everything that the rules find in one drill: contradictions first, then warnings, then notes, each in the order of
/// the rules. REQUIRES: `today` is a date, as is_date says.
std::vector<Finding> audit(const Spec& spec, const std::string& today);

/// The findings of several drills, in order; what several say alike (an organisation's review date) stands once, with
/// all their names.
std::vector<Finding> merge_findings(const std::vector<std::vector<Finding>>& by_drill);

/// How many contradictions, warnings and notes.
std::array<std::size_t, 3> count_findings(const std::vector<Finding>& findings);

}  // namespace blackstart
