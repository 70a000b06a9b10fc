// Steps of a recovery, validation with further recovery, communications and injects, in the fake world.

#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string outcome_of(const Drilled& drilled, const std::string& title) {
  const Event* finished = drilled.first("step.finished", "title", title);
  return finished ? finished->body["outcome"].get<std::string>() : "none";
}

Duration length_of(const Drilled& drilled, const std::string& title) {
  const Event* started = drilled.first("step.started", "title", title);
  const Event* finished = drilled.first("step.finished", "title", title);
  return started && finished ? finished->at - started->at : Duration{-1};
}

std::vector<Step>& steps_of(Spec& spec) { return spec.scenario.recovery->steps; }

TEST(Recovery, AStepOverItsBudgetIsCancelledForTheAlternative) {
  Spec spec = database_failure();
  steps_of(spec)[1].otherwise = {action_step("2.otherwise.1", "restore", 1min)};
  FakeWorld world(promote_restores());
  world.script.actions["promote"].takes = 10min;
  world.script.actions["restore"] = {.takes = 5s, .ok = true, .restores = true};
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_EQ(outcome_of(drilled, "promote"), "over budget");
  EXPECT_EQ(length_of(drilled, "promote"), 30s);
  EXPECT_EQ(outcome_of(drilled, "restore"), "ok");
  EXPECT_EQ(outcome_of(drilled, "rebuild"), "ok") << "the recovery went on";
}

TEST(Recovery, RedundancyThatTheLastStepBringsBackIsSeen) {
  FakeWorld world(promote_restores());
  world.script.actions["rebuild"].takes = 1500ms;  // it ends between two looks
  world.script.redundant = [&] { return world.outputs.contains("rebuild"); };
  const Spec spec = database_failure();
  const Drilled drilled = run_drill(world, spec);
  ASSERT_EQ(outcome_of(drilled, "rebuild"), "ok");
  const Event* last = drilled.first("protection.observed", "held", true);
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(drilled.measured(spec).incidents.at(0).timeline.protected_again, last->at);
  EXPECT_EQ(last->at, drilled.first("step.finished", "title", "rebuild")->at);
}

TEST(Recovery, AFailedStepIsMadeGoodByTheAlternative) {
  Spec spec = database_failure();
  steps_of(spec)[1].otherwise = {action_step("2.otherwise.1", "restore")};
  FakeWorld world(promote_restores());
  world.script.actions["promote"] = {.takes = 1s, .ok = false};
  ActionOutcome::RecoveryPoint point{"database", "restore", "b-17", "ab", at(3s)};
  world.script.actions["restore"] = {
      .takes = 5s, .ok = true, .restores = true, .hurts = false, .recovery_point = point};
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(outcome_of(drilled, "promote"), "failed");
  EXPECT_EQ(outcome_of(drilled, "restore"), "ok");
  const Event* finished = drilled.first("step.finished", "title", "restore");
  EXPECT_EQ(finished->body["recovery_point"]["backup_id"], "b-17");
  EXPECT_EQ(finished->body["recovery_point"]["newest_ns"], to_ns(at(3s)));
  EXPECT_THAT(world.read_backs.back().restored_points, ElementsAre(at(3s)));
  EXPECT_THAT(world.read_backs.back().restored_at, ElementsAre(finished->at))
      << "what is acknowledged later and lost, no restore explains";
}

TEST(Recovery, APromotionIsNoRestore) {
  FakeWorld world(promote_restores());
  world.script.actions["promote"].recovery_point = {"database", "promote", "", "", at(3s)};
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_TRUE(world.read_backs.back().restored_points.empty()) << "a loss by lag is no roll-back";
  EXPECT_EQ(drilled.measured(database_failure()).recovery_points.size(), 1u);
}

TEST(Recovery, ASlowStepWithoutAlternativeGoesOnAndIsOverBudget) {
  FakeWorld world(promote_restores());
  world.script.actions["promote"].takes = 40s;
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(outcome_of(drilled, "promote"), "over budget");
  EXPECT_EQ(length_of(drilled, "promote"), 40s);
  EXPECT_EQ(outcome_of(drilled, "rebuild"), "ok");
  EXPECT_EQ(drilled.exit_code(), 0) << "budgets warn by default";
}

TEST(Recovery, AFailedStepEndsTheChain) {
  FakeWorld world(promote_restores());
  world.script.checks["down"] = [] { return false; };
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(outcome_of(drilled, "confirm down"), "failed");
  EXPECT_EQ(drilled.first("step.finished", "title", "confirm down")->body["done"], false);
  EXPECT_EQ(length_of(drilled, "confirm down"), 30s) << "looked at until its budget was over";
  EXPECT_EQ(outcome_of(drilled, "promote"), "skipped") << "nothing is promoted while the primary may be alive";
  EXPECT_EQ(outcome_of(drilled, "rebuild"), "skipped");
  EXPECT_NE(drilled.exit_code(), 0);
  expect_left_clean(world, drilled, "failed check");
}

TEST(Recovery, ACheckIsLookedAtUntilItHolds) {
  FakeWorld world(promote_restores());
  int looks = 0;
  world.script.checks["down"] = [&] { return ++looks > 5; };
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(outcome_of(drilled, "confirm down"), "ok");
  EXPECT_EQ(looks, 6);
  EXPECT_EQ(drilled.first("check.result", "name", "confirm down")->body["passed"], true);
}

TEST(Recovery, ACheckWithHoldMustGoOnHolding) {
  Spec spec = database_failure();
  steps_of(spec)[0].hold = 4s;
  FakeWorld world(promote_restores());
  int looks = 0;
  world.script.checks["down"] = [&] { return ++looks != 4; };  // fails once, inside the first hold
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(outcome_of(drilled, "confirm down"), "ok");
  EXPECT_GE(length_of(drilled, "confirm down"), 4s + 4 * 500ms);
}

TEST(Recovery, StepsTogetherRunSideBySide) {
  Spec spec = database_failure();
  Step both;
  both.id = "2";
  both.title = "both";
  both.together = {action_step("2.together.1", "promote"), action_step("2.together.2", "repoint")};
  steps_of(spec)[1] = both;
  FakeWorld world(promote_restores());
  world.script.actions["repoint"].takes = 4s;
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  EXPECT_EQ(length_of(drilled, "both"), 4s) << "not 3 s and then 4 s";
  EXPECT_EQ(drilled.first("step.started", "title", "promote")->at,
            drilled.first("step.started", "title", "repoint")->at);

  FakeWorld failing(promote_restores());
  failing.script.actions["repoint"] = {.takes = 4s, .ok = false};
  const Drilled failed = run_drill(failing, spec);
  EXPECT_EQ(outcome_of(failed, "both"), "failed");
  EXPECT_EQ(outcome_of(failed, "promote"), "ok");
  EXPECT_EQ(outcome_of(failed, "rebuild"), "skipped");
}

class FakePeople final : public People {
 public:
  explicit FakePeople(FakeWorld& world) : world_(world) {}
  Task<Result<std::string>> do_by_hand(const Step& step, std::string text, Limit limit) override {
    asked.push_back(step.id + ": " + text);
    const auto woken = co_await world_.time.sleep_until(world_.time.now() + 20s, limit.stop);
    if (!woken) co_return woken.error();
    co_return "backup b-17";
  }
  std::vector<std::string> asked;

 private:
  FakeWorld& world_;
};

TEST(Recovery, APersonDoesAManualStep) {
  Spec spec = database_failure();
  steps_of(spec)[0] = {};
  steps_of(spec)[0].id = "1";
  steps_of(spec)[0].title = "Choose for {{title}}";
  steps_of(spec)[0].manual = true;
  steps_of(spec)[0].output = "choice";
  FakeWorld world(promote_restores());
  FakePeople people(world);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  EXPECT_THAT(people.asked, ElementsAre("1: Choose for Primary lost"));
  const Event* decision = drilled.first("decision.taken");
  ASSERT_NE(decision, nullptr);
  EXPECT_EQ(decision->body["text"], "backup b-17");
  EXPECT_EQ(drilled.first("step.finished", "id", "1")->body["by"], "person");
  EXPECT_EQ(world.outputs["choice"], "backup b-17");
  EXPECT_EQ(length_of(drilled, "Choose for {{title}}"), 20s);
}

TEST(Recovery, AManualStepMayBeAssumed) {
  Spec spec = database_failure();
  steps_of(spec)[0] = {};
  steps_of(spec)[0].id = "1";
  steps_of(spec)[0].title = "Call the vendor";
  steps_of(spec)[0].manual = true;
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec, {.assume_manual = 12s});
  EXPECT_EQ(length_of(drilled, "Call the vendor"), 12s);
  EXPECT_EQ(drilled.first("step.finished", "id", "1")->body["by"], "person");
  EXPECT_EQ(drilled.count("decision.taken"), 0);
  EXPECT_EQ(drilled.exit_code(), 0);
}

TEST(Recovery, AReconcileStepIsOneProvisionalPass) {
  Spec spec = database_failure();
  Step reconcile = check_step("2b", "verify integrity", "reconcile");
  reconcile.check = call("reconcile", {{"reconcile", "bids"}, {"up_to", "fault"}});
  steps_of(spec).insert(steps_of(spec).begin() + 2, reconcile);
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0);
  ASSERT_EQ(world.read_backs.size(), 2u);
  EXPECT_EQ(world.read_backs[0].passes, 1);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_EQ(world.read_backs[0].acknowledged_before, acted);
  EXPECT_THAT(world.read_backs[0].fault_acts, ElementsAre(acted));
  EXPECT_EQ(world.read_backs[1].passes, 2);
  EXPECT_EQ(world.read_backs[1].acknowledged_before, kNever);
  EXPECT_GT(world.read_backs[1].effective, acted);
  EXPECT_EQ(drilled.first("read_back.finished")->body["provisional"], true);
}

// ---- validation ----

/// A drill whose endpoint check fails until its further recovery was done.
Spec with_further_recovery() {
  Spec spec = database_failure();
  spec.scenario.validation[1].otherwise = {action_step("validation.2.otherwise.1", "flush caches")};
  return spec;
}

TEST(Validation, AFailedCheckSetsOffAFurtherRecovery) {
  const Spec spec = with_further_recovery();
  FakeWorld world(promote_restores());
  world.script.actions["flush caches"].takes = 5s;
  world.script.checks["http"] = [&world] { return world.outputs.contains("flush caches"); };
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  const Event* flushed = drilled.first("step.finished", "title", "flush caches");
  ASSERT_NE(flushed, nullptr);
  const Measurement measured = drilled.measured(spec);
  EXPECT_GE(*measured.incidents.at(0).timeline.restored, flushed->at) << "the clock had not stopped";
  EXPECT_EQ(drilled.first("check.result", "name", "endpoint")->body["passed"], false);
}

TEST(Validation, AFurtherRecoveryIsTriedOnce) {
  FakeWorld world(promote_restores());
  world.script.checks["http"] = [] { return false; };
  const Drilled drilled = run_drill(world, with_further_recovery());
  EXPECT_EQ(std::ranges::count(world.calls, "perform flush caches"), 1);
  EXPECT_EQ(drilled.exit_code(), 1);
}

TEST(Validation, TheLastReadBackAnswersReconcile) {
  FakeWorld world(promote_restores());
  world.script.read_back.phantom = 3;
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.exit_code(), 1);
  const Event* result = drilled.first("check.result", "name", "bids reconcile");
  ASSERT_NE(result, nullptr);
  EXPECT_EQ(result->body["passed"], false);
  EXPECT_GT(result->seq, drilled.first("read_back.finished")->seq);
}

TEST(Validation, AReconcileWithAnAlternativeIsAskedUnderTrafficToo) {
  Spec spec = database_failure();
  spec.scenario.validation[0].otherwise = {action_step("validation.1.otherwise.1", "restore tables")};
  FakeWorld world(promote_restores());
  world.script.read_back.phantom = 3;
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(std::ranges::count(world.calls, "perform restore tables"), 1);
  EXPECT_EQ(std::ranges::count(world.calls, "read_back provisional"), 2) << "before and after";
  EXPECT_EQ(drilled.exit_code(), 1);
}

TEST(Validation, ThresholdsAreJudgedUnderTrafficAndAfterTheReadBack) {
  Spec spec = database_failure();
  ValidationCheck latency{.name = "latency back",
                          .check = {},
                          .thresholds = {threshold("bid_latency", "after", "<", 100e6)},
                          .otherwise = {},
                          .where = {}};
  ValidationCheck nothing_lost{.name = "nothing lost",
                               .check = {},
                               .thresholds = {threshold("lost", "", "==", 0)},
                               .otherwise = {},
                               .where = {}};
  spec.scenario.validation = {latency, nothing_lost};
  FakeWorld world(promote_restores());
  world.script.read_back.lost = 5;
  world.script.read_back.first_lost_ack = at(8s);
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.first("check.result", "name", "latency back")->body["passed"], true)
      << drilled.first("check.result", "name", "latency back")->body;
  EXPECT_EQ(drilled.first("check.result", "name", "nothing lost")->body["passed"], false);
  EXPECT_LT(drilled.first("check.result", "name", "latency back")->seq, drilled.first("read_back.finished")->seq);
  EXPECT_EQ(drilled.exit_code(), 1);
}

// ---- words ----

Communication message(std::string audience, std::optional<Duration> within, std::optional<Duration> every = {}) {
  Communication made;
  made.audience = std::move(audience);
  made.channel = "slack";
  made.within = within;
  made.every = every;
  made.until = every ? "restored" : "";
  made.message = "Down: {{title}} ({{drill.id}})";
  return made;
}

TEST(Communications, GoOutOnDetectionAndRepeatUntilRestored) {
  Spec spec = database_failure();
  spec.scenario.communications = {message("engineering", 15min), message("internal", {}, 10s)};
  FakeWorld world(promote_restores());
  world.script.actions["promote"].takes = 25s;
  const Drilled drilled = run_drill(world, spec);
  const Event* first = drilled.first("notification.sent", "audience", "engineering");
  ASSERT_NE(first, nullptr);
  EXPECT_THAT(first->body["message"].get<std::string>(), HasSubstr("Down: Primary lost (database-failure-"));
  EXPECT_EQ(first->body["delivered"], true);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_EQ(first->body["due_ns"], to_ns(acted + 15min));
  EXPECT_LE(first->at - drilled.first("detection.fired")->at, 200ms);
  EXPECT_EQ(std::ranges::count(world.calls, "notify engineering"), 1);
  // At detection, and each again just before 10 s have gone by; restored (known) a little after 33 s.
  EXPECT_EQ(std::ranges::count(world.calls, "notify internal"), 4);
  std::optional<Instant> before;
  for (const auto& event : drilled.events) {
    if (event.type != "notification.sent") continue;
    EXPECT_LE(event.at, instant_from_ns(event.body["due_ns"])) << "in time";
    if (event.body["audience"] != "internal") continue;
    EXPECT_LE(event.at - before.value_or(event.at), 10s) << "nobody waits longer than was promised";
    before = event.at;
  }
}

TEST(Communications, WaitForTheirCondition) {
  Spec spec = database_failure();
  spec.scenario.communications = {message("customers", 1h), message("press", 1h)};
  spec.scenario.communications[0].when = *Expression::parse("outage > 10s");
  spec.scenario.communications[1].when = *Expression::parse("outage > 30m");
  FakeWorld world(promote_restores());
  world.script.actions["promote"].takes = 25s;
  const Drilled drilled = run_drill(world, spec);
  const Event* sent = drilled.first("notification.sent", "audience", "customers");
  ASSERT_NE(sent, nullptr);
  const Instant acted = instant_from_ns(drilled.first("fault.effective")->body["acted_ns"]);
  EXPECT_GT(sent->at - acted, 10s);
  EXPECT_LT(sent->at - acted, 11s);
  EXPECT_EQ(drilled.first("notification.sent", "audience", "press"), nullptr);
}

TEST(Communications, OneThatCannotBeDeliveredIsRecordedAsSuch) {
  Spec spec = database_failure();
  spec.scenario.communications = {message("engineering", 15min)};
  FakeWorld world(promote_restores());
  world.script.notify_error = fail(ErrorCode::kUnavailable, "webhook: 503");
  const Drilled drilled = run_drill(world, spec);
  const Event* sent = drilled.first("notification.sent");
  ASSERT_NE(sent, nullptr);
  EXPECT_EQ(sent->body["delivered"], false);
  EXPECT_THAT(sent->body["detail"].get<std::string>(), HasSubstr("503"));
  EXPECT_EQ(std::ranges::count(world.calls, "notify engineering"), 3) << "it is tried again";
}

TEST(Communications, OneThatHangsDoesNotHoldTheDrill) {
  Spec spec = database_failure();
  spec.scenario.communications = {message("engineering", 15min)};
  FakeWorld answering(promote_restores());
  const Drilled as_usual = run_drill(answering, spec);
  FakeWorld hanging(promote_restores());
  hanging.script.notify_takes = 1h;
  const Drilled held_up = run_drill(hanging, spec);
  EXPECT_EQ(held_up.first("phase.entered", "phase", "validate")->at,
            as_usual.first("phase.entered", "phase", "validate")->at);
  EXPECT_EQ(held_up.first("notification.sent")->body["delivered"], false);
  const Measurement measured = held_up.measured(spec);
  ASSERT_EQ(measured.communications.size(), 1u);
  EXPECT_TRUE(measured.communications[0].late);
  EXPECT_EQ(measured.communications[0].sent, std::nullopt);
  EXPECT_THAT(measured.communications[0].why_undelivered, HasSubstr("when the observation ended"));
}

TEST(Injects, AreShownAtTheirInstants) {
  Spec spec = database_failure();
  ExerciseInject late, soon;
  late.at = 6s;
  late.text = "Bidders call";
  late.to = "incident commander";
  soon.at = 2s;
  soon.text = "{{title}}?";
  spec.scenario.injects = {late, soon};
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  const Event* first = drilled.first("inject.delivered", "index", 1);
  const Event* second = drilled.first("inject.delivered", "index", 0);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->body["text"], "Primary lost?");
  EXPECT_EQ(second->body["to"], "incident commander");
  EXPECT_EQ(second->at - first->at, 4s);
}

}  // namespace
}  // namespace blackstart::testing
