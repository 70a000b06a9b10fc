#include "reports/prediction.h"

#include "reports/figures.h"
#include "reports/monte_carlo.h"
#include "tests/reports/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// What runs foretell whose RTO lies evenly between two bounds.
Json foretold(Duration rto_least, Duration rto_most) {
  std::vector<RunRow> rows;
  for (int run = 0; run <= 100; ++run) {
    RunRow row;
    row.seed = static_cast<std::uint64_t>(run) + 1;
    row.figures = {{"rto", rto_least + (rto_most - rto_least) * run / 100, false},
                   {"rpo", std::nullopt, false},
                   {"mtd", rto_least + (rto_most - rto_least) * run / 100 + 1min, false},
                   {"latency_steady_p99", 1ms + 1us * run, false}};
    row.objectives = {{"rto", "30s", run < 90 ? Outcome::kPass : Outcome::kFail}};
    rows.push_back(row);
  }
  return prediction_json(summarise(rows), 200);
}

/// A drill of which this was foretold: its RTO is 8 s.
ReportData drill_with(const Json& prediction) {
  test::Drill drill;
  drill.event("prediction.made", prediction);
  return test::report_of(drill.steady(20s).fault("primary lost").bad(8s).good(15s).lift().end());
}

PredictedFigure rto_of(const ReportData& data) {
  const auto prediction = prediction_of(data.input());
  if (prediction && !prediction->figures.empty()) return prediction->figures.front();
  ADD_FAILURE() << "nothing was foretold";
  return {};
}

TEST(Prediction, IsSetBesideWhatWasMeasured) {
  const ReportData data = drill_with(foretold(5s, 15s));
  const auto prediction = prediction_of(data.input());
  ASSERT_TRUE(prediction);
  EXPECT_EQ(prediction->runs, 101U);
  EXPECT_EQ(prediction->asked, 200U);
  const PredictedFigure& rto = prediction->figures[0];
  EXPECT_EQ(rto.p5, 5500ms);
  EXPECT_EQ(rto.p50, 10s);
  EXPECT_EQ(rto.p95, 14500ms);
  EXPECT_EQ(rto.measured, headline(data.measurement)->rto.achieved);
  EXPECT_EQ(rto.within, true);
  EXPECT_FALSE(prediction->figures[1].p50) << "no run knew its RPO";
  EXPECT_FALSE(prediction->figures[1].within);
  EXPECT_EQ(prediction->figures[3].p50, 1050us);
  EXPECT_EQ(prediction->objectives[0].name, "rto");
  EXPECT_NEAR(prediction->objectives[0].odds, 90.0 / 101, 1e-12);
}

TEST(Prediction, WhatWasMeasuredOutsideIsSaid) {
  EXPECT_EQ(rto_of(drill_with(foretold(9s, 15s))).within, false);   // quicker
  EXPECT_EQ(rto_of(drill_with(foretold(2s, 6s))).within, false);    // slower
  EXPECT_EQ(rto_of(drill_with(foretold(2s, 8300ms))).within, true)  // by less than the uncertainty of the RTO
      << "p95 is 7.985 s, measured 8 s ± 103 ms";
}

TEST(Prediction, EveryReportShowsIt) {
  const ReportData data = drill_with(foretold(2s, 6s));
  const Json report = Json::parse(report_json(data.input()));
  const Json& rto = report.at("predicted").at("figures")[0];
  EXPECT_EQ(rto.at("name"), "rto");
  EXPECT_EQ(rto.at("p95_ns"), 5'800'000'000);
  EXPECT_EQ(rto.at("measured_ns"), report.at("rto").at("achieved_ns"));
  EXPECT_EQ(rto.at("within"), false);
  EXPECT_EQ(report.at("predicted").at("runs"), 101);
  const std::string markdown = report_markdown(data.input());
  EXPECT_THAT(markdown, HasSubstr("## Predicted and measured"));
  EXPECT_THAT(markdown, HasSubstr("| RTO | 2.2 s | 4 s | 5.8 s | 8 s |"));
  EXPECT_THAT(markdown, HasSubstr("| MTD | 1m 02s | 1m 04s | 1m 06s |"));
  const std::string terminal = terminal_summary(data.input(), {});
  EXPECT_THAT(terminal, HasSubstr("2.2 s..5.8 s"));
  EXPECT_THAT(terminal, HasSubstr("8 s !"));
  EXPECT_THAT(terminal, HasSubstr("(p5..p95 of 101 runs)"));
}

TEST(Prediction, WithoutOneNothingIsSaid) {
  const ReportData data = test::report_of(test::sample_passed());
  EXPECT_FALSE(prediction_of(data.input()));
  EXPECT_TRUE(Json::parse(report_json(data.input())).at("predicted").is_null());
  EXPECT_THAT(report_markdown(data.input()), Not(HasSubstr("Predicted")));
  EXPECT_THAT(terminal_summary(data.input(), {}), Not(HasSubstr("Foretold")));
}

TEST(Prediction, OneThatCannotBeReadIsNoReport) {
  test::Drill drill;
  drill.event("prediction.made", {{"runs", "many"}}).steady(20s).fault("primary lost").bad(8s).good(15s).lift().end();
  const auto data = load_report(test::journal_of(drill));
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().message, HasSubstr("prediction.made"));
}

TEST(Prediction, ALowerBoundForetoldOrMeasuredIsTakenAsOne) {
  Json prediction = foretold(2s, 6s);
  prediction["figures"][0]["quantiles"][2]["censored"] = true;  // p95 may be anything above 5.8 s
  const PredictedFigure rto = rto_of(drill_with(prediction));
  EXPECT_EQ(rto.within, true);
  EXPECT_EQ(predicted_text(rto), "2.2 s..>5.8 s");
}

}  // namespace
}  // namespace blackstart
