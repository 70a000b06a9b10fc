// scenario.resolved.yaml: the scenario that was drilled, after extend, variables and overrides; secrets are masked.

#include "reports/report.h"
#include "scenarios/document.h"

namespace blackstart {

std::string report_scenario(const ReportInput& input) {
  const Event* started = input.journal.first("drill.started");
  if (started == nullptr || !started->body.contains("scenario")) return "";
  std::string text = to_yaml(node_from_json(started->body.at("scenario"), "journal"));
  if (!text.empty() && text.back() != '\n') text += '\n';
  return text;
}

}  // namespace blackstart
