// What `simulate` prints: one screen, for someone who wants to know the odds.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/units.h"
#include "reports/escape.h"
#include "reports/monte_carlo.h"

namespace blackstart {
namespace {

constexpr std::size_t kColumns = 100;
constexpr std::size_t kPartsMax = 5;
constexpr double kShareLeast = 0.005;  // smaller shares of the spread are left out
constexpr const char* kLabels[] = {"p5", "p50", "p95", "p99"};

/// "16m25s", "7.41s", "312ms": human_duration() in three digits and without a space, for tables.
std::string brief(Duration length) {
  if (length == Duration{}) return "0s";
  std::string text = human_duration(length);
  const auto space = text.find(' ');
  const bool one_number = text.find(' ', space + 1) == std::string::npos && text.find('.') != std::string::npos;
  if (one_number) {
    std::string digits = text.substr(0, space);
    if (digits.size() > 4) digits.resize(digits[3] == '.' ? 3 : 4);
    return digits + text.substr(space + 1);
  }
  std::erase(text, ' ');
  return text;
}

std::string cell(const QuantileEstimate& quantile) {
  // A run that does not know the figure counts as "at least 0 s". That says nothing of a quantile that falls on it.
  if (quantile.censored && quantile.value == 0) return "?";
  const auto bound = [](const std::optional<std::int64_t>& ns) { return ns ? brief(Duration{*ns}) : std::string("?"); };
  return fmt::format("{}{} ({}..{})", quantile.censored ? ">" : "", brief(Duration{quantile.value}),
                     bound(quantile.low), bound(quantile.high));
}

std::string percent(double share) {
  if (share >= 1) return "100 %";
  if (share <= 0) return "0 %";
  const double percent = 100 * share;
  return percent > 99 ? fmt::format("{:.2f} %", std::min(percent, 99.99)) : fmt::format("{:.1f} %", percent);
}

std::string odds(const ShareEstimate& estimate) {
  return fmt::format("{} ({}..{})", percent(estimate.share), percent(estimate.low), percent(estimate.high));
}

std::string pad(std::string text, std::size_t width) {
  const std::size_t used = width_of(text);
  return used < width ? text + std::string(width - used, ' ') : text;
}

class Lines {
 public:
  void add(const std::string& text) { text_ += fit(text, kColumns) + "\n"; }
  /// A command is never cut: what is copied must be whole.
  void add_whole(const std::string& text) { text_ += text + "\n"; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

std::string counts(const ObjectiveSummary& summary) {
  std::string text = fmt::format("{} met", human_count(summary.met));
  if (summary.missed > 0) text += fmt::format(", {} missed", human_count(summary.missed));
  if (summary.inconclusive > 0) text += fmt::format(", {} cannot be told", human_count(summary.inconclusive));
  if (summary.censored > 0) text += fmt::format("; {} censored", human_count(summary.censored));
  return text;
}

void add_objectives(const MonteCarlo& result, Lines& lines) {
  const auto label = [](const ObjectiveSummary& summary) {
    return summary.target.empty() ? summary.name : summary.name + " " + summary.target;
  };
  std::size_t width = 17;
  for (const auto& objective : result.objectives) width = std::max(width, label(objective).size());
  const auto add = [&](const ObjectiveSummary& summary) {
    lines.add(fmt::format("  {} {}{}", pad(label(summary), width), pad(odds(summary.odds), 28), counts(summary)));
  };
  lines.add(fmt::format("Met (95 % interval), of {} runs", human_count(result.runs)));
  for (const auto& objective : result.objectives) add(objective);
  add(result.every);
  const auto& every = result.every;
  if (every.met == result.runs && result.runs > 0)
    lines.add(fmt::format("  {} of {} prove a chance of at least {} (95 % confidence)", human_count(every.met),
                          human_count(result.runs), percent(proven_share_95(result.runs))));
}

const char* heading(const std::string& name) {
  if (name == "rto") return "RTO";
  if (name == "rpo") return "RPO";
  if (name == "downtime_service_level") return "downtime";
  if (name == "downtime_regulatory") return "downtime until drained";
  return "";
}

/// A table's rows from its columns, the labels first.
class Columns {
 public:
  Columns() { clear(); }
  /// Adds the column, if it fits in; else false.
  bool add(const std::array<std::string, 5>& column) {
    std::size_t width = 0;
    for (const auto& text : column) width = std::max(width, width_of(text));
    const bool fits = width_of(rows_[0]) + kGap.size() + width <= kColumns;
    for (std::size_t row = 0; fits && row < rows_.size(); ++row)
      rows_[row] += std::string(kGap) + pad(column[row], width);
    return fits;
  }
  void end(Lines& lines) {
    for (auto& row : rows_) {
      row.erase(row.find_last_not_of(' ') + 1);
      lines.add(row);
    }
    clear();
  }

 private:
  static constexpr std::string_view kGap = "  ";
  void clear() {
    rows_[0] = "   ";
    for (std::size_t row = 1; row < rows_.size(); ++row) rows_[row] = pad(kLabels[row - 1], 3);
  }
  std::array<std::string, 5> rows_;
};

/// Figures that have no room beside the others stand below them.
void add_quantiles(const MonteCarlo& result, Lines& lines) {
  Columns columns;
  for (const auto& figure : result.figures) {
    if (*heading(figure.name) == '\0' || figure.quantiles.empty()) continue;
    std::array<std::string, 5> column{heading(figure.name)};
    for (std::size_t index = 0; index < figure.quantiles.size(); ++index)
      column[index + 1] = cell(figure.quantiles[index]);
    if (columns.add(column)) continue;
    columns.end(lines);
    (void)columns.add(column);
  }
  columns.end(lines);
}

void add_spread(const SpreadSummary& spread, const char* name, Lines& lines) {
  if (!(spread.deviation_s > 0)) return;
  std::string text;
  std::size_t shown = 0;
  for (const auto& part : spread.parts) {
    if (part.share < kShareLeast || shown == kPartsMax) break;
    text += fmt::format("{}{} {:.0f} %", shown == 0 ? "" : ", ", one_line(part.name), 100 * part.share);
    ++shown;
  }
  lines.add(fmt::format("Spread of {} (standard deviation {}) comes from", name,
                        human_duration(from_seconds(spread.deviation_s))));
  lines.add("  " + text);
}

std::string figure_text(const RunRow& row, const char* name) {
  const RunFigure* figure = row.find(name);
  if (figure == nullptr || !figure->value) return "?";
  return (figure->censored ? ">" : "") + brief(*figure->value);
}

void add_worst(const SimulationReport& report, Lines& lines) {
  if (report.result.worst.empty()) return;
  lines.add("Worst runs (RTO, RPO), and how to look at each");
  for (const RunRow& row : report.result.worst)
    lines.add_whole(fmt::format("  {} {} {}  {}", pad(to_string(row.verdict), 12), pad(figure_text(row, "rto"), 8),
                                pad(figure_text(row, "rpo"), 7), replay_command(report.command, row.seed)));
}

// ---- what if

constexpr std::size_t kChangedMost = 36;  // columns: what the others leave

/// "…log.every=30m": values are what tells rows apart, so paths lose their first names where there is no room.
std::string values_text(const Variation& variation) {
  if (variation.values.empty()) return "as it is";
  auto values = variation.values;
  const auto text_of = [&values] {
    std::string text;
    for (const auto& [path, value] : values)
      text += fmt::format("{}{}={}", text.empty() ? "" : " ", path, one_line(value));
    return text;
  };
  while (width_of(text_of()) > kChangedMost) {
    // Of those that still have more than one name.
    const auto room = [](const auto& each) {
      return each.first.find('.') == std::string::npos ? 0 : each.first.size();
    };
    const auto longest = std::ranges::max_element(values, {}, room);
    if (room(*longest) == 0) break;
    longest->first = "…" + longest->first.substr(longest->first.find('.') + 1);
  }
  return fit(text_of(), kChangedMost);
}

std::string value_at(const MonteCarlo& result, const char* name, std::size_t quantile) {
  for (const auto& figure : result.figures)
    if (figure.name == name && quantile < figure.quantiles.size()) {
      const auto& estimate = figure.quantiles[quantile];
      return (estimate.censored ? ">" : "") + brief(Duration{estimate.value});
    }
  return "?";
}

void add_what_if(const std::vector<Variation>& variations, Lines& lines) {
  if (variations.empty()) return;
  std::size_t width = 8;
  for (const auto& variation : variations) width = std::max(width, width_of(values_text(variation)));
  lines.add(fmt::format("{} {:<23} {:<8} {:<8} {:<8} {}", pad("What if", width), "every objective met", "RTO p50",
                        "RTO p95", "RPO p95", "better/worse"));
  for (const auto& variation : variations) {
    const ShareEstimate& estimate = variation.result.every.odds;
    const std::string met =
        fmt::format("{} ({:.0f}..{:.0f})", percent(estimate.share), 100 * estimate.low, 100 * estimate.high);
    const std::string changed = variation.values.empty() ? "" : fmt::format("{}/{}", variation.better, variation.worse);
    std::string line = fmt::format("{} {:<23} {:<8} {:<8} {:<8} {}", pad(values_text(variation), width), met,
                                   value_at(variation.result, "rto", 1), value_at(variation.result, "rto", 2),
                                   value_at(variation.result, "rpo", 2), changed);
    line.erase(line.find_last_not_of(' ') + 1);
    lines.add(line);
  }
}

}  // namespace

std::string simulation_summary(const SimulationReport& report, const std::string& folder, bool colour) {
  Lines lines;
  const std::string& name = report.title.empty() ? report.scenario : report.title;
  const std::string word = report.stopped ? "STOPPED" : "SIMULATED";
  const std::string of = fmt::format("({}, seeds {} to {})", report.scenario, report.seed_first, report.seed_last);
  const std::string title = word + "  " + one_line(name);
  const bool fits = width_of(title) + 2 + width_of(of) <= kColumns;
  const std::string rest = fit(title, kColumns).substr(word.size());
  lines.add_whole(fmt::format("{}{}{}{}{}{}", colour ? "\033[1m" : "", word, colour ? "\033[0m" : "", rest,
                              fits ? "  " : "\n  ", of));
  if (report.result.runs > 0) {
    add_objectives(report.result, lines);
    add_quantiles(report.result, lines);
    for (const auto& spread : report.result.spread) add_spread(spread, heading(spread.figure), lines);
    add_worst(report, lines);
    add_what_if(report.what_if, lines);
  }
  if (!folder.empty()) lines.add_whole("Reports  " + folder);
  return lines.text();
}

}  // namespace blackstart
