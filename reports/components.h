#pragma once
// Components as several formats say them. Pure.

#include "rehearsal/judge_parts.h"
#include "reports/report.h"

#include <string>
#include <vector>

namespace blackstart {

/// What was measured of component `name`, or null.
const ComponentRecord* find_component(const Measurement& measurement, const std::string& name);
/// The worst of what was judged of it; inconclusive where nothing was.
Outcome component_outcome(const std::vector<const Judgement*>& judgements);
/// "bids", "canary analytics", "probe auctions close".
std::string evidence_name(const Component& component);

/// "## Components", a table of what each achieved; "" where the scenario has none.
std::string components_markdown(const ReportInput& input);
/// Lines for the terminal, the worst first: as many as there is room for, the last one for all others.
struct ComponentLine {
  std::string text;
  Outcome outcome = Outcome::kInconclusive;
  std::size_t coloured = 0;  // of the text's first bytes
};
std::vector<ComponentLine> component_lines(const ReportInput& input, std::size_t room);

}  // namespace blackstart
