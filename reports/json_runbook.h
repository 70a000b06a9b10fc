#pragma once
// The part of report.json on what people decided and what the runbook's own clocks say. Pure.

#include "reports/report.h"

namespace blackstart {

/// Adds deadlines, expectations, decisions and phases to `report`, each a list, perhaps empty.
void add_runbook_json(const ReportInput& input, Json& report);

}  // namespace blackstart
