// What belongs to steady, impact and after; totals, histograms, the generator, and journals that are not whole.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

#include "rehearsal/measure_phases.h"

namespace blackstart::test {
namespace {

TEST(Phases, AreCutAtWholeIntervals) {
  // impact 20.0, restored 22.5: the interval 22-23 holds it.
  const auto measurement = Drill().steady(20s).fault("a").bad(2500ms).slow(12500ms, 4ms).lift().measure();
  EXPECT_EQ(phase_of(measurement, at(0s), at(1s)), LoadPhase::kSteady);
  EXPECT_EQ(phase_of(measurement, at(19s), at(20s)), LoadPhase::kSteady);
  EXPECT_EQ(phase_of(measurement, at(20s), at(21s)), LoadPhase::kImpact);
  EXPECT_EQ(phase_of(measurement, at(22s), at(23s)), LoadPhase::kImpact);
  EXPECT_EQ(phase_of(measurement, at(23s), at(24s)), LoadPhase::kAfter);
  EXPECT_EQ(measurement.bids.steady.offered, 20000U);
  EXPECT_EQ(measurement.bids.impact.offered, 3000U);
  EXPECT_EQ(measurement.bids.impact.refused, 2500U);
  EXPECT_EQ(measurement.bids.after.offered, 12000U);
  EXPECT_EQ(measurement.bids.all.offered, 35000U);
  EXPECT_NEAR(to_seconds(measurement.latency.steady.percentile(99)), 0.001, 0.000002);
  EXPECT_NEAR(to_seconds(measurement.latency.after.percentile(99)), 0.004, 0.00001);
  EXPECT_EQ(measurement.latency.all.count(), 32500U) << "refusals are apart";
}

TEST(Phases, TrafficBeforeTheSteadyStateBelongsToNone) {
  auto drill = Drill().bad(5s).steady(20s).fault("a").bad(2s).good(12s).lift();
  const auto measurement = drill.measure();
  EXPECT_EQ(measurement.bids.steady.offered, 20000U);
  EXPECT_EQ(measurement.bids.steady.refused, 0U);
  EXPECT_EQ(measurement.bids.all.refused, 7000U);
}

TEST(Phases, BetweenFaultAndImpactNothingIsClaimed) {
  const auto measurement = Drill().steady(20s).fault("a").good(3s).bad(2s).good(12s).lift().measure();
  EXPECT_EQ(phase_of(measurement, at(21s), at(22s)), LoadPhase::kNone);
  EXPECT_EQ(measurement.bids.after.offered, 11000U) << "the interval that holds restored is of the impact";
}

TEST(Phases, AfterAnAbsorbedFaultComesAfter) {
  const auto measurement = Drill().steady(20s).fault("a").good(12s).lift().measure();
  EXPECT_EQ(measurement.bids.after.offered, 12000U);
  EXPECT_EQ(measurement.bids.impact.offered, 0U);
}

TEST(Phases, WithoutRestoredTheImpactGoesOn) {
  const auto measurement = Drill().steady(20s).fault("a").bad(5s).lift().measure();
  EXPECT_EQ(measurement.bids.impact.offered, 5000U);
  EXPECT_EQ(measurement.bids.after.offered, 0U);
}

TEST(Phases, WithoutSteadyStateThereIsNone) {
  const auto measurement = Drill().bad(30s).steady_failed("3 of 100 bins are bad").measure();
  EXPECT_FALSE(measurement.steady_held);
  EXPECT_EQ(measurement.steady_why, "3 of 100 bins are bad");
  EXPECT_TRUE(measurement.latency.steady.empty());
  EXPECT_EQ(measurement.bids.steady.offered, 0U);
}

TEST(Phases, CountsBidsAndAttemptsApart) {
  auto drill = Drill().steady(20s).fault("a").bad(2s).good(12s).counted(500ms, 7, 5, 620).lift();
  const auto measurement = drill.measure();
  EXPECT_EQ(measurement.bids.all.degraded, 7U);
  EXPECT_EQ(measurement.bids.all.indeterminate, 5U);
  EXPECT_EQ(measurement.bids.all.attempts, 34000U + 620U);
  EXPECT_EQ(measurement.bids.all.sent, 34500U);
}

TEST(Phases, WatchersDelay) {
  auto drill = Drill().watchers(1s, 20ms).steady(20s).fault("a").watchers(1s, 900ms).bad(2s).good(12s).lift();
  const auto measurement = drill.measure();
  EXPECT_EQ(measurement.notification_delay.steady.count(), 10U);
  EXPECT_EQ(measurement.notification_delay.impact.count(), 10U);
  EXPECT_GT(measurement.notification_delay.impact.percentile(50), 800ms);
}

TEST(Generator, TooSlowByWhatItDidNotSend) {
  EXPECT_EQ(generator_too_slow(Drill().steady(20s).measure()), "");
  // 1 unsent in each of 10 bins of a steady state with 20,000 bids and more: 0.05 %; 3 in each: 0.15 %.
  EXPECT_EQ(generator_too_slow(Drill().steady(19s).late(1s, 50us, 1).measure()), "");
  EXPECT_NE(generator_too_slow(Drill().steady(19s).late(1s, 50us, 3).measure()), "");
}

TEST(Generator, TooSlowByLatenessInSteadyState) {
  auto drill = [](Duration lateness) { return Drill().late(20s, lateness, 0).steady(0s); };
  auto steady_late = drill(11ms).events();
  // The steady state began with the traffic.
  for (Event& event : steady_late)
    if (event.type == "phase.entered") event.body["steady_from_ns"] = 0;
  const auto slow = measure(simple_spec(), steady_late);
  ASSERT_TRUE(slow.has_value());
  EXPECT_NE(generator_too_slow(*slow), "");
  EXPECT_EQ(generator_too_slow(Drill().steady(20s).fault("a").late(5s, 900ms, 0).measure()), "")
      << "during the outage the target holds the connections";
}

TEST(Journal, EmptyIsNoEvidence) {
  const auto measurement = measure(simple_spec(), {});
  ASSERT_TRUE(measurement.has_value());
  EXPECT_TRUE(measurement->incidents.empty());
  EXPECT_FALSE(measurement->steady_held);
  EXPECT_FALSE(measurement->finished);
  EXPECT_FALSE(measurement->observation_end.has_value());
}

TEST(Journal, UnknownTypesAndFieldsAreIgnored) {
  auto drill = Drill().steady(20s).event("weather.changed", {{"rain", true}}).fault("a").bad(2s).good(12s).lift();
  EXPECT_EQ(drill.measure().incidents.at(0).rto.achieved, 2s);
}

TEST(Journal, StopErrorAndResidues) {
  auto drill = Drill().steady(5s).stop("Ctrl-C").end(
      false, "the disk is full", Json::array({{{"what", "process 7 still stopped"}, {"how_to_heal", "kill -CONT 7"}}}));
  const auto measurement = drill.measure();
  EXPECT_EQ(measurement.stop_reason, "Ctrl-C");
  EXPECT_EQ(measurement.abort_reason, "the disk is full");
  ASSERT_EQ(measurement.residues.size(), 1U);
  EXPECT_EQ(measurement.residues[0].how_to_heal, "kill -CONT 7");
  EXPECT_TRUE(measurement.finished);
}

struct Malformed {
  const char* type;
  const char* body;
  const char* says;
};
class MalformedEvent : public testing::TestWithParam<Malformed> {};
TEST_P(MalformedEvent, NamesTheLine) {
  const auto& param = GetParam();
  auto drill = Drill().event(param.type, Json::parse(param.body));
  const auto measurement = measure(simple_spec(), drill.events());
  ASSERT_FALSE(measurement.has_value());
  EXPECT_EQ(measurement.error().code, ErrorCode::kInvalid);
  const std::string text = measurement.error().to_string();
  EXPECT_NE(text.find("line 2"), std::string::npos) << text;
  EXPECT_NE(text.find(param.type), std::string::npos) << text;
  EXPECT_NE(text.find(param.says), std::string::npos) << text;
}
INSTANTIATE_TEST_SUITE_P(
    Bodies, MalformedEvent,
    testing::Values(
        Malformed{"phase.entered", "{}", "phase"}, Malformed{"phase.entered", R"({"phase":7})", "phase"},
        Malformed{"phase.entered", R"({"phase":"faults","steady_held":1})", "steady_held"},
        Malformed{"fault.injecting", R"({"id":-1})", "id"},
        Malformed{"fault.effective", R"({"id":1,"acted_ns":"now"})", "acted_ns"},
        Malformed{"fault.effective", R"({"id":1,"acted_ns":1,"proven":true})", "effective_ns"},
        Malformed{"fault.effective", R"({"id":1,"acted_ns":9,"effective_ns":8,"proven":true})", "before"},
        Malformed{"fault.healed", R"({})", "id"}, Malformed{"step.started", R"({"id":"1"})", "title"},
        Malformed{"step.finished", R"({"id":"1"})", "outcome"},
        Malformed{"step.finished", R"({"id":"1","outcome":"ok","recovery_point":{"newest_ns":"x"}})", "newest_ns"},
        Malformed{"action.output", R"({"step":"1","exit":"zero"})", "exit"},
        Malformed{"check.result", R"({"of":"validation"})", "name"},
        Malformed{"notification.sent", R"({"index":"a"})", "index"},
        Malformed{"notification.interval", R"({"start_ns":0,"length_ns":1,"events":1,"delay":"?"})", "delay"},
        Malformed{"detection.fired", R"({})", "name"},
        Malformed{"traffic.interval", R"({"start_ns":0})", "traffic.interval"},
        Malformed{"read_back.finished", R"({"provisional":false})", "read_back"},
        Malformed{"generator.measured", R"({})", "generator"},
        Malformed{"drill.finished", R"({"residues":{}})", "residues"},
        Malformed{"drill.finished", R"({"residues":[{}]})", "what"}));

void expect_same_sums(const Measurement& left, const Measurement& right, std::size_t events) {
  EXPECT_EQ(left.latency.steady, right.latency.steady) << events;
  EXPECT_EQ(left.latency.all, right.latency.all) << events;
  EXPECT_EQ(left.lateness_steady, right.lateness_steady) << events;
  EXPECT_EQ(left.notification_delay.steady, right.notification_delay.steady) << events;
  EXPECT_EQ(left.notification_delay.all, right.notification_delay.all) << events;
  EXPECT_EQ(left.latency.steady.mean(), right.latency.steady.mean()) << events;
}

TEST(SteadySums, AJournalThatGrowsIsMeasuredAsIfForTheFirstTime) {
  const auto events =
      Drill().slow(3s, 7ms).watchers(4s, 20ms).steady(4s).slow(2s, 3ms).fault("lost").bad(2s).good(15s).lift().events();
  SteadySums known;
  for (std::size_t count = 1; count <= events.size(); ++count) {
    const std::vector<Event> so_far(events.begin(), events.begin() + static_cast<std::ptrdiff_t>(count));
    expect_same_sums(*measure(Spec{}, so_far, &known), *measure(Spec{}, so_far), count);
  }
  EXPECT_GT(known.latency.count, 0U);
  known.latency.sum.record(1h);
  EXPECT_EQ(measure(Spec{}, events, &known)->latency.steady.max(), 1h) << "what is known is not added up again";
}

TEST(SteadySums, WhatIsKnownOfAnotherStretchIsNotUsed) {
  SteadySums known;
  const auto long_one = Drill().watchers(9s, 5ms).steady(9s).fault("lost").bad(2s).good(15s).lift().events();
  const auto later = Drill().slow(3s, 7ms).watchers(9s, 20ms).steady(9s).fault("lost").bad(2s).lift().events();
  const auto shorter = Drill().watchers(4s, 5ms).steady(4s).fault("lost").bad(2s).good(15s).lift().events();
  for (const auto& events : {long_one, later, shorter, long_one})
    expect_same_sums(*measure(Spec{}, events, &known), *measure(Spec{}, events), events.size());
}

}  // namespace
}  // namespace blackstart::test
