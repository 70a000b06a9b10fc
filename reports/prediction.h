#pragma once
// What simulated runs foretold of a live drill (the journal's prediction.made), beside what was then measured. Pure.

#include "reports/report.h"

#include <optional>
#include <string>
#include <vector>

namespace blackstart {

/// One figure, as `simulate` names it ("rto", "latency_steady_p99"); 9 runs of 10 lay between p5 and p95.
struct PredictedFigure {
  std::string name;
  std::optional<Duration> p5, p50, p95;  // empty: no run measured it
  bool censored = false;                 // p95 is a lower bound
  std::optional<Duration> measured;      // empty: the drill did not
  bool measured_censored = false;
  /// Whether what was measured, with its uncertainty, reaches into p5..p95; empty where one of the two is not known.
  std::optional<bool> within;
};
struct PredictedOdds {
  std::string name, target;
  double odds = 0, low = 0, high = 1;  // 95 % interval
};
struct Prediction {
  std::uint64_t runs = 0, asked = 0;
  std::vector<PredictedFigure> figures;
  std::vector<PredictedOdds> objectives;
};

/// Nothing where the journal holds none. kInvalid names what of it cannot be read.
Result<std::optional<Prediction>> read_prediction(const Journal& journal, const Measurement& measurement,
                                                  const Verdict& verdict);

/// The same of a journal that load_report() has accepted.
std::optional<Prediction> prediction_of(const ReportInput& input);

/// report.json's "predicted"; null without a prediction.
Json predicted_json(const std::optional<Prediction>& prediction);

/// "RTO", "steady p99"; empty for a figure that has no name for people.
std::string figure_label(std::string_view name);
/// "5.9 s..7.7 s"; "–" where nothing is known.
std::string predicted_text(const PredictedFigure& figure);
/// "6.3 s"; "> 41 s" where it is censored.
std::string measured_text(const PredictedFigure& figure);

}  // namespace blackstart
