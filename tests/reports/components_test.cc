// Components in every report.

#include "reports/monte_carlo.h"
#include "reports/report.h"
#include "tests/measure/journal_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blackstart::test {
namespace {

using ::testing::HasSubstr;

Component component(const std::string& name, Duration rto) {
  Component made;
  made.name = name;
  made.services = {name};
  made.rto = RtoObjective{.within = rto};
  made.rpo = 1s;
  return made;
}

/// Bids are away for three seconds: "bidding" may, "fast" may not; of "analytics" nothing is known.
struct Reported {
  Spec spec = simple_spec();
  Journal journal;
  Measurement measurement;
  Verdict verdict;

  explicit Reported(int more = 0) {
    spec.scenario.canaries = {Canary{"events", {"kafka", "events"}, {"sql", "analytics"}, 1s, 1s, {}}};
    Component analytics = component("analytics", 1h);
    analytics.evidence = Component::Evidence::kCanary;
    analytics.source = "events";
    spec.scenario.objectives.components = {component("bidding", 30s), component("fast", 1s), analytics};
    for (int i = 0; i < more; ++i)
      spec.scenario.objectives.components.push_back(component("part " + std::to_string(i), 30s));
    const Drill drill =
        Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().generator().read_back(kept(35000)).end();
    journal.events = drill.events();
    journal.finished = true;
    measurement = drill.measure(spec);
    verdict = drill.judge(spec);
  }
  [[nodiscard]] ReportInput input() const { return {spec, journal, measurement, verdict}; }
};

TEST(ComponentReports, JsonHasEachWithItsFiguresAndVerdict) {
  const Reported reported;
  const Json report = Json::parse(report_json(reported.input()));
  const Json& list = report["components"];
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0]["name"], "bidding");
  EXPECT_EQ(list[0]["verdict"], "pass");
  EXPECT_EQ(list[0]["rto"]["achieved_ns"], to_ns(Duration{3s}));
  EXPECT_EQ(list[0]["rto"]["target_ns"], to_ns(Duration{30s}));
  EXPECT_EQ(list[0]["rpo"]["achieved_ns"], 0);
  EXPECT_EQ(list[1]["verdict"], "fail");
  EXPECT_EQ(list[2]["verdict"], "inconclusive");
  EXPECT_TRUE(list[2]["rto"]["achieved_ns"].is_null()) << "no figure is no 0";
  EXPECT_EQ(list[2]["from"], "canary events");
  EXPECT_EQ(report["verdict"], "fail");
}

TEST(ComponentReports, MarkdownAndJUnitNameThem) {
  const Reported reported;
  const std::string markdown = report_markdown(reported.input());
  EXPECT_THAT(markdown, HasSubstr("## Components"));
  EXPECT_THAT(markdown, HasSubstr("canary events"));
  const std::string junit = report_junit(reported.input());
  EXPECT_THAT(junit, HasSubstr("component: fast rto"));
  EXPECT_THAT(junit, HasSubstr("component: analytics rpo"));
}

TEST(ComponentReports, MetricsAreFamiliesOfTheirOwn) {
  const Reported reported;
  const std::string page = report_metrics(reported.input());
  EXPECT_THAT(page, HasSubstr("blackstart_component_rto_seconds{"));
  EXPECT_THAT(page, HasSubstr("component=\"bidding\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("component=\"fast\",verdict=\"fail\"} 1\n"));
  EXPECT_EQ(page.find("component_rto_seconds{component=\"analytics\""), std::string::npos);
}

TEST(ComponentReports, TheTerminalShowsTheWorstFirstAndStaysOnOneScreen) {
  const Reported few, many(12);
  const std::string text = terminal_summary(few.input(), {});
  EXPECT_LT(text.find("fast"), text.find("bidding"));
  const std::string crowded = terminal_summary(many.input(), {.colour = false, .folder = "drills/x"});
  EXPECT_LE(std::count(crowded.begin(), crowded.end(), '\n'), 24);
  EXPECT_THAT(crowded, HasSubstr("more components, in report.md"));
}

TEST(ComponentReports, RunsOfManyCountTheirObjectives) {
  const Reported reported;
  const RunRow row = run_row(1, reported.measurement, reported.verdict);
  const auto found = std::find_if(row.objectives.begin(), row.objectives.end(),
                                  [](const RunObjective& objective) { return objective.name == "fast rto"; });
  ASSERT_NE(found, row.objectives.end());
  EXPECT_EQ(found->outcome, Outcome::kFail);
}

}  // namespace
}  // namespace blackstart::test
