#include "reports/monte_carlo.h"

#include "base/text.h"
#include "reports/escape.h"
#include "reports/figures.h"
#include "tests/reports/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace blackstart {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr Duration kTarget = 10min;

/// A run whose RTO is detection and promotion.
RunRow run(std::uint64_t seed, Duration detection, Duration promote, bool censored = false) {
  RunRow row;
  row.seed = seed;
  const Duration rto = detection + promote;
  row.verdict = censored ? Outcome::kInconclusive : rto > kTarget ? Outcome::kFail : Outcome::kPass;
  row.figures = {{"rto", rto, censored}, {"rpo", Duration{}, false}};
  row.objectives = {{"rto", "10m", row.verdict}};
  if (!censored) row.rto_parts = {{"detection", detection}, {"Promote", promote}};
  return row;
}

std::vector<RunRow> twenty() {
  std::vector<RunRow> rows;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) rows.push_back(run(seed, 3s, Duration{seed * 1min} - 3s));
  return rows;
}

SimulationReport report_of(const std::vector<RunRow>& rows) {
  SimulationReport report;
  report.scenario = "demo";
  report.title = "Primary lost";
  report.seed_last = rows.size();
  report.command = "blackstart run demo --world sim";
  report.result = summarise(rows);
  return report;
}

TEST(MonteCarlo, CountsWhatIsMet) {
  const MonteCarlo result = summarise(twenty());
  ASSERT_EQ(result.objectives.size(), 1u);
  EXPECT_EQ(result.objectives[0].met, 10u);
  EXPECT_EQ(result.objectives[0].missed, 10u);
  EXPECT_DOUBLE_EQ(result.objectives[0].odds.share, 0.5);
  EXPECT_EQ(result.every.met, 10u);
}

TEST(MonteCarlo, ACensoredRunIsAMissAndIsShown) {
  auto rows = twenty();
  rows.resize(9);
  rows.push_back(run(10, 3s, 5min, true));  // its bound lies within the objective: nobody knows
  const MonteCarlo result = summarise(rows);
  EXPECT_EQ(result.objectives[0].met, 9u);
  EXPECT_EQ(result.objectives[0].inconclusive, 1u);
  EXPECT_EQ(result.objectives[0].censored, 1u);
  EXPECT_DOUBLE_EQ(result.objectives[0].odds.share, 0.9);
  EXPECT_EQ(result.figures[0].censored, 1u);
  EXPECT_EQ(result.worst.front().seed, 10u);
  EXPECT_EQ(result.spread[0].runs, 9u);
  EXPECT_THAT(simulation_summary(report_of(rows), "", false), HasSubstr("1 cannot be told; 1 censored"));
}

TEST(MonteCarlo, ARunWithoutAFigureMayBeAnything) {
  auto rows = twenty();
  rows[19].figures[0].value.reset();
  const FigureSummary rto = summarise(rows).figures[0];
  EXPECT_EQ(rto.unknown, 1u);
  EXPECT_EQ(rto.censored, 0u);
  EXPECT_TRUE(rto.quantiles[1].censored);
}

TEST(MonteCarlo, AQuantileThatFallsOnRunsWithoutTheFigureIsNotKnown) {
  auto rows = twenty();
  for (RunRow& row : rows) row.figures[1].value.reset();
  EXPECT_THAT(simulation_summary(report_of(rows), "", false), Not(HasSubstr(">0s"))) << "no run knows its RPO";
  rows = twenty();
  rows[19].figures[0].value.reset();
  const std::string one = simulation_summary(report_of(rows), "", false);
  EXPECT_THAT(one, Not(HasSubstr(">0s"))) << "one in twenty does not know its RTO";
  EXPECT_THAT(one, HasSubstr("p5   ? "));
  EXPECT_THAT(one, HasSubstr("p50  >9m00s"));
}

TEST(MonteCarlo, QuantilesOfTheRuns) {
  const FigureSummary rto = summarise(twenty()).figures[0];
  EXPECT_EQ(rto.name, "rto");
  EXPECT_EQ(rto.min, 1min);
  EXPECT_EQ(rto.max, 20min);
  EXPECT_EQ(Duration{rto.quantiles[1].value}, 10min);
  EXPECT_EQ(Duration{*rto.quantiles[1].low}, 6min);
  EXPECT_EQ(Duration{*rto.quantiles[1].high}, 15min);
  EXPECT_FALSE(rto.quantiles[3].high);  // 20 runs cannot bound a 99th percentile from above
}

TEST(MonteCarlo, TheSpreadComesFromWhatVaries) {
  const SpreadSummary spread = summarise(twenty()).spread[0];
  ASSERT_EQ(spread.parts.size(), 2u);
  EXPECT_EQ(spread.parts[0].name, "Promote");
  EXPECT_NEAR(spread.parts[0].share, 1, 1e-12);
  EXPECT_NEAR(spread.parts[1].share, 0, 1e-12);
  EXPECT_NEAR(spread.parts[1].mean_s, 3, 1e-9);
}

/// A step that only some runs needed is 0 in the others.
TEST(MonteCarlo, APartThatIsMissingIsZero) {
  std::vector<RunRow> rows{run(1, 1s, 1min), run(2, 1s, 1min), run(3, 1s, 1min)};
  rows[1].figures[0].value = 61s + 30min;
  rows[1].rto_parts.push_back({"Restore", 30min});
  const SpreadSummary spread = summarise(rows).spread[0];
  EXPECT_EQ(spread.parts[0].name, "Restore");
  EXPECT_NEAR(spread.parts[0].share, 1, 1e-12);
  EXPECT_NEAR(spread.parts[0].mean_s, 600, 1e-9);
}

TEST(MonteCarlo, TheFiveWorstWithTheirCommand) {
  const MonteCarlo result = summarise(twenty());
  std::vector<std::uint64_t> seeds;
  for (const RunRow& row : result.worst) seeds.push_back(row.seed);
  EXPECT_EQ(seeds, (std::vector<std::uint64_t>{20, 19, 18, 17, 16}));
  const std::string text = simulation_summary(report_of(twenty()), "out", false);
  EXPECT_THAT(text, HasSubstr("blackstart run demo --world sim --seed 20\n"));
}

TEST(MonteCarlo, OneScreen) {
  const std::string text = simulation_summary(report_of(twenty()), "out", false);
  const auto lines = split(text, '\n');
  EXPECT_LE(lines.size(), 25u);  // the last is empty
  for (const auto line : lines) EXPECT_LE(line.size(), 100u) << line;
  EXPECT_THAT(text, HasSubstr("rto 10m"));
  EXPECT_THAT(text, HasSubstr("50.0 % (29.9 %..70.1 %)"));
}

TEST(MonteCarlo, AllMetSaysWhatThatProves) {
  auto rows = twenty();
  rows.resize(10);
  EXPECT_THAT(simulation_summary(report_of(rows), "", false), HasSubstr("10 of 10 prove a chance of at least 74.1 %"));
}

/// Rows differ by their values: where there is no room, paths lose their first names.
TEST(MonteCarlo, WhatIfShowsEveryValue) {
  auto report = report_of(twenty());
  const auto add = [&report](std::vector<std::pair<std::string, std::string>> values) {
    report.what_if.push_back({.values = std::move(values), .command = "c", .result = report.result});
  };
  add({{"people.decide", "5m"}});
  add({{"target.services.postgresql.backups.log.every", "30m"}});
  add({{"target.services.postgresql.backups.log.every", "1m"}, {"people.assemble.p95", "15m"}});
  add({{"load", std::string(60, 'x')}});
  const std::string text = simulation_summary(report, "", false);
  EXPECT_THAT(text, HasSubstr("\npeople.decide=5m "));
  EXPECT_THAT(text, HasSubstr("\n…postgresql.backups.log.every=30m "));
  EXPECT_THAT(text, HasSubstr("\n…log.every=1m …assemble.p95=15m "));
  EXPECT_THAT(text, HasSubstr("\nload=xxx"));
  EXPECT_THAT(text, HasSubstr("better/worse\n"));
  for (const auto line : split(text, '\n')) EXPECT_LE(width_of(line), 100u) << line;
}

/// What has no room beside the rest stands below it, whole.
TEST(MonteCarlo, SummaryCutsNoFigure) {
  auto report = report_of(twenty());
  report.title = std::string(70, 't');
  FigureSummary figure = report.result.figures.front();
  report.result.figures.clear();
  for (auto& quantile : figure.quantiles)
    quantile = {.value = 86'399'000'000'000, .low = 1, .high = 86'399'000'000'000};
  for (const char* name : {"rto", "rpo", "downtime_service_level", "downtime_regulatory"}) {
    figure.name = name;
    report.result.figures.push_back(figure);
  }
  const std::string text = simulation_summary(report, "", false);
  EXPECT_THAT(text, HasSubstr("SIMULATED  " + std::string(70, 't') + "\n  (demo, seeds 1 to 20)\n"));
  EXPECT_THAT(text, HasSubstr("downtime until drained\n"));
  EXPECT_EQ(text.find("…"), std::string::npos) << text;
  for (const auto line : split(text, '\n')) EXPECT_LE(width_of(line), 100u) << line;
}

TEST(MonteCarlo, JsonHoldsIt) {
  auto report = report_of(twenty());
  report.what_if.push_back({.values = {{"people.decide", "5m"}}, .command = "c", .result = report.result});
  const auto json = nlohmann::json::parse(simulation_json(report));
  EXPECT_EQ(json["blackstart"], 1);
  EXPECT_EQ(json["objectives"][0]["met"], 10);
  EXPECT_EQ(json["figures"][0]["quantiles"][1]["value_ns"], 600'000'000'000);
  EXPECT_TRUE(json["figures"][0]["quantiles"][3]["high_ns"].is_null());
  EXPECT_EQ(json["worst"][0]["command"], "blackstart run demo --world sim --seed 20");
  EXPECT_EQ(json["what_if"][0]["values"]["people.decide"], "5m");
  EXPECT_EQ(json["spread"][0]["parts"][0]["part"], "Promote");
}

TEST(MonteCarlo, CsvHasALineARunAndAColumnAPart) {
  auto rows = std::vector<RunRow>{run(1, 3s, 1min), run(2, 3s, 5min, true)};
  rows[0].rto_parts[1].name = "Promote, then \"wait\"";
  rows[0].lost = 0;  // the other's read-back is not complete
  const std::string csv = simulation_csv({}, rows);
  const auto lines = split(csv, '\n');
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(
      lines[0],
      "seed,verdict,exit_code,rto_ns,rto_censored,rpo_ns,rpo_censored,rto_verdict,offered,lost,"
      "rto: detection_ns,rto: people: acknowledge and assemble_ns,rto: between steps_ns,"
      "rto: until service was good_ns,\"rto: Promote, then \"\"wait\"\"_ns\",rpo: lost beyond the recovery point_ns");
  EXPECT_EQ(lines[1], "1,pass,0,63000000000,0,0,0,pass,0,0,3000000000,0,0,0,60000000000,0");
  EXPECT_EQ(lines[2], "2,inconclusive,0,303000000000,1,0,0,inconclusive,0,,,,,,,0");  // no parts of a bound
}

Step doing(const char* title, const char* word, const char* service) {
  Step step;
  step.title = title;
  step.action = Call{word, *parse_yaml(std::string("{service: ") + service + "}", "test"), {}};
  return step;
}

/// A choice of two, one of them with a way out; a decision; what comes after the end.
Scenario runbook() {
  Step choice;
  choice.title = "Way back";
  choice.manual = true;
  choice.options = {doing("Fail over", "failover", "database"), doing("Restore", "restore", "database")};
  choice.options.back().otherwise = {doing("Restore the files", "restore", "files")};
  Step agree = doing("Admit", "admit", "api");
  agree.decision = Decision{"commander", std::nullopt};
  Step rebuild = doing("Rebuild", "rebuild", "database");
  rebuild.after_end = true;
  Scenario scenario;
  scenario.recovery = Recovery{true, {}, {choice, agree, rebuild}};
  return scenario;
}

TEST(MonteCarlo, PartsFollowFromTheScenario) {
  const PartNames names = part_names(runbook());
  EXPECT_THAT(names.rto, testing::ElementsAre("detection", "people: acknowledge and assemble", "people: Way back",
                                              "choice: Way back", "people: Admit (decision)", "Admit", "between steps",
                                              "until service was good"));
  EXPECT_THAT(names.rpo, testing::ElementsAre("replication lag: database", "age of what was restored: database",
                                              "age of what was restored: files", "lost beyond the recovery point"));
}

TEST(MonteCarlo, CsvOfEveryShardHasTheSameColumns) {
  const auto head = [](const std::vector<RunRow>& rows) {
    return std::string(split(simulation_csv(runbook(), rows), '\n').front());
  };
  auto chosen = run(1, 3s, 1min);
  chosen.rto_parts = {{"detection", 3s}, {"choice: Way back", 1min}};
  auto censored = run(2, 3s, 5min, true);
  EXPECT_EQ(head({chosen}), head({censored}));
}

// ---- one run, from a journal

TEST(RunRow, ThePartsAddUpToTheRto) {
  const ReportData data = test::report_of(test::sample_passed());
  const RunRow row = run_row(7, data.measurement, data.verdict);
  EXPECT_EQ(row.seed, 7u);
  EXPECT_EQ(row.verdict, Outcome::kPass);
  const Incident& incident = *headline(data.measurement);
  ASSERT_NE(row.find("rto"), nullptr);
  EXPECT_EQ(row.find("rto")->value, incident.rto.achieved);
  EXPECT_EQ(row.find("downtime_regulatory")->value, incident.downtime_regulatory);
  Duration sum{};
  for (const RunPart& part : row.rto_parts) sum += part.length;
  EXPECT_EQ(sum, *incident.rto.achieved);
  EXPECT_EQ(row.rto_parts.front().name, "detection");
  EXPECT_EQ(row.rto_parts.front().length, *incident.timeline.detected - *incident.timeline.fault);
  Duration lost{};
  for (const RunPart& part : row.rpo_parts) lost += part.length;
  EXPECT_EQ(lost, *incident.rpo.achieved);
}

TEST(RunRow, WhatAnIncompleteReadBackCountedIsNoLoss) {
  ReportData data = test::report_of(test::sample_passed());
  EXPECT_EQ(run_row(1, data.measurement, data.verdict).lost, data.measurement.read_back->lost);
  data.measurement.read_back->complete = false;
  EXPECT_EQ(run_row(1, data.measurement, data.verdict).lost, std::nullopt);
}

TEST(RunRow, WithoutAFaultNothingIsMeasured) {
  const ReportData data = test::report_of(test::sample_inconclusive());
  const RunRow row = run_row(1, data.measurement, data.verdict);
  EXPECT_EQ(row.verdict, Outcome::kInconclusive);
  EXPECT_FALSE(row.find("rto")->value);
  EXPECT_TRUE(row.rto_parts.empty());
  EXPECT_EQ(row.objectives.front().outcome, Outcome::kInconclusive);
}

/// A measurement by hand: which step a stretch of the recovery is waited for.
struct Recovery {
  Measurement measurement;
  Recovery() {
    Incident incident;
    incident.timeline.fault = incident.timeline.impact = kDrillStart;
    incident.timeline.detected = instant_from_ns(10);
    incident.timeline.responded = instant_from_ns(30);
    incident.timeline.restored = instant_from_ns(100);
    incident.rto.achieved = Duration{100};
    measurement.incidents.push_back(incident);
  }
  void step(const char* id, const char* by, std::int64_t begin, std::int64_t end) {
    StepRecord record;
    record.id = id;
    record.title = std::string("step ") + id;
    record.by = by;
    record.started = instant_from_ns(begin);
    record.ended = instant_from_ns(end);
    measurement.steps.push_back(record);
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> parts() const {
    std::vector<std::pair<std::string, std::int64_t>> list;
    for (const auto& part : run_row(1, measurement, {}).rto_parts) list.emplace_back(part.name, to_ns(part.length));
    return list;
  }
};
using Parts = std::vector<std::pair<std::string, std::int64_t>>;

TEST(RunRow, PeopleStepsGapsAndTheServicesOwnTime) {
  Recovery recovery;
  recovery.step("1", "person", 30, 50);
  recovery.step("2", "machine", 55, 90);
  const Parts expected{{"detection", 10},      {"people: acknowledge and assemble", 20},
                       {"people: step 1", 20}, {"between steps", 5},
                       {"step 2", 35},         {"until service was good", 10}};
  EXPECT_EQ(recovery.parts(), expected);
}

/// Of steps that run together the one counts that is waited for; the step around them is not counted again, and what
/// runs on after service was restored is cut there.
TEST(RunRow, StepsTogetherCountOnce) {
  Recovery recovery;
  recovery.step("1", "machine", 30, 140);
  recovery.step("1.together.1", "machine", 30, 60);
  recovery.step("1.together.2", "machine", 30, 140);
  const Parts expected{{"detection", 10}, {"people: acknowledge and assemble", 20}, {"step 1.together.2", 70}};
  EXPECT_EQ(recovery.parts(), expected);
}

/// What a failed step cost stays with it; its alternative has its own time.
TEST(RunRow, AnAlternativeHasItsOwnTime) {
  Recovery recovery;
  recovery.step("1", "machine", 30, 60);
  recovery.step("1.otherwise.1", "machine", 60, 100);
  const Parts expected{
      {"detection", 10}, {"people: acknowledge and assemble", 20}, {"step 1", 30}, {"step 1.otherwise.1", 40}};
  EXPECT_EQ(recovery.parts(), expected);
}

TEST(RunRow, CountedFromHealingThePartsBeginThere) {
  Recovery recovery;
  recovery.measurement.incidents[0].rto.achieved = Duration{40};
  recovery.step("1", "machine", 30, 80);
  const Parts expected{{"step 1", 20}, {"until service was good", 20}};
  EXPECT_EQ(recovery.parts(), expected);
}

TEST(RunRow, ACensoredRtoHasNoParts) {
  Recovery recovery;
  recovery.measurement.incidents[0].rto.censored = true;
  EXPECT_TRUE(recovery.parts().empty());
}

RecoveryPointRecord point(const char* kind, Duration age) {
  RecoveryPointRecord record;
  record.service = "database";
  record.kind = kind;
  record.age = age;
  return record;
}

TEST(RunRow, AnRpoIsTheAgeOfWhatWasRecoveredAndWhatIsLostBeyond) {
  Recovery recovery;
  recovery.measurement.incidents[0].rpo.achieved = Duration{100};
  recovery.measurement.recovery_points.push_back(point("promote", Duration{30}));
  auto parts = run_row(1, recovery.measurement, {}).rpo_parts;
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].name, "replication lag: database");
  EXPECT_EQ(parts[0].length, Duration{30});
  EXPECT_EQ(parts[1].name, "lost beyond the recovery point");
  recovery.measurement.recovery_points[0] = point("restore", Duration{500});
  parts = run_row(1, recovery.measurement, {}).rpo_parts;
  ASSERT_EQ(parts.size(), 1u);  // never more than the figure
  EXPECT_EQ(parts[0].name, "age of what was restored: database");
  EXPECT_EQ(parts[0].length, Duration{100});
}

}  // namespace
}  // namespace blackstart
