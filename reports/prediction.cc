#include "reports/prediction.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/units.h"
#include "reports/figures.h"
#include "reports/monte_carlo.h"

namespace blackstart {
namespace {

Duration uncertainty_of(const Measurement& measurement, std::string_view figure) {
  const Incident* incident = headline(measurement);
  if (incident == nullptr) return Duration{};
  if (figure == "rpo") return incident->rpo.uncertainty;
  const bool from_bins = figure == "rto" || figure.starts_with("downtime");
  return from_bins ? incident->rto.uncertainty : Duration{};
}

std::optional<bool> lies_within(const PredictedFigure& figure, Duration uncertainty) {
  if (!figure.p5 || !figure.p95 || !figure.measured) return std::nullopt;
  if (*figure.measured - uncertainty > *figure.p95 && !figure.censored) return false;
  if (figure.measured_censored) return std::nullopt;  // it may be anything above
  return *figure.measured + uncertainty >= *figure.p5;
}

PredictedFigure figure_from(const Json& json) {
  PredictedFigure figure;
  figure.name = json.at("name").get<std::string>();
  const bool measured = json.at("unknown").get<std::uint64_t>() < json.at("runs").get<std::uint64_t>();
  for (const Json& quantile : json.at("quantiles")) {
    const double share = quantile.at("p").get<double>();
    const Duration value{quantile.at("value_ns").get<std::int64_t>()};
    if (!measured) continue;
    if (share == 0.05) figure.p5 = value;
    if (share == 0.5) figure.p50 = value;
    if (share == 0.95) {
      figure.p95 = value;
      figure.censored = quantile.at("censored").get<bool>();
    }
  }
  return figure;
}

PredictedOdds odds_from(const Json& json) {
  const Json& interval = json.at("odds_95");
  return {json.at("name").get<std::string>(), json.value("target", std::string()), json.at("odds").get<double>(),
          interval.at(0).get<double>(), interval.at(1).get<double>()};
}

Prediction prediction_from(const Json& body) {
  Prediction prediction;
  prediction.runs = body.at("runs").get<std::uint64_t>();
  prediction.asked = body.at("asked").get<std::uint64_t>();
  for (const Json& figure : body.at("figures")) prediction.figures.push_back(figure_from(figure));
  for (const Json& objective : body.at("objectives")) prediction.objectives.push_back(odds_from(objective));
  return prediction;
}

}  // namespace

Result<std::optional<Prediction>> read_prediction(const Journal& journal, const Measurement& measurement,
                                                  const Verdict& verdict) {
  const Event* event = journal.first("prediction.made");
  if (event == nullptr) return std::optional<Prediction>();
  Prediction prediction;
  try {
    prediction = prediction_from(event->body);
  } catch (const Json::exception& error) {
    return fail(ErrorCode::kInvalid, fmt::format("reading line {} of the journal (prediction.made): {}; it was not "
                                                 "written by this version of blackstart",
                                                 event->seq, error.what()));
  }
  const RunRow measured = run_row(0, measurement, verdict);
  for (PredictedFigure& figure : prediction.figures) {
    if (const RunFigure* found = measured.find(figure.name)) {
      figure.measured = found->value;
      figure.measured_censored = found->censored;
    }
    figure.within = lies_within(figure, uncertainty_of(measurement, figure.name));
  }
  return std::optional(std::move(prediction));
}

std::optional<Prediction> prediction_of(const ReportInput& input) {
  auto prediction = read_prediction(input.journal, input.measurement, input.verdict);
  return prediction ? std::move(*prediction) : std::nullopt;
}

Json predicted_json(const std::optional<Prediction>& prediction) {
  if (!prediction) return nullptr;
  const auto ns = [](const std::optional<Duration>& length) { return length ? Json(to_ns(*length)) : Json(nullptr); };
  Json json = {{"runs", prediction->runs},
               {"asked", prediction->asked},
               {"figures", Json::array()},
               {"objectives", Json::array()}};
  for (const PredictedFigure& figure : prediction->figures)
    json["figures"].push_back({{"name", figure.name},
                               {"p5_ns", ns(figure.p5)},
                               {"p50_ns", ns(figure.p50)},
                               {"p95_ns", ns(figure.p95)},
                               {"p95_censored", figure.censored},
                               {"measured_ns", ns(figure.measured)},
                               {"measured_censored", figure.measured_censored},
                               {"within", figure.within ? Json(*figure.within) : Json(nullptr)}});
  for (const PredictedOdds& odds : prediction->objectives)
    json["objectives"].push_back(
        {{"name", odds.name}, {"target", odds.target}, {"odds", odds.odds}, {"odds_95", {odds.low, odds.high}}});
  return json;
}

std::string figure_label(std::string_view name) {
  if (name == "rto") return "RTO";
  if (name == "rpo") return "RPO";
  if (name == "mtd") return "MTD";
  if (name == "downtime_service_level") return "downtime";
  if (name == "downtime_regulatory") return "downtime until drained";
  if (name == "latency_steady_p99") return "steady p99";
  return "";
}

std::string predicted_text(const PredictedFigure& figure) {
  if (!figure.p5 || !figure.p95) return "–";
  return fmt::format("{}..{}{}", length_text(*figure.p5), figure.censored ? ">" : "", length_text(*figure.p95));
}

std::string measured_text(const PredictedFigure& figure) {
  if (!figure.measured) return "–";
  return (figure.measured_censored ? "> " : "") + length_text(*figure.measured);
}

}  // namespace blackstart
