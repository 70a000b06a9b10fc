// Detection, steps, validation and what they make of the figures.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

Spec validated_spec() {
  Spec spec = simple_spec();
  spec.scenario.validation.resize(1);
  spec.scenario.validation[0].name = "bids reconcile";
  return spec;
}

const Timeline& timeline_of(const Measurement& measurement) { return measurement.incidents.at(0).timeline; }

TEST(Recovery, MarksFromDetectionToValidation) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s).detected().bad(500ms);
  drill.step("Confirm", 200ms).bad(200ms);
  drill.step("Promote", 1s, {.contains = true}).bad(1300ms).good(12s);
  drill.validation("bids reconcile", true).good(1s).lift();
  const auto measurement = drill.measure(validated_spec());
  EXPECT_EQ(timeline_of(measurement).detected, at(21s));
  EXPECT_EQ(timeline_of(measurement).responded, at(21500ms));
  EXPECT_EQ(timeline_of(measurement).contained, at(22700ms));
  EXPECT_EQ(timeline_of(measurement).restored, at(23s));
  EXPECT_EQ(timeline_of(measurement).validated, at(35s));
  EXPECT_TRUE(measurement.incidents[0].wrt_known);
  EXPECT_EQ(measurement.incidents[0].wrt, 12s) << "validated - restored";
}

TEST(Recovery, WithoutDetectionTheMarkStaysEmpty) {
  auto drill = Drill().steady(15s).detected("an old alert").good(0s);
  drill.steady(5s).fault("primary lost").bad(2s).good(12s).lift();
  EXPECT_EQ(timeline_of(drill.measure()).detected, std::nullopt) << "an alert before the fault detects nothing";
}

TEST(Recovery, TheFirstDetectionCounts) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s).detected("tcp").bad(1s).detected("http").good(12s);
  EXPECT_EQ(timeline_of(drill.measure()).detected, at(21s));
  EXPECT_EQ(drill.measure().detections.size(), 2U);
}

TEST(Recovery, AFailedStepContainsNothing) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Promote", 1s, {.outcome = "failed", .contains = true}).bad(1s).good(12s).lift();
  EXPECT_EQ(timeline_of(drill.measure()).contained, std::nullopt);
}

TEST(Recovery, StepsAfterTheEndAreNoPartOfTheWork) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(11s);
  drill.step("Rebuild replicas", 5s, {.after_end = true}).good(6s).lift();
  EXPECT_EQ(drill.measure().incidents[0].wrt, 0s);
  drill.validation("bids reconcile", true);
  EXPECT_EQ(drill.measure(validated_spec()).incidents[0].wrt, 12s) << "validated, 39 s, less restored, 22 s, and 5 s";
  auto counted = Drill().steady(20s).fault("primary lost").bad(2s).good(11s);
  counted.step("Verify", 5s).good(6s).lift();
  EXPECT_EQ(counted.measure().incidents[0].wrt, 16s) << "its end, 38 s, less restored, 22 s";
}

TEST(Recovery, AnOpenStepLeavesTheWorkUnknown) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(11s).step_started("Verify").good(2s).lift();
  EXPECT_FALSE(drill.measure().incidents[0].wrt_known);
}

TEST(Recovery, AMissingValidationLeavesTheWorkUnknown) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).lift();
  EXPECT_FALSE(drill.measure(validated_spec()).incidents[0].wrt_known);
  EXPECT_TRUE(drill.measure().incidents[0].wrt_known) << "a scenario without validation has none to wait for";
}

TEST(Recovery, AFailedValidationAloneDoesNotMoveTheClock) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).validation("bids reconcile", false).good(1s);
  const auto measurement = drill.lift().measure(validated_spec());
  EXPECT_EQ(measurement.incidents[0].rto.achieved, 2s);
  EXPECT_EQ(timeline_of(measurement).validated, std::nullopt);
}

TEST(Recovery, AFurtherActionAfterAFailedValidationMovesIt) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).validation("bids reconcile", false);
  drill.step("Restore tables", 3s).good(3s).good(11s).validation("bids reconcile", true).good(1s).lift();
  const auto measurement = drill.measure(validated_spec());
  EXPECT_EQ(timeline_of(measurement).restored, at(37s)) << "service was good, but not right before the action's end";
  EXPECT_EQ(measurement.incidents[0].rto.achieved, 17s);
  EXPECT_EQ(timeline_of(measurement).validated, at(48s));
}

TEST(Recovery, TheFurtherActionMayBreakServiceAgain) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).validation("bids reconcile", false);
  drill.step("Restore tables", 3s).bad(5s).good(11s).validation("bids reconcile", true).good(1s).lift();
  const auto measurement = drill.measure(validated_spec());
  EXPECT_EQ(timeline_of(measurement).restored, at(39s));
  EXPECT_FALSE(measurement.incidents[0].rto.relapsed);
}

TEST(Recovery, AFurtherActionThatDoesNotHelpIsCensored) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).validation("bids reconcile", false);
  drill.step("Restore tables", 3s).good(14s).validation("bids reconcile", false).lift();
  const auto measurement = drill.measure(validated_spec());
  EXPECT_EQ(timeline_of(measurement).restored, std::nullopt);
  EXPECT_TRUE(measurement.incidents[0].rto.censored);
  EXPECT_EQ(measurement.incidents[0].rto.achieved, 28s) << "to the end of observation";
}

TEST(Recovery, ChecksBeforeRestoredMoveNothing) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).validation("bids reconcile", false).bad(1s);
  drill.step("Promote", 1s).bad(1s).good(12s).validation("bids reconcile", true).lift();
  EXPECT_EQ(drill.measure(validated_spec()).incidents[0].rto.achieved, 4s);
}

TEST(Recovery, RedundancyIsBackWhenRebuilt) {
  Spec spec = simple_spec();
  spec.scenario.recovery.emplace();
  Step rebuild;
  rebuild.id = "1";
  rebuild.action = Call{.word = "rebuild", .arguments = {}, .where = {}};
  spec.scenario.recovery->steps = {rebuild};
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s);
  drill.step("Rebuild replicas", 4s, {.id = "1", .after_end = true});
  EXPECT_EQ(timeline_of(drill.measure(spec)).protected_again, at(38s));
  auto failed = Drill().steady(20s).fault("primary lost").bad(2s).good(12s);
  failed.step("Rebuild replicas", 4s, {.id = "1", .outcome = "failed", .after_end = true});
  EXPECT_EQ(timeline_of(failed.measure(spec)).protected_again, std::nullopt);
}

TEST(Recovery, StepsKeepWhatTheyDid) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Promote", 1s, {.budget = 5s, .command = "./promote.sh"});
  drill.event("step.finished", {{"id", "2"}, {"title", "Fallback"}, {"outcome", "skipped"}, {"detail", "not needed"}});
  const auto measurement = drill.measure();
  ASSERT_EQ(measurement.steps.size(), 2U);
  EXPECT_EQ(measurement.steps[0].command, "./promote.sh");
  EXPECT_EQ(measurement.steps[0].exit_status, 0);
  EXPECT_EQ(measurement.steps[0].budget, 5s);
  EXPECT_EQ(measurement.steps[1].outcome, "skipped");
  EXPECT_EQ(measurement.steps[1].started, std::nullopt);
}

TEST(Recovery, PeoplesTimeIsSplitOff) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Decide", 2s, {.by = "person"}).step("Call", 3s, {.by = "person"}).bad(4s).good(12s);
  const auto measurement = drill.measure();
  EXPECT_EQ(measurement.people_exercised, 3s) << "side by side counts once";
  EXPECT_EQ(measurement.people_modelled, 0s);
  EXPECT_EQ(measurement.machine_time, 2s);
}

TEST(Recovery, ModelledTimeIsNeverMixedIn) {
  auto drill = Drill("sim").steady(20s).fault("primary lost").bad(1s);
  drill.step("Decide", 2s, {.by = "person"}).bad(4s).good(12s);
  EXPECT_EQ(drill.measure().people_modelled, 2s);
  EXPECT_EQ(drill.measure().people_exercised, 0s);
}

TEST(Recovery, CommunicationsOnTimeLateAndMissing) {
  Spec spec = simple_spec();
  for (const char* audience : {"engineering", "customers", "board"}) {
    Communication message;
    message.audience = audience;
    message.channel = "slack";
    message.within = 5s;
    spec.scenario.communications.push_back(message);
  }
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).notified(0, at(25s)).bad(4s).notified(1, at(25s));
  const auto measurement = drill.good(12s).lift().measure(spec);
  ASSERT_EQ(measurement.communications.size(), 3U);
  EXPECT_FALSE(measurement.communications[0].late);
  EXPECT_EQ(measurement.communications[0].sent, at(22s));
  EXPECT_TRUE(measurement.communications[1].late);
  EXPECT_TRUE(measurement.communications[2].late) << "it was due and never went out";
  EXPECT_EQ(measurement.communications[2].sent, std::nullopt);
  EXPECT_EQ(timeline_of(measurement).notified, at(22s));
}

TEST(Recovery, AMessageThatIsNotYetDueIsNotMissed) {
  Spec spec = simple_spec();
  spec.scenario.communications.resize(1);
  spec.scenario.communications[0].within = 15min;
  EXPECT_TRUE(Drill().steady(20s).fault("a").bad(2s).good(12s).lift().measure(spec).communications.empty());
}

}  // namespace
}  // namespace blackstart::test
