#pragma once
// An organisation's file, typed: what is said once for all of its drills. Plain values; the words: docs/language.md.

#include "base/time.h"
#include "base/units.h"
#include "scenarios/document.h"
#include "scenarios/expression.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// Who is told what, and when.
struct Communication {
  std::string audience;
  std::string channel;
  std::optional<Duration> within;  // of the fault
  std::optional<Duration> every;
  std::string until;  // "restored" with every
  std::optional<Expression> when;
  std::string message;
  std::string webhook;  // url to POST to, may be empty
  Position where;
};

struct SeverityPolicy {
  std::string severity;  // "P1"
  std::optional<Duration> response;
  bool postmortem_required = false;
  std::string channel;  // by which it is announced, or ""
};
struct EscalationLevel {
  std::string level;  // "L1"
  std::string role;
  Duration from{};  // of the fault's detection
};
struct Contact {
  std::string name;  // "security"
  std::string role;
  std::string channel;
  bool business_hours = false;  // hours: business
};
struct PostmortemPolicy {
  std::optional<Duration> scheduled, summary, document, actions;  // after the incident, at the latest
  std::string check_ins, trends;                                  // weekly, monthly, …, or ""
  std::vector<std::string> fields;                                // what the report has to say besides
  std::vector<std::string> signoff;                               // who signs it
};
/// What the history is held to; an empty one is not asked for.
struct Kpis {
  std::optional<Share> backup_success, restore_tests, recovery_success, availability;
  std::optional<Duration> backup_duration, mttd, mttr, validation;
};
struct CalendarEntry {
  std::string drill;   // its name, as catalogue/name or name
  std::string window;  // "2026-Q1", "2026-03", "2026-W07", "2026-03-14"; "" with every
  std::string every;   // weekly, monthly, quarterly, annually; "" with window
  std::string kind;    // "live", "simulation", "table-top", or ""
  std::optional<Duration> duration;
  std::optional<Duration> notice;
  bool time_hidden = false;  // time: hidden
};
/// When the organisation's plan was last reviewed, and when it is to be next: "2026-03-14" or "".
struct ReviewDates {
  std::string last;
  std::string next;
};
struct Organisation {
  std::string name;
  std::string file;
  std::vector<SeverityPolicy> severities;
  std::vector<EscalationLevel> escalation;
  std::vector<Contact> contacts;
  std::vector<Communication> communications;  // of every drill that has none of its own
  PostmortemPolicy postmortem;
  Kpis kpis;
  std::vector<CalendarEntry> calendar;
  ReviewDates review;

  [[nodiscard]] const SeverityPolicy* find_severity(std::string_view severity) const;
};

}  // namespace blackstart
