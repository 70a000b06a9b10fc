// What people choose and decide, and what a step skips, in the fake world.

#include "rehearsal/modelled_people.h"
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

std::string detail_of(const Drilled& drilled, const std::string& title) {
  return drilled.first("step.finished", "title", title)->body["detail"];
}

std::vector<Step>& steps_of(Spec& spec) { return spec.scenario.recovery->steps; }

/// Draws what a test says, and remembers what for.
class FakeModel final : public PeopleModel {
 public:
  Duration draw_time(const std::string& what, const Distribution& law) override {
    drawn.push_back(what);
    return law.first;
  }
  std::size_t draw_choice(const std::string& what, const std::vector<double>& weights) override {
    drawn.push_back(what);
    offered = weights;
    return pick;
  }
  std::size_t pick = 0;
  std::vector<double> offered;
  std::vector<std::string> drawn;
};

Distribution constant(Duration length) {
  Distribution law;
  law.first = length;
  return law;
}

/// Step 2 has two ways: "promote", which restores, and "restore", which does too.
Spec with_choice() {
  Spec spec = database_failure();
  Step choice;
  choice.id = "2";
  choice.title = "bring it back";
  choice.options = {action_step("2.options.1", "promote"), action_step("2.options.2", "restore")};
  choice.options[0].weight = 1;
  choice.options[1].weight = 3;
  steps_of(spec)[1] = choice;
  return spec;
}

Script both_restore() {
  Script script = promote_restores();
  script.actions["restore"] = {.takes = 8s, .ok = true, .restores = true};
  return script;
}

TEST(Choice, TheOptionThatIsPickedIsRunAndTheOthersAreSkipped) {
  const Spec spec = with_choice();
  FakeWorld world(both_restore());
  FakeModel model;
  model.pick = 1;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_THAT(model.offered, ElementsAre(1.0, 3.0));
  EXPECT_THAT(model.drawn, ElementsAre("step 2.options"));
  EXPECT_EQ(outcome_of(drilled, "restore"), "ok");
  EXPECT_EQ(outcome_of(drilled, "promote"), "skipped");
  EXPECT_THAT(detail_of(drilled, "promote"), HasSubstr("\"restore\" was chosen"));
  EXPECT_THAT(world.calls, ::testing::Not(::testing::Contains("perform promote")));
  EXPECT_EQ(outcome_of(drilled, "bring it back"), "ok");
  const Event* decision = drilled.first("decision.taken", "step", "2");
  ASSERT_NE(decision, nullptr);
  EXPECT_EQ(decision->body["option"], "restore");
  EXPECT_EQ(decision->body["by"], "person");
  EXPECT_EQ(decision->body["took_ns"], 0);
  EXPECT_EQ(world.outputs["bring it back"], "restore");
}

TEST(Choice, TakesTheTimeOfWhoDecides) {
  Spec spec = with_choice();
  steps_of(spec)[1].decision = Decision{"incident commander", constant(15s)};
  FakeWorld world(both_restore());
  FakeModel model;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  const Event* decision = drilled.first("decision.taken");
  ASSERT_NE(decision, nullptr);
  EXPECT_EQ(drilled.count("decision.taken"), 1);
  EXPECT_EQ(decision->body["by"], "incident commander");
  EXPECT_EQ(decision->body["took_ns"], to_ns(15s));
  EXPECT_EQ(drilled.first("step.started", "title", "promote")->at, decision->at);
  EXPECT_EQ(drilled.measured(spec).people_modelled, 15s);
}

TEST(Choice, AnOptionThatFailsFailsTheStep) {
  const Spec spec = with_choice();
  FakeWorld world(both_restore());
  world.script.actions["promote"].ok = false;
  FakeModel model;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  EXPECT_EQ(outcome_of(drilled, "bring it back"), "failed");
  EXPECT_EQ(outcome_of(drilled, "restore"), "skipped") << "alternatives, not a chain";
  EXPECT_EQ(outcome_of(drilled, "rebuild"), "skipped");
}

TEST(Choice, WithoutAPersonTheLikeliestIsAssumedAndSaidSo) {
  FakeWorld world(both_restore());
  const Drilled drilled = run_drill(world, with_choice(), {.assume_manual = 12s});
  EXPECT_EQ(outcome_of(drilled, "restore"), "ok");
  EXPECT_EQ(outcome_of(drilled, "promote"), "skipped");
  EXPECT_THAT(detail_of(drilled, "bring it back"), HasSubstr("assumed, not chosen by a person"));
  const Event* decision = drilled.first("decision.taken");
  ASSERT_NE(decision, nullptr);
  EXPECT_EQ(decision->body["assumed"], true);
  EXPECT_EQ(decision->body["took_ns"], to_ns(12s));
}

TEST(Choice, NobodyThereChoosesNothing) {
  FakeWorld world(both_restore());
  const Drilled drilled = run_drill(world, with_choice());
  EXPECT_EQ(outcome_of(drilled, "bring it back"), "failed");
  EXPECT_EQ(drilled.count("decision.taken"), 0);
  EXPECT_THAT(world.calls, ::testing::Not(::testing::Contains("perform restore")));
}

TEST(Choice, IsRefusedLiveWithoutAPerson) {
  Spec spec = with_choice();
  steps_of(spec)[2].decision = Decision{"database administrator", {}};
  const auto refused = plan_refusals(make_plan(spec, {}), false);
  ASSERT_EQ(refused.size(), 2u);
  EXPECT_THAT(refused[0].message, HasSubstr("the option of the largest weight"));
  EXPECT_THAT(refused[1].message, HasSubstr("decided by database administrator"));
  EXPECT_TRUE(plan_refusals(make_plan(spec, {}), true).empty());
  EXPECT_TRUE(plan_refusals(make_plan(spec, {.assume_manual = 1min}), false).empty());
}

// ---- decisions ---------------------------------------------------------------------------------------------------

TEST(Decision, ComesBeforeThePartsOfItsStep) {
  Spec spec = database_failure();
  Step both;
  both.id = "2";
  both.title = "both";
  both.decision = Decision{"incident commander", constant(20s)};
  both.together = {action_step("2.together.1", "promote"), action_step("2.together.2", "repoint")};
  steps_of(spec)[1] = both;
  FakeWorld world(promote_restores());
  FakeModel model;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  EXPECT_EQ(drilled.exit_code(), 0);
  const Instant began = drilled.first("step.started", "title", "both")->at;
  EXPECT_EQ(drilled.first("decision.taken")->at, began + 20s);
  EXPECT_EQ(drilled.first("step.started", "title", "promote")->at, began + 20s);
  EXPECT_EQ(drilled.first("step.started", "title", "repoint")->at, began + 20s);
  EXPECT_EQ(drilled.first("step.finished", "title", "both")->body["by"], "machine");
  const Measurement measured = drilled.measured(spec);
  EXPECT_EQ(measured.people_modelled, 20s);
  EXPECT_EQ(measured.machine_time + 20s, *measured.incidents[0].rto.achieved);
}

TEST(Decision, ItsOutputIsTheMomentBeforeTheFault) {
  Spec spec = database_failure();
  steps_of(spec)[1].decision = Decision{"database administrator", constant(5s)};
  steps_of(spec)[1].output = "target_time";
  FakeWorld world(promote_restores());
  FakeModel model;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  const Event* effective = drilled.first("fault.effective");
  const std::int64_t acted = effective->body["acted_ns"];
  EXPECT_EQ(world.outputs["target_time"], format_wall({1'700'000'000'000'000'000 + acted - to_ns(1s)}));
  EXPECT_EQ(world.outputs["promote"], "out") << "what the action printed stands under the title";
}

TEST(Decision, PeopleRespondBeforeTheFirstStep) {
  Spec spec = database_failure();
  spec.scenario.people.times = {{"acknowledge", constant(7s)}, {"assemble", constant(11s)}};
  FakeWorld world(promote_restores());
  FakeModel model;
  ModelledPeople people(spec.scenario, world.time, model);
  const Drilled drilled = run_drill(world, spec, {.people = &people});
  const Timeline timeline = drilled.measured(spec).incidents[0].timeline;
  ASSERT_TRUE(timeline.detected && timeline.acknowledged && timeline.declared && timeline.responded);
  EXPECT_EQ(*timeline.declared - *timeline.acknowledged, 11s);
  EXPECT_EQ(*timeline.responded, *timeline.declared);
  EXPECT_GE(*timeline.acknowledged - *timeline.detected, 7s);
  EXPECT_THAT(model.drawn, ElementsAre("acknowledge", "assemble"));
  EXPECT_EQ(drilled.measured(spec).people_modelled, 18s);
}

TEST(Decision, NobodyWhoIsAskedToAcknowledgeLeavesNoMark) {
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, database_failure());
  EXPECT_EQ(drilled.count("people.acknowledged"), 0);
  EXPECT_FALSE(drilled.measured(database_failure()).incidents[0].timeline.acknowledged);
}

// ---- skips -------------------------------------------------------------------------------------------------------

/// confirm down, promote, repoint, verify, then after the end rebuild and clean up.
Spec long_recovery() {
  Spec spec = database_failure();
  Step rebuild = steps_of(spec)[2];
  Step clean_up = action_step("6", "clean up");
  clean_up.after_end = true;
  rebuild.id = "5";
  steps_of(spec).resize(2);
  steps_of(spec).push_back(action_step("3", "repoint"));
  steps_of(spec).push_back(action_step("4", "verify"));
  steps_of(spec).push_back(rebuild);
  steps_of(spec).push_back(clean_up);
  return spec;
}

TEST(Skip, AStepThatSucceededLeavesOutThoseBetween) {
  Spec spec = long_recovery();
  steps_of(spec)[1].skip_to = "verify";
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(drilled.exit_code(), 0) << ::testing::PrintToString((*drilled.result)->verdict.reasons);
  EXPECT_EQ(outcome_of(drilled, "repoint"), "skipped");
  EXPECT_EQ(detail_of(drilled, "repoint"), "\"promote\" succeeded: on with \"verify\"");
  EXPECT_EQ(outcome_of(drilled, "verify"), "ok");
  EXPECT_EQ(outcome_of(drilled, "rebuild"), "ok");
  EXPECT_THAT(world.calls, ::testing::Not(::testing::Contains("perform repoint")));
}

TEST(Skip, NotWhereOnlyTheAlternativeSucceeded) {
  Spec spec = long_recovery();
  steps_of(spec)[1].skip_to = "verify";
  steps_of(spec)[1].otherwise = {action_step("2.otherwise.1", "restore")};
  FakeWorld world(promote_restores());
  world.script.actions["promote"] = {.takes = 1s, .ok = false};
  world.script.actions["restore"] = {.takes = 1s, .ok = true, .restores = true};
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(outcome_of(drilled, "repoint"), "ok") << "the step itself failed";
}

TEST(Skip, FromAnAlternativeLeavesOutTheRestOfBothChains) {
  Spec spec = long_recovery();
  steps_of(spec)[1].otherwise = {action_step("2.otherwise.1", "restore"), action_step("2.otherwise.2", "replay")};
  steps_of(spec)[1].otherwise[0].skip_to = "verify";
  FakeWorld world(promote_restores());
  world.script.actions["promote"] = {.takes = 1s, .ok = false};
  world.script.actions["restore"] = {.takes = 1s, .ok = true, .restores = true};
  const Drilled drilled = run_drill(world, spec);
  EXPECT_EQ(outcome_of(drilled, "replay"), "skipped");
  EXPECT_EQ(outcome_of(drilled, "repoint"), "skipped");
  EXPECT_EQ(outcome_of(drilled, "verify"), "ok");
  EXPECT_EQ(drilled.exit_code(), 0);
}

TEST(Skip, ReachesOverStepsAfterTheEnd) {
  Spec spec = long_recovery();
  steps_of(spec)[1].skip_to = "clean up";
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  for (const char* title : {"repoint", "verify", "rebuild"}) EXPECT_EQ(outcome_of(drilled, title), "skipped") << title;
  EXPECT_EQ(outcome_of(drilled, "clean up"), "ok");
  EXPECT_EQ(drilled.exit_code(), 0);
}

// ---- faults before a backup --------------------------------------------------------------------------------------

TEST(BeforeBackup, TheFaultActsByTheTimeOfDay) {
  Spec spec = database_failure();
  BackupSpec full;
  full.name = "full";
  full.every = 24h;
  full.at = 22h + 15min;  // the fake wall clock begins at 22:13:20
  ServiceSpec database;
  database.name = "database";
  database.backups = {full};
  spec.target.services = {database};
  spec.scenario.faults.push_back(fault("just before", 0s, FaultClass::kActing, FaultEnd::kFor, 2s));
  spec.scenario.faults[1].before = BeforeBackup{"database", "full", 1min};
  FakeWorld world(promote_restores());
  world.script.faults[2].hurts = false;
  const Drilled drilled = run_drill(world, spec);
  const Event* effective = drilled.first("fault.effective", "name", "just before");
  ASSERT_NE(effective, nullptr);
  EXPECT_EQ(effective->body["acted_ns"], to_ns(40s));  // 22:14:00
  EXPECT_EQ(drilled.first("fault.injecting", "name", "just before")->body["planned_ns"], to_ns(40s));
  const Event* faults = drilled.first("phase.entered", "phase", "faults");
  EXPECT_EQ(faults->body["last_fault_ns"], to_ns(40s));
  const Json& planned = drilled.events.front().body["plan"]["faults"][1];
  EXPECT_TRUE(planned["at_ns"].is_null());
  EXPECT_EQ(planned["before"], "database.backups.full");
  EXPECT_GE(drilled.first("phase.entered", "phase", "lift")->at, at(40s)) << "the observation lasts beyond it";
  expect_left_clean(world, drilled, "a fault before a backup");
}

TEST(BeforeBackup, TheLastFaultIsTheLatestWhateverItsPlace) {
  Spec spec = database_failure();
  BackupSpec full;
  full.name = "full";
  full.every = 24h;
  full.at = 22h + 13min + 45s;
  ServiceSpec database;
  database.name = "database";
  database.backups = {full};
  spec.target.services = {database};
  spec.scenario.faults[0].at = 1min;
  spec.scenario.faults.push_back(fault("just before", 0s, FaultClass::kActing, FaultEnd::kFor, 2s));
  spec.scenario.faults[1].before = BeforeBackup{"database", "full", 1s};
  FakeWorld world(promote_restores());
  const Drilled drilled = run_drill(world, spec);
  const Event* faults = drilled.first("phase.entered", "phase", "faults");
  EXPECT_EQ(faults->body["last_fault_ns"], drilled.first("fault.injecting", "id", 1)->body["planned_ns"]);
}

}  // namespace
}  // namespace blackstart::testing
