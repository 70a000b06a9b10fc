// The Conductor in the fake world: what a drill does, in which order, and what it says of it.

#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Instant of the first such event, for comparisons of order.
Instant when(const Drilled& drilled, const std::string& type, const std::string& key = "", const Json& value = {}) {
  const Event* event = drilled.first(type, key, value);
  EXPECT_NE(event, nullptr) << type << " " << value;
  return event ? event->at : kNever;
}

std::size_t position(const FakeWorld& world, const std::string& call_name) {
  const auto found = std::ranges::find(world.calls, call_name);
  EXPECT_NE(found, world.calls.end()) << call_name;
  return static_cast<std::size_t>(found - world.calls.begin());
}

TEST(Conductor, PlaysADrillToItsVerdict) {
  const Spec spec = database_failure();
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  ASSERT_TRUE(*drilled.result) << drilled.result->error().to_string();
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_THAT(drilled.phases(),
              ElementsAre("bring up", "steady state", "faults", "restored", "drained", "validate", "lift", "settle",
                          "after end", "read back", "verdict", "undo", "tear down"));
  EXPECT_TRUE(drilled.journal.finished);
  EXPECT_EQ(drilled.events.front().type, "drill.started");
  EXPECT_EQ(drilled.events.back().type, "drill.finished");
  expect_left_clean(world, drilled, "happy path");

  const Measurement measured = drilled.measured(spec);
  ASSERT_EQ(measured.incidents.size(), 1u);
  const auto& timeline = measured.incidents[0].timeline;
  ASSERT_TRUE(timeline.fault && timeline.detected && timeline.restored && timeline.validated);
  // Two failures a second apart, at most 3 s of promotion, one bin of the grid.
  EXPECT_LE(*timeline.detected - *timeline.fault, 2100ms);
  EXPECT_GE(*measured.incidents[0].rto.achieved, 3s);
  EXPECT_LE(*measured.incidents[0].rto.achieved, 5300ms);
}

TEST(Conductor, JournalsBeforeItActsAndJudgesBeforeItUndoes) {
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, database_failure());
  const Event* injecting = drilled.first("fault.injecting");
  ASSERT_NE(injecting, nullptr);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_LE(injecting->at, acted - 200ms) << "armed at least 200 ms ahead";
  EXPECT_EQ(to_ns(acted), injecting->body["planned_ns"]);
  EXPECT_LT(drilled.first("drill.judged")->seq, drilled.first("fault.healed")->seq) << "damage is undone too early";
  EXPECT_LT(drilled.first("read_back.finished")->seq, drilled.first("drill.judged")->seq);
  EXPECT_LT(position(world, "stop"), position(world, "read_back"));
  EXPECT_LT(position(world, "perform rebuild"), position(world, "read_back"));
  EXPECT_LT(position(world, "stop"), position(world, "perform rebuild"));
  EXPECT_LT(position(world, "heal 1"), position(world, "residues"));
  EXPECT_LT(position(world, "residues"), position(world, "tear_down"));
}

TEST(Conductor, LiftsActingFaultsBeforeTheReadBack) {
  Spec spec = database_failure();
  spec.scenario.faults = {fault("cut off", 0s, FaultClass::kActing, FaultEnd::kDrillEnd)};
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  EXPECT_GT(when(drilled, "fault.healed"), when(drilled, "phase.entered", "phase", "lift") - 1ns);
  EXPECT_LT(position(world, "heal 1"), position(world, "stop"));
  expect_left_clean(world, drilled, "acting fault");
}

TEST(Conductor, HealsAnActingFaultUntilRecoveredOnceServiceIsBack) {
  Spec spec = database_failure();
  spec.scenario.faults = {fault("cut off", 0s, FaultClass::kActing, FaultEnd::kRecovered)};
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  const Instant healed = when(drilled, "fault.healed");
  EXPECT_GT(healed, when(drilled, "phase.entered", "phase", "restored"));
  EXPECT_LT(healed, when(drilled, "phase.entered", "phase", "validate"));
  EXPECT_GE(when(drilled, "phase.entered", "phase", "validate") - healed, 5s) << "observed for hold after it";
}

TEST(Conductor, HealsAFaultWithALengthAtItsEnd) {
  Spec spec = database_failure();
  spec.scenario.recovery.reset();
  spec.scenario.faults = {fault("cut off", 0s, FaultClass::kActing, FaultEnd::kFor, 10s)};
  Script script;
  script.faults[1].heals_service = true;
  FakeWorld world(script);
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_EQ(when(drilled, "fault.healing") - acted, 10s);
  const Measurement measured = drilled.measured(spec);
  EXPECT_GE(*measured.incidents.at(0).rto.achieved, 10s);
  EXPECT_LE(*measured.incidents.at(0).rto.achieved, 10300ms);
}

TEST(Conductor, AFaultThatHurtsNobodyIsAbsorbed) {
  Spec spec = database_failure();
  spec.scenario.recovery.reset();
  Script script;
  script.faults[1].hurts = false;
  FakeWorld world(script);
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_TRUE(drilled.measured(spec).incidents.at(0).rto.absorbed);
  EXPECT_LT(drilled.events.back().at, at(40s)) << "the observation need not last to its limit";
}

TEST(Conductor, WithoutDetectionTheRecoveryIsSkipped) {
  Spec spec = database_failure();
  FakeWorld world(promote_restores());
  world.script.checks["tcp"] = [] { return true; };  // the rule never fails
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.count("detection.fired"), 0);
  EXPECT_EQ(drilled.count("step.started"), 0);
  const Event* skipped = drilled.first("step.finished", "title", "promote");
  ASSERT_NE(skipped, nullptr);
  EXPECT_EQ(skipped->body["outcome"], "skipped");
  EXPECT_NE(drilled.exit_code(), 0);
  EXPECT_EQ(drilled.first("phase.entered", "phase", "validate"), nullptr) << "service was never restored";
  expect_left_clean(world, drilled, "no detection");
}

TEST(Conductor, ARuleThatFailedBeforeTheFaultDetectsNothing) {
  Spec spec = database_failure();
  spec.scenario.steady_state->probes.clear();
  FakeWorld world(promote_restores());
  world.script.checks["tcp"] = [] { return false; };
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.count("probe.failed"), 1);
  EXPECT_EQ(drilled.count("detection.fired"), 0);
}

TEST(Conductor, AProbeThatCannotBeMadeCountsAsFailed) {
  Spec spec = database_failure();
  FakeWorld world(promote_restores());
  world.script.probe_error = fail(ErrorCode::kUnavailable, "no route");
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 2) << "there is no steady state without evidence";
  EXPECT_THAT(drilled.first("probe.failed", "of", "detection")->body["detail"].get<std::string>(),
              HasSubstr("no route"));
  EXPECT_TRUE(world.ever_acted.empty());
}

TEST(Conductor, WithoutDetectionRulesTheRecoveryFollowsTheFault) {
  Spec spec = database_failure();
  spec.scenario.detection.clear();
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  EXPECT_LE(when(drilled, "step.started") - when(drilled, "fault.effective"), 200ms);
}

TEST(Conductor, ARecoveryMayStartAtAGivenInstant) {
  Spec spec = database_failure();
  spec.scenario.recovery->after_detection = false;
  spec.scenario.recovery->at = 20s;
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_EQ(when(drilled, "step.started") - acted, 19s);
}

TEST(Conductor, InjectsNothingWithoutASteadyState) {
  Spec spec = database_failure();
  FakeWorld world(promote_restores());
  world.script.good_from = 5min;
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 2);
  EXPECT_TRUE(world.ever_acted.empty());
  const Event* faults = drilled.first("phase.entered", "phase", "faults");
  ASSERT_NE(faults, nullptr);
  EXPECT_EQ(faults->body["steady_held"], false);
  EXPECT_THAT(faults->body["why"].get<std::string>(), HasSubstr("healthy"));
  EXPECT_LT(drilled.events.back().at, at(40s)) << "it is waited for 30 s";
  expect_left_clean(world, drilled, "no steady state");
}

TEST(Conductor, WaitsForASteadyStateThatComesLate) {
  FakeWorld world(promote_restores());
  world.script.good_from = 10s;
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 0);
  const Event* faults = drilled.first("phase.entered", "phase", "faults");
  EXPECT_GE(instant_from_ns(faults->body["steady_from_ns"]), at(11900ms));
  EXPECT_GE(faults->at, at(16900ms));
}

TEST(Conductor, TheSteadyStateIsNotLookedAtBeforeItCanHold) {
  std::vector<Instant> reached;
  std::vector<std::uint64_t> sleeps;
  for (const Duration length : {5s, 65s}) {
    Spec spec = database_failure();
    spec.scenario.steady_state->length = length;
    spec.scenario.steady_state->within = 2min;
    FakeWorld world(promote_restores());
    const Drilled drilled = run_drill(world, spec);
    EXPECT_EQ(drilled.exit_code(), 0);
    reached.push_back(drilled.first("phase.entered", "phase", "faults")->at);
    sleeps.push_back(world.time.sleeps);
  }
  EXPECT_EQ(reached[1] - reached[0], 60s) << "and it is seen no later";
  EXPECT_LT(sleeps[1] - sleeps[0], 60U * 10) << "ten looks a second could only say no";
}

TEST(Conductor, AFaultWithoutProofIsInconclusive) {
  FakeWorld world(promote_restores());
  world.script.faults[1].proven = false;
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 2);
  expect_left_clean(world, drilled, "no proof");
}

TEST(Conductor, AFaultThatCannotBeInjectedEndsTheDrill) {
  FakeWorld world(promote_restores());
  world.script.faults[1].error = fail(ErrorCode::kNotFound, "no such member");
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 2);
  EXPECT_THAT(drilled.events.back().body["error"].get<std::string>(), HasSubstr("no such member"));
  EXPECT_LT(drilled.events.back().at, at(20s));
}

TEST(Conductor, AHealingWithoutProofIsTriedAgainAndThenLeftBehind) {
  FakeWorld world(promote_restores());
  world.script.faults[1].heals_that_fail = 2;
  const Drilled mended = run_drill(world, database_failure());
  EXPECT_EQ(mended.exit_code(), 0);
  expect_left_clean(world, mended, "healed at the third try");

  FakeWorld stubborn(promote_restores());
  stubborn.script.faults[1].heals_that_fail = 1000;
  const Drilled left = run_drill(stubborn, database_failure());
  EXPECT_EQ(left.exit_code(), 4);
  const Json& residues = left.events.back().body["residues"];
  ASSERT_EQ(residues.size(), 1u);
  EXPECT_THAT(residues[0]["what"].get<std::string>(), HasSubstr("primary lost"));
  EXPECT_FALSE(stubborn.up) << "it is torn down all the same";
}

TEST(Conductor, ResiduesChangeTheExitCodeAndNotTheVerdict) {
  FakeWorld world(promote_restores());
  world.script.residues = {{"process 4312 still stopped", "kill -CONT 4312"}};
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 4);
  EXPECT_EQ(drilled.first("drill.judged")->body["verdict"], "pass");
}

TEST(Conductor, ASecondFaultInGoodServiceOpensTheNextIncident) {
  Spec spec = database_failure();
  spec.scenario.faults.push_back(fault("cache lost", 30s, FaultClass::kActing, FaultEnd::kFor, 8s));
  FakeWorld world(promote_restores());
  world.script.faults[2].heals_service = true;
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  const Measurement measured = drilled.measured(spec);
  ASSERT_EQ(measured.incidents.size(), 2u);
  EXPECT_TRUE(measured.incidents[1].timeline.restored);
  EXPECT_GT(when(drilled, "phase.entered", "phase", "validate"), *measured.incidents[1].timeline.restored + 5s);
}

TEST(Conductor, BringUpThatFailsIsInconclusiveAndTornDown) {
  FakeWorld world(promote_restores());
  world.script.bring_up_error = fail(ErrorCode::kTimeout, "database is not ready after 30s");
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 2);
  EXPECT_THAT(drilled.events.back().body["error"].get<std::string>(), HasSubstr("not ready"));
  EXPECT_EQ(drilled.first("phase.entered", "phase", "read back"), nullptr);
  expect_left_clean(world, drilled, "bring-up fails");
}

TEST(Conductor, AnIncompleteReadBackIsInconclusive) {
  FakeWorld world(promote_restores());
  world.script.read_back_error = fail(ErrorCode::kProtocol, "page 3 is no JSON");
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), drilled.first("drill.judged")->body["verdict"] == "fail" ? 1 : 2);
  EXPECT_NE(drilled.exit_code(), 0);
  const Event* read_back = drilled.first("read_back.finished");
  ASSERT_NE(read_back, nullptr);
  EXPECT_EQ(read_back->body["complete"], false);
  EXPECT_THAT(read_back->body["why_incomplete"].get<std::string>(), HasSubstr("page 3"));
}

TEST(Conductor, DryRunsEverythingButTheFaults) {
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, database_failure(), {.dry = true});
  EXPECT_TRUE(world.ever_acted.empty());
  EXPECT_EQ(drilled.count("step.started"), 0);
  EXPECT_NE(drilled.first("check.result", "name", "endpoint"), nullptr);
  EXPECT_NE(drilled.first("read_back.finished"), nullptr);
  EXPECT_NE(drilled.first("drill.judged"), nullptr);
  expect_left_clean(world, drilled, "dry");
}

TEST(Conductor, TheSameDrillWritesTheSameBytes) {
  FakeWorld one(promote_restores()), two(promote_restores());
  const Drilled first = run_drill(one, database_failure());
  const Drilled second = run_drill(two, database_failure());
  EXPECT_EQ(first.journal.sha256, second.journal.sha256);
}

}  // namespace
}  // namespace blackstart::testing
