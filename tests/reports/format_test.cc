// What each format must be to its readers: well-formed, complete, safe against hostile texts.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "reports/escape.h"
#include "reports/figures.h"
#include "scenarios/document.h"
#include "tests/reports/open_metrics.h"
#include "tests/reports/sample.h"
#include "tests/reports/xml_check.h"

namespace blackstart::test {
namespace {

using testing::HasSubstr;

std::vector<Drill> samples() { return {sample_passed(), sample_failed(), sample_inconclusive(), Drill()}; }

TEST(Json, HoldsEveryKeyWhateverHappened) {
  const std::set<std::string> top = {
      "blackstart", "drill",    "verdict",   "reasons",     "timeline_ns",     "rto",           "rpo",
      "wrt",        "mtd",      "bids",      "downtime_ns", "latency_ns",      "generator",     "service_time_ns",
      "faults",     "steps",    "incidents", "components",  "recovery_points", "time_split_ns", "residual_faults",
      "evidence",   "exercise", "stop",      "deadlines",   "communications",  "objectives"};
  for (const Drill& drill : samples()) {
    const ReportData data = report_of(drill);
    const Json report = Json::parse(report_json(data.input()));
    for (const std::string& key : top) EXPECT_TRUE(report.contains(key)) << key;
    EXPECT_EQ(report["timeline_ns"].size(), 15U);
    for (const char* phase : {"steady", "impact", "after", "all"})
      EXPECT_EQ(report["latency_ns"][phase].size(), 9U) << phase;
    for (const char* key : {"offered", "kept", "lost", "first_lost_id", "last_lost_id", "read_back", "phantom"})
      EXPECT_TRUE(report["bids"].contains(key)) << key;
  }
}

TEST(Reports, AnIncompleteReadBackCountsNothing) {
  ReadBackResult part = kept(100);
  part.complete = false;
  part.why_incomplete = "connection refused";
  part.first_lost_id = 7;
  const ReportData data =
      report_of(Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(part).end());
  const Json bids = Json::parse(report_json(data.input()))["bids"];
  for (const char* key : {"kept", "lost", "lost_after_fault", "rolled_back", "corrupted", "recovered", "not_lost",
                          "resurrected", "phantom", "duplicated", "first_lost_id", "last_lost_id"})
    EXPECT_TRUE(bids[key].is_null()) << key << " " << bids[key];
  EXPECT_EQ(bids["read_back"]["why_incomplete"], "connection refused");
  const std::string markdown = report_markdown(data.input());
  EXPECT_THAT(markdown, HasSubstr("| lost | not known |"));
  EXPECT_THAT(markdown, testing::Not(HasSubstr("| lost | 0 |")));
}

TEST(Json, SaysTheFigures) {
  const Json report = Json::parse(report_json(report_of(sample_passed()).input()));
  EXPECT_EQ(report["verdict"], "pass");
  EXPECT_EQ(report["rto"]["achieved_ns"], 6'000'000'000);
  EXPECT_EQ(report["rto"]["target_ns"], 30'000'000'000);
  EXPECT_EQ(report["rpo"]["achieved_ns"], 200'000'000);
  EXPECT_EQ(report["rpo"]["loss_interval"], Json::array({180, 187}));
  EXPECT_EQ(report["bids"]["lost"], 180);
  EXPECT_EQ(report["bids"]["first_lost_id"], 19801);
  EXPECT_EQ(report["timeline_ns"]["fault"], 20'000'000'000);
  EXPECT_EQ(report["timeline_ns"]["acknowledged"], nullptr);
  EXPECT_EQ(report["timeline_ns"]["declared"], report["timeline_ns"]["notified"]) << "by slack, which is no page";
  EXPECT_EQ(report["steps"][1]["command"], "POST /promote");
  EXPECT_EQ(report["recovery_points"][0]["age_ns"], 200'000'000);
  EXPECT_EQ(report["exit_code"], 0);
  EXPECT_EQ(report["evidence"]["complete"], true);
}

TEST(Json, TimeOfPeopleThatIsOnlyDeclaredIsSaidToBe) {
  ReportData data = report_of(sample_passed());
  Distribution& acknowledge = data.spec.scenario.people.times["acknowledge"];
  acknowledge.form = Distribution::Form::kLogNormal;
  acknowledge.first = std::chrono::minutes{2};
  acknowledge.second = std::chrono::minutes{5};
  const std::string limits = Json::parse(report_json(data.input()))["exercise"]["limitations"].dump();
  EXPECT_THAT(limits, HasSubstr("declared, not exercised"));
  EXPECT_THAT(limits, HasSubstr("acknowledge median 2m, p95 5m"));
}

TEST(Json, WhatNeverCameIsNullNeverZero) {
  const Json report = Json::parse(report_json(report_of(sample_inconclusive()).input()));
  for (const auto& mark : report["timeline_ns"]) EXPECT_EQ(mark, nullptr);
  EXPECT_EQ(report["rto"]["achieved_ns"], nullptr);
  EXPECT_EQ(report["rpo"]["achieved_ns"], nullptr);
  EXPECT_EQ(report["bids"]["lost"], nullptr);
  EXPECT_EQ(report["latency_ns"]["steady"]["p99"], nullptr);
  EXPECT_EQ(report["wrt"]["achieved_ns"], nullptr);
}

TEST(Xml, IsWellFormedWhateverTheTextsHold) {
  for (const Drill& drill : samples()) EXPECT_EQ(xml_mistake(report_junit(report_of(drill).input())), "");
}

TEST(Xml, TheCheckerItselfFindsMistakes) {
  EXPECT_NE(xml_mistake("<a><b></a></b>"), "");
  EXPECT_NE(xml_mistake("<a x=\"1 & 2\"/>"), "");
  EXPECT_NE(xml_mistake("<a>\x01</a>"), "");
  EXPECT_NE(xml_mistake("<a x=\"<\"/>"), "");
  EXPECT_NE(xml_mistake("<a>"), "");
  EXPECT_EQ(xml_mistake("<?xml version=\"1.0\"?><a x=\"&lt;&#10;\"><b/>t</a>"), "");
}

TEST(Junit, CountsItsCases) {
  const std::string failed = report_junit(report_of(sample_failed()).input());
  const auto count = [&](const std::string& text) {
    std::size_t found = 0;
    for (std::size_t at = 0; (at = failed.find(text, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  EXPECT_THAT(failed, HasSubstr("tests=\"" + std::to_string(count("<testcase ")) + "\""));
  EXPECT_THAT(failed, HasSubstr("failures=\"" + std::to_string(count("<failure ")) + "\""));
  EXPECT_THAT(failed, HasSubstr("errors=\"" + std::to_string(count("<error ")) + "\""));
  EXPECT_GE(count("<failure "), 4U) << "rto, rpo, corrupted, validation, healing";
  EXPECT_THAT(failed, HasSubstr("health: everything healed"));
  EXPECT_THAT(report_junit(report_of(sample_inconclusive()).input()), HasSubstr("<error type=\"inconclusive\""));
  EXPECT_THAT(report_junit(report_of(sample_inconclusive()).input()), HasSubstr("<skipped"));
}

TEST(Junit, WhatKeepsADrillFromPassingIsAnErrorNoSkip) {
  ReportData data = report_of(sample_passed());
  EXPECT_THAT(report_junit(data.input()), testing::Not(HasSubstr("<error")));
  Judgement unseen;
  unseen.name = "acknowledged";
  unseen.group = "deadline";
  unseen.reached = false;
  data.verdict.judgements.push_back(unseen);
  EXPECT_THAT(report_junit(data.input()), HasSubstr("<error type=\"inconclusive\" message=\"target "));
  EXPECT_THAT(report_junit(data.input()), HasSubstr("errors=\"1\" skipped=\"0\""));
  data.verdict.judgements.back().counts = false;
  data.verdict.judgements.back().group = "health";
  EXPECT_THAT(report_junit(data.input()), HasSubstr("errors=\"0\" skipped=\"1\""));
}

TEST(Junit, ADrillThatWasStoppedOrCutOffSaysSo) {
  const auto ended = [](const Drill& drill) { return report_junit(report_of(drill).input()); };
  const auto begun = [] { return Drill().steady(20s).fault("primary lost").good(15s); };
  EXPECT_THAT(
      ended(begun().stop("a person stopped the drill").lift().read_back(kept(35000)).end()),
      HasSubstr("<error type=\"inconclusive\" message=\"the drill was stopped: a person stopped the drill\"/>"));
  EXPECT_THAT(ended(begun()), HasSubstr("<error type=\"environment\" message=\"the drill was cut off"));
  EXPECT_THAT(ended(begun().lift().read_back(kept(35000)).end()), testing::Not(HasSubstr("ran to its end")));
}

TEST(OpenMetrics, FiguresAreThoseOfTheJsonReportToTheNanosecond) {
  ReportData data = report_of(sample_passed());
  Incident& incident = data.measurement.incidents[data.measurement.worst];
  incident.rto.achieved = Duration{14'400'123'456'789};
  EXPECT_THAT(report_metrics(data.input()), HasSubstr("blackstart_rto_seconds{"));
  EXPECT_THAT(report_metrics(data.input()), HasSubstr("} 14400.123456789\n"));
}

TEST(OpenMetrics, IsWellFormedWhateverTheTextsHold) {
  for (const Drill& drill : samples()) EXPECT_EQ(open_metrics_mistake(report_metrics(report_of(drill).input())), "");
}

TEST(OpenMetrics, TheCheckerItselfFindsMistakes) {
  EXPECT_NE(open_metrics_mistake("# TYPE a gauge\na 1\n"), "") << "no # EOF";
  EXPECT_NE(open_metrics_mistake("a 1\n# EOF\n"), "") << "no TYPE";
  EXPECT_NE(open_metrics_mistake("# TYPE a counter\na 1\n# EOF\n"), "") << "a counter without _total";
  EXPECT_NE(open_metrics_mistake("# TYPE a gauge\na{l=\"x\"y\"} 1\n# EOF\n"), "");
  EXPECT_NE(
      open_metrics_mistake(
          "# TYPE a_s histogram\na_s_bucket{le=\"1.0\"} 2\na_s_bucket{le=\"+Inf\"} 1\na_s_count 1\na_s_sum 1\n# EOF\n"),
      "")
      << "buckets must not fall";
  EXPECT_NE(open_metrics_mistake("# TYPE a gauge\na x\n# EOF\n"), "");
  EXPECT_EQ(open_metrics_mistake("# TYPE a counter\na_total{l=\"x\\\"y\"} 1\n# EOF\n"), "");
}

TEST(OpenMetrics, HasTheHistogramByPhase) {
  const std::string text = report_metrics(report_of(sample_passed()).input());
  EXPECT_THAT(text, HasSubstr("blackstart_rto_seconds{scenario=\"auction-flow/"
                              "database-failure\",target=\"auction-flow\",world=\"live\"} 6\n"));
  EXPECT_THAT(text, HasSubstr("phase=\"steady\",le=\"0.001\"} 20000\n"));
  EXPECT_THAT(text, HasSubstr("phase=\"steady\",le=\"+Inf\"} 20000\n"));
  EXPECT_THAT(text, HasSubstr("outcome=\"lost\"} 180\n"));
  EXPECT_THAT(text, HasSubstr("blackstart_drill_verdict{scenario=\"auction-flow/"
                              "database-failure\",target=\"auction-flow\",world=\"live\",verdict=\"pass\"} 1\n"));
  EXPECT_THAT(report_metrics(report_of(sample_inconclusive()).input()), Not(HasSubstr("rto_seconds{")))
      << "no figure is no 0";
}

TEST(Markdown, HostileTextsStayInTheirCells) {
  const std::string text = report_markdown(report_of(sample_failed()).input());
  EXPECT_THAT(text, Not(HasSubstr("<b>")));
  EXPECT_THAT(text, HasSubstr("\\<b\\>"));
  EXPECT_THAT(text, HasSubstr("\\| the \\`read\\`"));
  for (const char c : text) EXPECT_FALSE(static_cast<unsigned char>(c) < 0x20 && c != '\n');
}

TEST(Terminal, FitsOneScreen) {
  auto many = sample_failed();
  for (int step = 0; step < 40; ++step) many.step("Step number " + std::to_string(step) + std::string(200, 'w'), 1s);
  auto drills = samples();
  drills.push_back(many);
  for (const Drill& drill : drills) {
    const std::string text = terminal_summary(report_of(drill).input(), {.colour = false, .folder = "drills/one"});
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 24) << text;
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      EXPECT_LE(width_of(text.substr(begin, end - begin)), 100U) << text.substr(begin, end - begin);
    EXPECT_EQ(text.find('\033'), std::string::npos) << "no colour unless asked, and none from a step's output";
  }
}

TEST(Terminal, WhyTheTargetDidNotComeUpIsShownWhole) {
  std::string error = "the target could not be brought up: service api ended at once with status 1; the end of ";
  error += "/var/lib/blackstart/runs/auction-flow-database-failure-2026-11-29T024352Z/logs/auction-api-1.log:\n";
  const auto text_of = [](const std::string& why) {
    return terminal_summary(report_of(Drill().end(false, why)).input(), {});
  };
  const std::string text = text_of(error + "starting\nbind 127.0.0.1:8080: address already in use; free the port");
  EXPECT_THAT(text, HasSubstr("logs/auction-api-1.log"));
  EXPECT_THAT(text, HasSubstr("    bind 127.0.0.1:8080: address already in use; free the port\n"));
  EXPECT_THAT(text, Not(HasSubstr("…")));
  for (int line = 0; line < 40; ++line) error += fmt::format("line {} of its log\n", line);
  const std::string many = text_of(error);
  EXPECT_THAT(many, HasSubstr("line 39 of its log"));
  EXPECT_THAT(many, HasSubstr("could not be brought up"));
  EXPECT_LE(std::count(many.begin(), many.end(), '\n'), 24);
}

TEST(Terminal, AnswersTheQuestions) {
  const ReportData data = report_of(sample_passed());
  const std::string text = terminal_summary(data.input(), {.colour = false, .folder = "drills/one"});
  for (const char* part : {"PASS", "RTO", "30s", "to spare", "RPO", "MTD", "lost 180", "detect", "respond", "recover",
                           "restore", "drain", "Promote the read replica", "p50/p99", "drills/one"})
    EXPECT_THAT(text, HasSubstr(part));
  EXPECT_THAT(text, HasSubstr(data.journal.head));
  EXPECT_THAT(terminal_summary(report_of(sample_failed()).input(), {}), HasSubstr("missed by"));
  EXPECT_THAT(terminal_summary(report_of(sample_inconclusive()).input(), {}), HasSubstr("INCONCLUSIVE"));
}

TEST(TimeWent, AddsUpToTheWhole) {
  const ReportData data = report_of(sample_passed());
  Duration sum{};
  for (const TimePart& part : where_time_went(data.measurement)) sum += part.length;
  const Timeline& timeline = data.measurement.incidents.at(0).timeline;
  EXPECT_EQ(sum, *timeline.drained - *timeline.fault);
}

TEST(LatencyLog, HasOneLineAnInterval) {
  const ReportData data = report_of(sample_passed());
  const std::string text = report_latency_log(data.input());
  EXPECT_THAT(text, HasSubstr("#[Histogram log format version 1.3]\n"));
  EXPECT_THAT(text, HasSubstr("#[StartTime: "));
  std::size_t lines = 0;
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; ++at)
    if (at + 1 < text.size() && text[at + 1] != '#' && text[at + 1] != '"') ++lines;
  const auto is_interval = [](const Event& event) { return event.type == "traffic.interval"; };
  EXPECT_EQ(lines, static_cast<std::size_t>(std::ranges::count_if(data.journal.events, is_interval)));
  EXPECT_THAT(text, HasSubstr("\n0.000,1.000,1.001,HISTF"));
}

TEST(Escape, Texts) {
  EXPECT_EQ(xml_escape("a<b>&\"'\n\x01"), "a&lt;b&gt;&amp;&quot;&apos;&#10;?");
  EXPECT_EQ(xml_escape("\xEF\xBF\xBF"), "?");
  EXPECT_EQ(metrics_escape("a\"\\\n"), "a\\\"\\\\\\n");
  EXPECT_EQ(markdown_escape("lost_after_fault _it_"), "lost_after_fault \\_it\\_");
  EXPECT_EQ(one_line(" a\nb\tc "), "a b c");
  EXPECT_EQ(fit("abcdef", 4), "abc…");
  EXPECT_EQ(fit("äöü", 3), "äöü");
  EXPECT_EQ(fit("äöüß", 3), "äö…");
  EXPECT_EQ(width_of("a–b"), 3U);
}

}  // namespace
}  // namespace blackstart::test
