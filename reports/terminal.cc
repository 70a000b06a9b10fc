// The summary at the end of a drill: one screen, for someone who has just been woken up.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.h"
#include "base/units.h"
#include "reports/components.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "reports/prediction.h"

namespace blackstart {
namespace {

constexpr std::size_t kLinesMax = 24;
constexpr std::size_t kColumns = 100;
constexpr std::size_t kReasonsMax = 3;
constexpr std::size_t kBarWidth = 30;
constexpr std::size_t kErrorLinesMax = 10;
constexpr std::size_t kErrorHeadLines = 3;

struct Line {
  std::string text;
  std::string colour;  // of the first `coloured` bytes
  std::size_t coloured = 0;
};

class Screen {
 public:
  void add(std::string text, std::string colour = "", std::size_t coloured = 0) {
    lines_.push_back({std::move(text), std::move(colour), coloured});
  }
  [[nodiscard]] std::size_t left(std::size_t reserved) const {
    const std::size_t used = lines_.size() + reserved;
    return used < kLinesMax ? kLinesMax - used : 0;
  }
  [[nodiscard]] std::string text(bool colour) const {
    std::string out;
    for (const Line& line : lines_) {
      const std::string fitted = fit(one_line_kept(line.text), kColumns);
      const std::size_t coloured = std::min(line.coloured, fitted.size());
      if (colour && coloured > 0)
        out += line.colour + fitted.substr(0, coloured) + "\033[0m" + fitted.substr(coloured) + "\n";
      else
        out += fitted + "\n";
    }
    return out;
  }

 private:
  /// As one_line(), with the indentation kept.
  static std::string one_line_kept(const std::string& text) {
    const std::size_t indent = std::min(text.find_first_not_of(' '), text.size());
    return std::string(indent, ' ') + one_line(text.substr(indent));
  }
  std::vector<Line> lines_;
};

const char* colour_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "\033[1;32m";
    case Outcome::kFail:
      return "\033[1;31m";
    case Outcome::kInconclusive:
      break;
  }
  return "\033[1;33m";
}

std::string word_of(const Verdict& verdict) {
  switch (verdict.outcome) {
    case Outcome::kPass:
      return "PASS";
    case Outcome::kFail:
      return "FAIL";
    case Outcome::kInconclusive:
      break;
  }
  return "INCONCLUSIVE";
}

/// Bytes of the longest beginning of `text` with at most `width` characters.
std::size_t bytes_of(std::string_view text, std::size_t width) {
  std::size_t end = 0, characters = 0;
  for (; end < text.size(); ++end) {
    const bool begins = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (begins && ++characters > width) break;
  }
  return end;
}

/// As many lines as it takes, broken at line breaks and between words, and within a word only where that is too long.
std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  for (const auto& part : split(text, '\n')) {
    std::string left = one_line(part);
    while (width_of(left) > width) {
      std::size_t end = bytes_of(left, width + 1);
      const std::size_t space = left.rfind(' ', end - 1);
      end = space == std::string::npos || space == 0 ? bytes_of(left, width) : space;
      lines.push_back(left.substr(0, end));
      left.erase(0, left[end] == ' ' ? end + 1 : end);
    }
    if (!left.empty()) lines.push_back(std::move(left));
  }
  return lines;
}

/// Why there is no drill: whole, since nothing else on the screen says it. A log's end goes on at its own end.
void add_error(const std::string& reason, Screen& screen) {
  const auto lines = wrapped(reason, kColumns - 4);
  const std::size_t cut = lines.size() > kErrorLinesMax ? lines.size() - kErrorLinesMax : 0;
  for (std::size_t index = 0; index < lines.size(); ++index) {
    if (cut > 0 && index == kErrorHeadLines) {
      screen.add(fmt::format("    … {} lines, in report.md", cut));
      index += cut;
    }
    screen.add((index == 0 ? "  - " : "    ") + lines[index]);
  }
}

/// Breaks a long reason once, between words.
void add_reason(const std::string& reason, Screen& screen) {
  const std::string line = "  - " + one_line(reason);
  if (width_of(line) <= kColumns) return screen.add(line);
  const std::size_t space = line.rfind(' ', kColumns - 1);
  if (space == std::string::npos || space < kColumns / 2) return screen.add(line);
  screen.add(line.substr(0, space));
  screen.add("    " + line.substr(space + 1));
}

void add_verdict(const ReportInput& input, Screen& screen) {
  const DrillHead head = drill_head(input.journal);
  const std::string word = word_of(input.verdict);
  const std::string& title = input.spec.scenario.title;
  screen.add(fmt::format("{}  {}  ({}, {}, seed {})", word, title.empty() ? head.scenario : title, head.scenario,
                         head.driver.empty() ? head.world : head.driver, head.seed),
             colour_of(input.verdict.outcome), word.size());
  const auto& reasons = input.verdict.reasons;
  const std::string& error = input.measurement.abort_reason;
  for (std::size_t index = 0; index < std::min(reasons.size(), kReasonsMax); ++index)
    if (!error.empty() && reasons[index].ends_with(error))
      add_error(reasons[index], screen);
    else
      add_reason(reasons[index], screen);
  if (reasons.size() > kReasonsMax)
    screen.add(fmt::format("  - and {} more, in report.md", reasons.size() - kReasonsMax));
}

void add_objective(const char* label, const ReportInput& input, const std::optional<Duration>& achieved,
                   const std::optional<Duration>& target, Screen& screen) {
  std::string name = label;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const Judgement* judgement = find_judgement(input.verdict, "objective", name);
  if (judgement == nullptr || !target) return;
  std::string figure = judgement->achieved;
  if (!judgement->uncertainty.empty() && achieved) figure += " ± " + judgement->uncertainty;
  const std::string gap(width_of(figure) < 26 ? 26 - width_of(figure) : 1, ' ');
  screen.add(fmt::format("{:<4} target {:<8} achieved {}{} {}", label, judgement->target, figure, gap,
                         by_how_much(achieved, *target, *judgement)),
             colour_of(judgement->outcome), 4);
}

void add_objectives(const ReportInput& input, Screen& screen) {
  const Objectives& targets = input.spec.scenario.objectives;
  const Incident* incident = headline(input.measurement);
  const auto rto = incident == nullptr ? std::nullopt : incident->rto.achieved;
  const auto rpo = incident == nullptr ? std::nullopt : incident->rpo.achieved;
  add_objective("RTO", input, rto, targets.rto ? std::optional(targets.rto->within) : std::nullopt, screen);
  add_objective("RPO", input, rpo, targets.rpo, screen);
  const auto mtd = incident == nullptr ? std::nullopt : mtd_achieved(*incident);
  add_objective("MTD", input, mtd, targets.mtd, screen);
}

constexpr std::size_t kComponentsMost = 4;

void add_components(const ReportInput& input, Screen& screen) {
  for (const ComponentLine& line : component_lines(input, kComponentsMost))
    screen.add(line.text, colour_of(line.outcome), line.coloured);
}

/// Two columns side by side: what simulated runs foretold, and what was measured; an ! where the two part.
void add_predicted(const ReportInput& input, Screen& screen) {
  const auto prediction = prediction_of(input);
  if (!prediction) return;
  std::string head = "         ", predicted = "Foretold ", measured = "Measured ";
  for (const PredictedFigure& figure : prediction->figures) {
    const bool elsewhere = figure.name == "mtd" || figure.name == "downtime_regulatory";  // report.md has the room
    const bool shown = !elsewhere && !figure_label(figure.name).empty();
    if (!shown) continue;
    const std::string columns[] = {figure_label(figure.name), predicted_text(figure),
                                   measured_text(figure) + (figure.within.value_or(true) ? "" : " !")};
    std::size_t width = 0;
    for (const auto& column : columns) width = std::max(width, width_of(column));
    std::string* const lines[] = {&head, &predicted, &measured};
    for (std::size_t index = 0; index < std::size(lines); ++index)
      *lines[index] += columns[index] + std::string(width - width_of(columns[index]) + 2, ' ');
  }
  screen.add(head + fmt::format("(p5..p95 of {} runs)", human_count(prediction->runs)));
  screen.add(predicted.substr(0, predicted.find_last_not_of(' ') + 1));
  screen.add(measured.substr(0, measured.find_last_not_of(' ') + 1));
}

void add_bids(const Measurement& measurement, Screen& screen) {
  const BidTotals& all = measurement.bids.all;
  screen.add(fmt::format("Bids offered {}  acknowledged {}  refused {}  indeterminate {}  unsent {}",
                         human_count(all.offered), human_count(all.acknowledged), human_count(all.refused),
                         human_count(all.indeterminate), human_count(all.unsent_no_connection + all.unsent_generator)));
  if (!measurement.read_back || !measurement.read_back->complete) {
    screen.add("     what is stored is not known: no complete read-back");
    return;
  }
  const ReadBackResult& stored = *measurement.read_back;
  screen.add(fmt::format("     kept {}  lost {} ({} after the fault, {} rolled back)", human_count(stored.kept),
                         human_count(stored.lost), human_count(stored.lost_after_fault),
                         human_count(stored.rolled_back)));
  screen.add(fmt::format("     corrupted {}  phantom {}  duplicated {}  resurrected {}  indeterminate and stored {}",
                         human_count(stored.corrupted), human_count(stored.phantom), human_count(stored.duplicated),
                         human_count(stored.resurrected), human_count(stored.recovered)));
}

char sign_of(std::string_view part) {
  if (part == "detect") return '?';
  if (part == "respond") return '!';
  if (part == "recover") return '#';
  return part == "restore" ? '=' : '~';
}

/// One bar for the whole, a sign for each part, at least one character where it took any time.
void add_time(const Measurement& measurement, Screen& screen) {
  const auto parts = where_time_went(measurement);
  Duration whole{};
  for (const TimePart& part : parts) whole += part.length;
  if (whole <= Duration{}) return;
  std::string bar, legend;
  for (const TimePart& part : parts) {
    if (part.length == Duration{}) continue;
    const auto cells = static_cast<std::size_t>(std::llround(to_seconds(part.length) / to_seconds(whole) * kBarWidth));
    bar += std::string(std::max<std::size_t>(1, cells), sign_of(part.name));
    legend +=
        fmt::format("{}{} {} {}", legend.empty() ? "" : "   ", sign_of(part.name), part.name, length_text(part.length));
  }
  screen.add(fmt::format("Time [{}]", bar));
  screen.add("     " + legend);
}

void add_latency(const Measurement& measurement, Screen& screen) {
  std::string text;
  const auto add = [&](const char* phase, const Histogram& histogram) {
    if (histogram.empty()) return;
    text += fmt::format("{}{} {}/{}", text.empty() ? "" : "  ", phase, length_text(histogram.percentile(50)),
                        length_text(histogram.percentile(99)));
  };
  add("steady", measurement.latency.steady);
  add("impact", measurement.latency.impact);
  add("after", measurement.latency.after);
  if (!text.empty()) screen.add("Latency p50/p99  " + text);
}

void add_checks(const Verdict& verdict, Screen& screen) {
  std::string text;
  for (const char* group : {"threshold", "limit", "validation", "expectation", "deadline"}) {
    std::size_t all = 0, met = 0;
    for (const Judgement& judgement : verdict.judgements)
      if (judgement.group == group) {
        ++all;
        met += judgement.outcome == Outcome::kPass ? 1 : 0;
      }
    if (all > 0) text += fmt::format("{}{}s {} of {}", text.empty() ? "" : "   ", group, met, all);
  }
  if (!text.empty()) screen.add("Met: " + text);
}

std::string step_line(const StepRecord& step, Instant ended) {
  const std::string took = step.started ? length_text(step.ended.value_or(ended) - *step.started) : "–";
  const std::string budget = step.budget ? " of " + spell_duration(*step.budget) : "";
  const std::string outcome = step.outcome.empty() ? "not ended" : step.outcome;
  return fmt::format("  {:<11} {:<20} {}{}", outcome, took + budget, one_line(step.title),
                     step.after_end ? " (after the end)" : "");
}

void add_steps(const Measurement& measurement, std::size_t reserved, Screen& screen) {
  const auto& steps = measurement.steps;
  const std::size_t room = screen.left(reserved);
  if (steps.empty() || room < 2) return;
  screen.add("Steps");
  const bool all_fit = steps.size() <= room - 1;
  const std::size_t shown = all_fit ? steps.size() : room - 2;
  for (std::size_t index = 0; index < shown; ++index) screen.add(step_line(steps[index], measurement.ended));
  if (!all_fit) screen.add(fmt::format("  and {} more, in report.md", steps.size() - shown));
}

}  // namespace

std::string terminal_summary(const ReportInput& input, const TerminalStyle& style) {
  Screen screen;
  add_verdict(input, screen);
  add_objectives(input, screen);
  add_components(input, screen);
  add_predicted(input, screen);
  add_bids(input.measurement, screen);
  add_time(input.measurement, screen);
  add_latency(input.measurement, screen);
  add_checks(input.verdict, screen);
  const std::size_t reserved = style.folder.empty() ? 1 : 2;
  add_steps(input.measurement, reserved, screen);
  screen.add("Evidence " + input.journal.head);
  if (!style.folder.empty()) screen.add("Reports  " + style.folder);
  return screen.text(style.colour);
}

}  // namespace blackstart
