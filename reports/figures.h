#pragma once
// What several formats say in the same words: the head of the journal, the headline incident, where the time went.
// Pure.

#include "reports/report.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// Of drill.started, and the wall times of the first and the last line.
struct DrillHead {
  std::string id, scenario, target, world, driver, host;
  std::string tool_version, tool_sha256, scenario_sha256, target_sha256;
  std::uint64_t seed = 0;
  WallTime started, ended;
};
DrillHead drill_head(const Journal& journal);

/// The worst incident, or null when no fault was injected.
const Incident* headline(const Measurement& measurement);

/// The judgement `name` of `group`, or null.
const Judgement* find_judgement(const Verdict& verdict, std::string_view group, std::string_view name);

/// One stretch of the recovery: "detect", "respond", "recover", "restore", "drain".
struct TimePart {
  const char* name;
  Duration length{};
};
/// Where the time of the headline incident went, in order; parts that never came are left out.
std::vector<TimePart> where_time_went(const Measurement& measurement);

/// "met, 3h 59m to spare", "missed by 12 s", "cannot be told": a judged figure beside its target.
std::string by_how_much(const std::optional<Duration>& achieved, Duration target, const Judgement& judgement);

/// Recovery and the work after it, of `incident`; empty when either is not known.
std::optional<Duration> mtd_achieved(const Incident& incident);

/// What this drill does not show, for the record.
std::vector<std::string> limitations(const ReportInput& input);

}  // namespace blackstart
