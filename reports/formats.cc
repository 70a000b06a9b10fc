#include "reports/report.h"

namespace blackstart {

const std::vector<ReportFormat>& report_formats() {
  static const std::vector<ReportFormat> formats = {
      {"report.json", report_json},         {"report.md", report_markdown},
      {"junit.xml", report_junit},          {"metrics.prom", report_metrics},
      {"latency.hlog", report_latency_log}, {"scenario.resolved.yaml", report_scenario},
  };
  return formats;
}

}  // namespace blackstart
