// latency.hlog: every interval's latency in the HdrHistogram log format 1.3, for its own tools (HistogramLogReader,
// hdr-plot). Histograms are the journal's own text, never encoded again: the bytes must not depend on this machine's
// deflate. Values are microseconds; the interval's maximum is in milliseconds.

#include "base/check.h"

#include <fmt/format.h>

#include "reports/figures.h"

namespace blackstart {
namespace {

std::string epoch_seconds(WallTime at) {
  return fmt::format("{}.{:03}", at.unix_ns / 1'000'000'000, at.unix_ns / 1'000'000 % 1000);
}

std::string header(const ReportInput& input) {
  const DrillHead head = drill_head(input.journal);
  // Wall time of drill time 0: the first line was written at its own drill time.
  const WallTime start = input.journal.events.empty()
                             ? WallTime{}
                             : WallTime{head.started.unix_ns - to_ns(input.journal.events.front().at)};
  std::string out = fmt::format("#[Bid latency from intended start, in microseconds; drill {}]\n", head.id);
  out += "#[Histogram log format version 1.3]\n";
  out += fmt::format("#[StartTime: {} (seconds since epoch), {}]\n", epoch_seconds(start), format_wall(start));
  out += fmt::format("#[BaseTime: {} (seconds since epoch)]\n", epoch_seconds(start));
  out += "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
  return out;
}

std::string seconds(std::int64_t ns) { return fmt::format("{:.3f}", static_cast<double>(ns) * 1e-9); }

}  // namespace

std::string report_latency_log(const ReportInput& input) {
  std::string out = header(input);
  for (const Event& event : input.journal.events) {
    if (event.type != "traffic.interval") continue;
    const auto* interval = std::get_if<TrafficInterval>(&event.value);
    BS_CHECK_MESSAGE(interval != nullptr, "a report's journal is read with its intervals as values");
    out +=
        fmt::format("{},{},{:.3f},{}\n", seconds(to_ns(interval->start)), seconds(to_ns(interval->length)),
                    to_seconds(interval->latency.max()) * 1000, event.body.at("latency").get_ref<const std::string&>());
  }
  return out;
}

}  // namespace blackstart
