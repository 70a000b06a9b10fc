#include "reports/monte_carlo.h"

#include <algorithm>
#include <tuple>

namespace blackstart {
namespace {

constexpr std::size_t kWorst = 5;

void count(ObjectiveSummary& summary, Outcome outcome, bool censored) {
  switch (outcome) {
    case Outcome::kPass:
      ++summary.met;
      break;
    case Outcome::kFail:
      ++summary.missed;
      break;
    case Outcome::kInconclusive:
      ++summary.inconclusive;
      break;
  }
  if (censored) ++summary.censored;
}

void estimate(ObjectiveSummary& summary) {
  summary.odds = wilson_95(summary.met, summary.met + summary.missed + summary.inconclusive);
}

ObjectiveSummary summarise_verdicts(const std::vector<RunRow>& rows) {
  ObjectiveSummary every;
  every.name = "every objective";
  for (const RunRow& row : rows) {
    const bool censored = std::any_of(row.figures.begin(), row.figures.end(), [](const auto& f) { return f.censored; });
    count(every, row.verdict, censored);
  }
  estimate(every);
  return every;
}

std::vector<ObjectiveSummary> summarise_objectives(const std::vector<RunRow>& rows) {
  std::vector<ObjectiveSummary> summaries;
  for (const RunRow& row : rows) {
    for (const RunObjective& objective : row.objectives) {
      auto found = std::find_if(summaries.begin(), summaries.end(),
                                [&](const ObjectiveSummary& summary) { return summary.name == objective.name; });
      if (found == summaries.end()) {
        ObjectiveSummary summary;
        summary.name = objective.name;
        summary.target = objective.target;
        found = summaries.insert(found, std::move(summary));
      }
      const RunFigure* figure = row.find(objective.name);
      count(*found, objective.outcome, figure != nullptr && figure->censored);
    }
  }
  std::for_each(summaries.begin(), summaries.end(), estimate);
  return summaries;
}

FigureSummary summarise_figure(const std::vector<RunRow>& rows, const std::string& name) {
  FigureSummary summary;
  summary.name = name;
  BoundedSample sample;
  for (const RunRow& row : rows) {
    const RunFigure* figure = row.find(name);
    if (figure == nullptr) continue;
    ++summary.runs;
    if (!figure->value) ++summary.unknown;
    if (figure->value && !figure->censored)
      sample.add(to_ns(*figure->value));
    else
      sample.add_censored(to_ns(figure->value.value_or(Duration{})));
  }
  if (sample.size() == 0) return summary;
  summary.censored = sample.censored() - summary.unknown;
  summary.min = Duration{sample.min()};
  summary.max = Duration{sample.max()};
  summary.quantiles = sample.quantiles({std::begin(kQuantiles), std::end(kQuantiles)});
  return summary;
}

std::vector<FigureSummary> summarise_figures(const std::vector<RunRow>& rows) {
  std::vector<FigureSummary> summaries;
  for (const RunRow& row : rows)
    for (const RunFigure& figure : row.figures) {
      const bool known = std::any_of(summaries.begin(), summaries.end(),
                                     [&](const FigureSummary& summary) { return summary.name == figure.name; });
      if (!known) summaries.push_back(summarise_figure(rows, figure.name));
    }
  return summaries;
}

/// Of the runs whose figure was measured, whether or not any part of it is there (a figure of 0 has none).
SpreadSummary summarise_spread(const std::vector<RunRow>& rows, const std::string& figure,
                               std::vector<RunPart> RunRow::*parts) {
  SpreadSummary spread;
  spread.figure = figure;
  std::vector<double> whole;
  std::vector<std::vector<double>> columns;
  for (const RunRow& row : rows) {
    const RunFigure* found = row.find(figure);
    if (found == nullptr || !found->value || found->censored) continue;
    whole.push_back(to_seconds(*found->value));
    for (auto& column : columns) column.push_back(0);
    for (const RunPart& part : row.*parts) {
      auto at = std::find_if(spread.parts.begin(), spread.parts.end(),
                             [&](const PartSummary& summary) { return summary.name == part.name; });
      if (at == spread.parts.end()) {
        at = spread.parts.insert(at, PartSummary{part.name, 0, 0});
        columns.emplace_back(whole.size(), 0.0);
      }
      columns[static_cast<std::size_t>(at - spread.parts.begin())].back() += to_seconds(part.length);
    }
  }
  spread.runs = whole.size();
  spread.deviation_s = deviation_of(whole);
  const std::vector<double> shares = variance_shares(columns, whole);
  for (std::size_t index = 0; index < columns.size(); ++index) {
    spread.parts[index].mean_s = mean_of(columns[index]);
    spread.parts[index].share = shares[index];
  }
  std::stable_sort(spread.parts.begin(), spread.parts.end(),
                   [](const PartSummary& a, const PartSummary& b) { return a.share > b.share; });
  return spread;
}

/// What makes a run worse than another, most weighty first: verdict, then RTO, then RPO; what is not known weighs most.
auto badness(const RunRow& row) {
  const auto weight = [&](const char* name) {
    const RunFigure* figure = row.find(name);
    if (figure == nullptr || !figure->value) return std::tuple(1, Duration{});
    return std::tuple(figure->censored ? 1 : 0, *figure->value);
  };
  return std::tuple(row.verdict, weight("rto"), weight("rpo"));
}

std::vector<RunRow> find_worst(std::vector<RunRow> rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const RunRow& a, const RunRow& b) { return badness(b) < badness(a); });
  if (rows.size() > kWorst) rows.resize(kWorst);
  return rows;
}

}  // namespace

MonteCarlo summarise(const std::vector<RunRow>& rows) {
  MonteCarlo result;
  result.runs = rows.size();
  result.every = summarise_verdicts(rows);
  result.objectives = summarise_objectives(rows);
  result.figures = summarise_figures(rows);
  result.spread.push_back(summarise_spread(rows, "rto", &RunRow::rto_parts));
  result.spread.push_back(summarise_spread(rows, "rpo", &RunRow::rpo_parts));
  result.worst = find_worst(rows);
  return result;
}

}  // namespace blackstart
