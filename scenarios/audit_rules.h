#pragma once
// The audit's rules, one function each, and what they share. docs/audit.md says what each looks at. Pure.

#include "scenarios/audit.h"
#include "scenarios/audit_path.h"

namespace blackstart::audit_rule {

// ---- audit_budgets.cc --------------------------------------------------------------------------------------------
void budgets_over_rto(const AuditSubject& subject, Findings& findings);
void budgets_over_mtd(const AuditSubject& subject, Findings& findings);
void nothing_left(const AuditSubject& subject, Findings& findings);
void step_without_budget(const AuditSubject& subject, Findings& findings);

// ---- audit_clocks.cc ---------------------------------------------------------------------------------------------
void estimate_over_objective(const AuditSubject& subject, Findings& findings);
void phases_over_rto(const AuditSubject& subject, Findings& findings);
void deadline_too_tight(const AuditSubject& subject, Findings& findings);
void told_too_late(const AuditSubject& subject, Findings& findings);

// ---- audit_backups.cc --------------------------------------------------------------------------------------------
void backups_rarer_than_rpo(const AuditSubject& subject, Findings& findings);
void restore_older_than_rpo(const AuditSubject& subject, Findings& findings);

// ---- audit_evidence.cc -------------------------------------------------------------------------------------------
void recovery_without_detection(const AuditSubject& subject, Findings& findings);
void alert_is_no_ratio(const AuditSubject& subject, Findings& findings);
void rpo_without_read_back(const AuditSubject& subject, Findings& findings);
void rpo_out_of_sight(const AuditSubject& subject, Findings& findings);
void canary_too_coarse(const AuditSubject& subject, Findings& findings);
void validation_ignores_data(const AuditSubject& subject, Findings& findings);

// ---- audit_order.cc ----------------------------------------------------------------------------------------------
void evidence_destroyed(const AuditSubject& subject, Findings& findings);
void started_before_restored(const AuditSubject& subject, Findings& findings);
void fault_not_undone(const AuditSubject& subject, Findings& findings);
void left_alone(const AuditSubject& subject, Findings& findings);

// ---- audit_organisation.cc ---------------------------------------------------------------------------------------
void review_passed(const AuditSubject& subject, Findings& findings);
void kpi_over_objective(const AuditSubject& subject, Findings& findings);
void contact_asleep(const AuditSubject& subject, Findings& findings);
void cadence_missing(const AuditSubject& subject, Findings& findings);

// ---- shared ------------------------------------------------------------------------------------------------------
/// Where "objectives.rto" stands, from the resolved scenario; of what is not there, the nearest part above it that is.
Position place_of(const Spec& spec, std::string_view path);
/// "a", "a and b", "a, b and c", in quotes of their own.
std::string quoted_list(const std::vector<std::string>& items);
std::string plain_list(const std::vector<std::string>& items);
/// An RTO that counts from the fault, or nothing.
std::optional<Duration> rto_from_fault(const std::optional<RtoObjective>& rto);
std::string lower(std::string_view text);
bool contains_any(std::string_view lowered, std::initializer_list<std::string_view> words);

}  // namespace blackstart::audit_rule
