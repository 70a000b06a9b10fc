#pragma once
// Reports: pure functions of a journal, the same bytes whenever they are made again. A format is one file of this
// folder and one line in report_formats(). Only write_reports() has an effect.

#include "rehearsal/journal.h"
#include "rehearsal/measurement.h"
#include "rehearsal/verdict.h"
#include "scenarios/spec.h"

#include <string>
#include <string_view>
#include <vector>

namespace blackstart {

/// What a report is made from. Borrowed: all four must outlive it.
struct ReportInput {
  const Spec& spec;
  const Journal& journal;  // read with Intervals::kAsValues
  const Measurement& measurement;
  const Verdict& verdict;
};

/// A journal with everything that follows from it.
struct ReportData {
  Spec spec;
  Journal journal;
  Measurement measurement;
  Verdict verdict;
  /// Borrows this object.
  [[nodiscard]] ReportInput input() const { return {spec, journal, measurement, verdict}; }
};

/// Rebuilds the Spec from drill.started, measures and judges. kInvalid when the journal does not tell what was drilled
/// or an event cannot be read; one that was cut off is fine, the reports say what it holds.
Result<ReportData> load_report(Journal journal);

/// One file of a drill's folder.
struct ReportFormat {
  const char* file;  // "report.json"
  std::string (*make)(const ReportInput& input);
};
const std::vector<ReportFormat>& report_formats();

std::string report_json(const ReportInput& input);
std::string report_markdown(const ReportInput& input);
std::string report_junit(const ReportInput& input);
std::string report_metrics(const ReportInput& input);
std::string report_latency_log(const ReportInput& input);
std::string report_scenario(const ReportInput& input);

/// Writes every format into `folder`, each under a temporary name first: a reader never sees half a file. kIo names
/// the file; those written before it stand.
Status write_reports(const ReportInput& input, const std::string& folder);

/// One file, under a temporary name first. kIo names it.
Status write_file(const std::string& path, std::string_view bytes);

struct TerminalStyle {
  bool colour = false;
  std::string folder;  // where the files are, for the last line; "" leaves it out
};
/// One screen (at most 24 lines of 100 columns): did it meet its objectives, by how much, what was lost, where the
/// time went. Ends with a newline.
std::string terminal_summary(const ReportInput& input, const TerminalStyle& style);

}  // namespace blackstart
