#pragma once
// Whole journals for the reports: a scenario and a target in the language, written through the real journal writer, so
// that hashes, parsing and load_report() are those of a real drill.

#include "reports/report.h"
#include "tests/measure/journal_builder.h"

#include <string>

namespace blackstart::test {

/// The drill's first line gets the sample scenario and target.
Journal journal_of(const Drill& drill);
/// journal_of(), through load_report(); the test fails when that does.
ReportData report_of(const Drill& drill);
/// The bytes of the journal file.
std::string journal_text(const Drill& drill);

/// A drill with everything in it: an outage, detection, steps, a promote, loss, watchers, communications; it passes.
Drill sample_passed();
/// Misses RTO and RPO, corrupts, is late with its communication, and leaves a fault behind. Texts are hostile: markup
/// of every format, control characters, bytes that are no UTF-8.
Drill sample_failed();
/// The steady state never held.
Drill sample_inconclusive();

}  // namespace blackstart::test
