// Deadlines at their edges, expectations, decisions and the runbook's phases, from journals written by hand.

#include "tests/measure/journal_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

using testing::HasSubstr;

Spec with_deadline(const std::string& mark, Duration within, const std::string& of = "detected") {
  Spec spec = simple_spec();
  spec.scenario.deadlines = {{"clock", mark, within, of, {}}};
  return spec;
}

/// Detected 2 s after the fault, acknowledged `after` that (negative: never), back 3 s after the fault.
Drill drill_of(Duration after) {
  auto drill = Drill("sim").steady(20s).fault("primary lost").bad(2s).detected().bad(1s);
  if (after >= 1s) drill.good(after - 1s).event("people.acknowledged", {{"took_ns", to_ns(after)}});
  return drill.good(20s).lift().generator().read_back(kept(35000));
}

DeadlineRecord deadline_of(const Drill& drill, const Spec& spec) { return drill.measure(spec).deadlines.at(0); }

Spec responding(Spec spec) {
  spec.scenario.recovery = Recovery{};
  spec.scenario.recovery->steps.emplace_back().title = "Act";
  return spec;
}

TEST(Deadline, IsMetAtItsEdgeAndMissedBeyondIt) {
  const Spec spec = with_deadline("acknowledged", 5s);
  const auto met = deadline_of(drill_of(5s), spec);
  EXPECT_EQ(met.met, std::optional(true));
  EXPECT_EQ(*met.at, at(27s));
  EXPECT_EQ(*met.due, at(27s));
  EXPECT_EQ(deadline_of(drill_of(5001ms), spec).met, std::optional(false));
  const auto judged = find_judgement(drill_of(5001ms).judge(spec), "clock");
  EXPECT_EQ(judged.outcome, Outcome::kFail);
  EXPECT_EQ(judged.group, "deadline");
  EXPECT_EQ(judged.target, "acknowledged within 5s of detected");
  EXPECT_THAT(judged.why, HasSubstr("later than 5s"));
  EXPECT_EQ(judged.evidence, find_judgement(drill_of(5001ms).judge(spec), "rto").evidence) << "the timeline's lines";
  EXPECT_FALSE(judged.evidence.empty());
  EXPECT_EQ(drill_of(5001ms).judge(spec).outcome, Outcome::kFail);
}

TEST(Deadline, ThatNeverCameIsMissedOnceItsTimeHasPassed) {
  const Spec spec = responding(with_deadline("acknowledged", 5s));
  const auto never = deadline_of(drill_of(-1s), spec);
  EXPECT_EQ(never.met, std::optional(false));
  EXPECT_EQ(never.why, "it never came");
}

TEST(Deadline, NotDueAtTheEndIsInconclusive) {
  const Spec spec = responding(with_deadline("acknowledged", 30s));
  const auto open = deadline_of(drill_of(-1s), spec);
  EXPECT_FALSE(open.met.has_value());
  EXPECT_FALSE(open.reached);
  EXPECT_EQ(find_judgement(drill_of(-1s).judge(spec), "clock").outcome, Outcome::kInconclusive);
}

TEST(Deadline, NobodyWasAskedIsNoMiss) {
  auto live = Drill().steady(20s).fault("primary lost").bad(2s).detected().bad(1s).good(20s).lift();
  const auto record = deadline_of(live, responding(with_deadline("acknowledged", 5s)));
  EXPECT_FALSE(record.met.has_value());
  EXPECT_THAT(record.why, HasSubstr("nobody was asked"));
}

TEST(Deadline, CountsFromAMarkThatMustCome) {
  auto unseen = Drill("sim").steady(20s).fault("primary lost").bad(3s).good(20s).lift();
  const auto record = deadline_of(unseen, with_deadline("restored", 5s));
  EXPECT_FALSE(record.met.has_value());
  EXPECT_THAT(record.why, HasSubstr("`detected`, which never came"));
  EXPECT_EQ(deadline_of(unseen, with_deadline("restored", 3s, "fault")).met, std::optional(true));
  EXPECT_EQ(deadline_of(unseen, with_deadline("restored", 2900ms, "fault")).met, std::optional(false));
}

TEST(Deadline, OfAnAbsorbedFaultNothingWasOut) {
  auto absorbed = Drill("sim").steady(20s).fault("primary lost").good(20s).lift();
  const Spec spec = with_deadline("restored", 5s, "fault");
  EXPECT_EQ(deadline_of(absorbed, spec).met, std::optional(true));
  EXPECT_EQ(find_judgement(absorbed.judge(spec), "clock").achieved, "no outage");
}

TEST(Deadline, WhatComesAfterTheVerdictChangesNothing) {
  const Spec spec = with_deadline("healed", 5s, "fault");
  auto drill = drill_of(3s).event("phase.entered", {{"phase", "verdict"}});
  const auto before = find_judgement(drill.judge(spec), "clock").outcome;
  const auto after = find_judgement(drill.end().judge(spec), "clock").outcome;
  EXPECT_EQ(before, Outcome::kFail);
  EXPECT_EQ(after, before);
}

TEST(Deadline, IsJudgedAsTheScenarioSays) {
  Spec spec = with_deadline("acknowledged", 1s);
  spec.scenario.judge.deadlines = Judge::kWarn;
  const auto warned = drill_of(5s).judge(spec);
  EXPECT_FALSE(find_judgement(warned, "clock").counts);
  EXPECT_EQ(warned.outcome, Outcome::kPass);
  spec.scenario.judge.deadlines = Judge::kIgnore;
  for (const auto& judgement : drill_of(5s).judge(spec).judgements) EXPECT_NE(judgement.group, "deadline");
  EXPECT_EQ(drill_of(5s).measure(spec).deadlines.size(), 1U) << "shown all the same";
}

TEST(Deadline, TheIncidentThatKeepsItWorstCounts) {
  auto two = Drill("sim").steady(20s).fault("a").bad(3s).good(15s).fault("b").bad(8s).good(15s).lift();
  const auto record = deadline_of(two, with_deadline("restored", 5s, "fault"));
  EXPECT_EQ(record.met, std::optional(false));
  EXPECT_EQ(*record.at - *record.from, 8s);
}

TEST(Marks, DeclaredIsTheTeamOrElseWhatOthersAreTold) {
  auto told = drill_of(5s);
  EXPECT_FALSE(told.measure().incidents[0].timeline.declared);
  auto paged = Drill("sim").steady(20s).fault("a").bad(1s).event(
      "notification.sent", {{"index", 0}, {"audience", "on-call"}, {"channel", "pager"}, {"delivered", true}});
  paged.bad(1s).event("notification.sent",
                      {{"index", 1}, {"audience", "all"}, {"channel", "slack"}, {"delivered", true}});
  EXPECT_EQ(paged.measure().incidents[0].timeline.notified, at(21s));
  EXPECT_EQ(paged.measure().incidents[0].timeline.declared, at(22s));
  paged.bad(1s).event("people.assembled", {{"took_ns", 1}});
  EXPECT_EQ(paged.measure().incidents[0].timeline.declared, at(23s));
}

// ---- expectations ------------------------------------------------------------------------------------------------

TEST(Expectation, IsWhatTheJournalTells) {
  Spec spec = simple_spec();
  using State = blackstart::Expectation::State;
  spec.scenario.expect = {{"market-data", State::kOpen, 5s, "fault", {}},
                          {"market-data", State::kClosed, 5s, "healed", {}},
                          {"market-data", State::kOpen, 1h, "fault", {}}};
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s);
  drill.event("expectation.met", {{"index", 0}, {"from_ns", to_ns(at(20s))}, {"at_ns", to_ns(at(21s))}});
  drill.event("expectation.missed", {{"index", 1}, {"from_ns", to_ns(at(30s))}, {"at_ns", nullptr}, {"why", "late"}});
  drill.lift().generator().read_back(kept(35000));
  const auto verdict = drill.judge(spec);
  EXPECT_EQ(verdict.outcome, Outcome::kFail);
  const auto records = drill.measure(spec).expectations;
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].met, std::optional(true));
  EXPECT_EQ(records[0].due, at(25s));
  EXPECT_EQ(records[1].met, std::optional(false));
  EXPECT_FALSE(records[2].met.has_value());
  EXPECT_EQ(find_judgement(verdict, "market-data becomes closed").outcome, Outcome::kFail);
  std::vector<Outcome> outcomes;
  for (const auto& judgement : verdict.judgements)
    if (judgement.group == "expectation") outcomes.push_back(judgement.outcome);
  EXPECT_THAT(outcomes, testing::ElementsAre(Outcome::kPass, Outcome::kFail, Outcome::kInconclusive));
}

// ---- people and phases -------------------------------------------------------------------------------------------

TEST(Decision, ItsTimeIsPeoplesAndTheRestOfTheStepMachines) {
  auto drill = Drill("sim").steady(20s).fault("primary lost").bad(1s);
  drill.step("Activate", 10s, {.id = "1"}).bad(6s);
  drill.event("decision.taken", {{"step", "1"}, {"title", "Activate"}, {"by", "lead"}, {"took_ns", to_ns(6s)}});
  const auto measured = drill.bad(4s).good(15s).lift().measure();
  EXPECT_EQ(measured.people_modelled, 6s);
  EXPECT_EQ(measured.machine_time, *measured.incidents[0].rto.achieved - 6s);
  EXPECT_EQ(*measured.decisions[0].asked, at(21s));
}

TEST(Decision, OfAStepByHandCountsOnlyWhatThePersonTook) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Restore", 10s, {.id = "1", .by = "person"}).bad(2s);
  drill.event("decision.taken", {{"step", "1"}, {"by", "person"}, {"took_ns", to_ns(2s)}});
  EXPECT_EQ(drill.bad(8s).good(15s).lift().measure().people_exercised, 2s);
}

TEST(Phases, AreWhereTheirStepsRan) {
  Spec spec = simple_spec();
  spec.scenario.phases = {{"containment", 0s, 5min, {}}, {"recovery", 5min, 10min, {}}};
  spec.scenario.recovery = Recovery{};
  auto& steps = spec.scenario.recovery->steps;
  steps.resize(2);
  steps[0].id = "1";
  steps[0].phase = "containment";
  steps[0].otherwise.resize(1);
  steps[0].otherwise[0].id = "1.otherwise.1";
  steps[1].id = "2";
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Isolate", 2s, {.id = "1", .outcome = "failed"}).bad(2s).step("Fence", 3s, {.id = "1.otherwise.1"});
  drill.bad(3s).step("Restore", 1s, {.id = "2"}).bad(1s).good(15s).lift();
  const auto phases = drill.measure(spec).phases;
  ASSERT_EQ(phases.size(), 2U);
  EXPECT_EQ(phases[0].steps, 2U) << "a step inside another is of its phase";
  EXPECT_EQ(phases[0].started, at(21s));
  EXPECT_EQ(phases[0].ended, at(26s));
  EXPECT_EQ(phases[1].steps, 0U);
  EXPECT_FALSE(phases[1].started);
}

TEST(Rpo, ARestoreOfAStateFromBeforeTheTrafficSaysHowFarItGoesBack) {
  auto all = lost_in({stretch(at(0s), at(20s), 20000, 20000, at(10ms), at(19990ms)), stretch(at(20s), at(50s), 9000)});
  all.first_bin_lost = true;
  auto drill = Drill("sim").steady(20s).fault("primary lost").bad(1s);
  StepOptions restore;
  restore.recovery_point = Json{{"service", "database"}, {"kind", "restore"}, {"newest_ns", to_ns(-10min)}};
  drill.step("Restore", 2s, restore).bad(3s).good(15s).lift();
  const auto measured = drill.read_back(all).measure();
  EXPECT_FALSE(measured.incidents[0].rpo.censored);
  EXPECT_EQ(measured.incidents[0].rpo.achieved, 10min + 20s);
}

}  // namespace
}  // namespace blackstart::test
