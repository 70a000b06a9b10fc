#pragma once
// The part of report.md on what people decided and what the runbook's own clocks say; and the tables of report.md.
// Pure.

#include "reports/report.h"

#include <string>
#include <vector>

namespace blackstart {

using Row = std::vector<std::string>;

/// A Markdown table; cells are escaped here. "None." without rows.
std::string markdown_table(const Row& head, const std::vector<Row>& rows);

/// Decisions, expectations, deadlines and phases, each where the drill has any.
std::string markdown_runbook(const ReportInput& input);

}  // namespace blackstart
