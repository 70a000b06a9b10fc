// Verdicts: what passes, what fails, what nobody can tell, and the exit codes.

#include "tests/measure/journal_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

using testing::HasSubstr;

/// A drill that meets everything: an outage of `outage`, nothing lost.
Drill clean(Duration outage = 3s) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(outage).good(15s).lift();
  return drill.generator().read_back(kept(35000));
}

Outcome outcome_of(const Drill& drill, const std::string& name, const Spec& spec = simple_spec()) {
  return find_judgement(drill.judge(spec), name).outcome;
}

TEST(Verdict, EverythingMet) {
  const auto verdict = clean().end().judge();
  EXPECT_EQ(verdict.outcome, Outcome::kPass) << testing::PrintToString(verdict.reasons);
  EXPECT_EQ(verdict.exit_code, 0);
  for (const auto& judgement : verdict.judgements) EXPECT_EQ(judgement.outcome, Outcome::kPass) << judgement.name;
  const auto& rto = find_judgement(verdict, "rto");
  EXPECT_EQ(rto.target, "30s");
  EXPECT_EQ(rto.achieved, human_duration(3s));
  EXPECT_FALSE(rto.evidence.empty());
  EXPECT_THAT(verdict.reasons, testing::Contains(HasSubstr("service was back")));
}

TEST(Verdict, TheDrillsOwnVerdictIsThatOfTheReport) {
  // Judged before the damage is undone, as the Conductor does, and again from the whole journal.
  auto drill = clean();
  const auto before = drill.judge();
  const auto after = drill.end().judge();
  EXPECT_EQ(before.outcome, after.outcome);
  EXPECT_EQ(before.exit_code, after.exit_code);
  ASSERT_EQ(before.judgements.size(), after.judgements.size());
  for (std::size_t index = 0; index < before.judgements.size(); ++index) {
    if (!before.judgements[index].counts) continue;
    EXPECT_EQ(before.judgements[index].outcome, after.judgements[index].outcome) << before.judgements[index].name;
  }
}

TEST(Rto, AtTheEdgesOfTheUncertainty) {
  // The uncertainty is one bin and 3 ms; the objective is 30 s.
  EXPECT_EQ(outcome_of(clean(29800ms), "rto"), Outcome::kPass);
  EXPECT_EQ(outcome_of(clean(29900ms), "rto"), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(clean(30s), "rto"), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(clean(30100ms), "rto"), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(clean(30200ms), "rto"), Outcome::kFail);
  EXPECT_THAT(find_judgement(clean(30s).judge(), "rto").why, HasSubstr("too close"));
  EXPECT_EQ(clean(30200ms).end().judge().exit_code, 1);
  EXPECT_EQ(clean(30s).end().judge().exit_code, 2);
}

TEST(Rto, CensoredBothWays) {
  const auto down = [](Duration length) {
    return Drill().steady(20s).fault("primary lost").bad(length).lift().read_back(kept(20000));
  };
  EXPECT_EQ(outcome_of(down(20s), "rto"), Outcome::kInconclusive);
  EXPECT_EQ(find_judgement(down(20s).judge(), "rto").achieved, "> " + human_duration(20s));
  EXPECT_EQ(outcome_of(down(41300ms), "rto"), Outcome::kFail) << "the lower bound alone misses the objective";
  EXPECT_EQ(down(20s).end().judge().exit_code, 2);
  EXPECT_EQ(down(41300ms).end().judge().exit_code, 1);
  const auto good_at_end = Drill().steady(20s).fault("primary lost").bad(25s).good(8s).lift();
  EXPECT_EQ(outcome_of(good_at_end, "rto"), Outcome::kInconclusive) << "33 s watched, but it may have been 25 s";
}

TEST(Rto, ARelapseFails) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(2s).good(12s).bad(1s).good(12s).lift();
  EXPECT_EQ(outcome_of(drill, "rto"), Outcome::kFail);
}

TEST(Rto, AbsorbedPasses) {
  auto drill = Drill().steady(20s).fault("primary lost").good(15s).lift().read_back(kept(35000)).end();
  EXPECT_EQ(drill.judge().outcome, Outcome::kPass);
  EXPECT_EQ(outcome_of(drill, "mtd"), Outcome::kPass);
  EXPECT_THAT(drill.judge().reasons, testing::Contains(HasSubstr("no outage")));
}

TEST(Rto, AbsorbedWithBadBinsIsNotSaidToHaveHeldThroughout) {
  auto drill = Drill().steady(20s).fault("primary lost").good(2s).pattern("xxoooooooooooxoooooooo").good(15s).lift();
  drill.read_back(kept(35000)).end();
  EXPECT_EQ(drill.judge().outcome, Outcome::kPass);
  EXPECT_THAT(drill.judge().reasons, testing::Contains(HasSubstr("the service level was missed for 300 ms in all")));
  EXPECT_THAT(drill.judge().reasons, testing::Not(testing::Contains(HasSubstr("throughout"))));
}

TEST(Rto, EveryIncidentIsHeldToIt) {
  auto drill = Drill().steady(20s).fault("a").bad(40s).good(12s).fault("b").bad(2s).good(12s).lift();
  EXPECT_EQ(outcome_of(drill, "rto"), Outcome::kFail);
  EXPECT_THAT(find_judgement(drill.judge(), "rto").why, HasSubstr("incident 1 (a)"));
}

TEST(Mtd, RecoveryAndTheWorkAfterIt) {
  Spec spec = simple_spec();
  spec.scenario.objectives.mtd = 15s;
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(11s);
  const auto with_work = [&](Duration took) {
    auto copy = drill;
    return copy.step("Verify", took).good(15s).lift();
  };
  EXPECT_EQ(outcome_of(with_work(500ms), "mtd", spec), Outcome::kPass);
  EXPECT_EQ(outcome_of(with_work(1s), "mtd", spec), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(with_work(2s), "mtd", spec), Outcome::kFail);
  auto open = drill;
  EXPECT_EQ(outcome_of(open.step_started("Verify").good(1s).lift(), "mtd", spec), Outcome::kInconclusive);
}

TEST(Rpo, AtTheEdges) {
  const auto with_loss = [](Duration span) {
    auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift();
    return drill.read_back(
        lost_in({stretch(at(0s), at(20s), 20000, 10, at(20s - span)), stretch(at(20s), at(38s), 9000)}));
  };
  EXPECT_EQ(outcome_of(with_loss(990ms), "rpo"), Outcome::kPass);
  EXPECT_EQ(outcome_of(with_loss(1s), "rpo"), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(with_loss(1010ms), "rpo"), Outcome::kFail);
  Spec zero = simple_spec();
  zero.scenario.objectives.rpo = 0s;
  EXPECT_EQ(outcome_of(clean(), "rpo", zero), Outcome::kPass) << "nothing lost meets an objective of 0";
  EXPECT_EQ(outcome_of(with_loss(50ms), "rpo", zero), Outcome::kFail);
}

TEST(Rpo, CensoredBothWays) {
  const auto back_to_start = [](const Spec& spec) {
    auto result = lost_in({stretch(at(0s), at(20s), 20000, 20000, at(50ms), at(19s)), stretch(at(20s), at(38s), 9000)});
    result.first_bin_lost = true;
    auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(result);
    return find_judgement(drill.judge(spec), "rpo");
  };
  Spec generous = simple_spec();
  generous.scenario.objectives.rpo = 15min;
  EXPECT_EQ(back_to_start(generous).outcome, Outcome::kInconclusive);
  EXPECT_THAT(back_to_start(generous).achieved, testing::StartsWith("> "));
  EXPECT_EQ(back_to_start(simple_spec()).outcome, Outcome::kFail);
}

TEST(Rpo, AnIncompleteReadBackIsNeverZero) {
  ReadBackResult torn = kept(1);
  torn.complete = false;
  torn.why_incomplete = "page 7 could not be read: 503";
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(torn).end();
  EXPECT_EQ(outcome_of(drill, "rpo"), Outcome::kInconclusive);
  EXPECT_EQ(drill.judge().exit_code, 2);
  EXPECT_THAT(drill.judge().reasons, testing::Contains(HasSubstr("page 7")));
  EXPECT_EQ(find_judgement(drill.judge(), "rpo").achieved, "not measured");
}

struct LimitCase {
  const char* metric;
  std::uint64_t ReadBackResult::*count;
};
class Limits : public testing::TestWithParam<LimitCase> {};
TEST_P(Limits, NeedNoObjective) {
  ReadBackResult result = kept(35000);
  result.*GetParam().count = 1;
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(result).end();
  EXPECT_EQ(outcome_of(drill, GetParam().metric), Outcome::kFail);
  EXPECT_EQ(drill.judge().exit_code, 1);
}
TEST_P(Limits, GiveWayToAThresholdThatNamesThem) {
  Spec spec = simple_spec();
  Threshold allowed;
  allowed.metric = GetParam().metric;
  allowed.aggregate = "count";
  allowed.comparison = "<=";
  allowed.bound = 2;
  allowed.text = "allowed";
  spec.scenario.objectives.thresholds = {allowed};
  ReadBackResult result = kept(35000);
  result.*GetParam().count = 2;
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(result).end();
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kPass) << testing::PrintToString(drill.judge(spec).reasons);
}
INSTANTIATE_TEST_SUITE_P(All, Limits,
                         testing::Values(LimitCase{"lost_after_fault", &ReadBackResult::lost_after_fault},
                                         LimitCase{"corrupted", &ReadBackResult::corrupted},
                                         LimitCase{"phantom", &ReadBackResult::phantom}),
                         [](const auto& info) { return std::string(info.param.metric); });

TEST(Limits, DuplicatedAndResurrectedAreOnlyReported) {
  ReadBackResult result = kept(35000);
  result.duplicated = result.resurrected = 7;
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().read_back(result).end();
  EXPECT_EQ(drill.judge().outcome, Outcome::kPass);
}

TEST(Limits, ATargetThatShowsNothingBackCanStillPassWithoutRpo) {
  Spec spec = simple_spec();
  spec.target.load.protocol_bids = false;
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(15s).lift().end();
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kInconclusive) << "an RPO that nothing measures";
  spec.scenario.objectives.rpo.reset();
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kPass);
  EXPECT_EQ(find_judgement(drill.judge(spec), "corrupted").outcome, Outcome::kInconclusive) << "said, but not counted";
}

TEST(Health, AFaultWithoutProofIsInconclusiveWhateverWasMeasured) {
  const FaultOptions unproven{.effective_after = std::nullopt};
  for (const Duration outage : {0s, 3s, 45s}) {
    auto drill =
        Drill().steady(20s).fault("primary lost", unproven).bad(outage).good(15s).lift().read_back(kept(35000)).end();
    EXPECT_EQ(drill.judge().outcome, Outcome::kInconclusive) << human_duration(outage);
    EXPECT_EQ(drill.judge().exit_code, 2);
    EXPECT_THAT(drill.judge().reasons, testing::Contains(HasSubstr("primary lost")));
    EXPECT_EQ(outcome_of(drill, "rto"), Outcome::kInconclusive);
  }
}

TEST(Health, CorruptionIsProofEvenWithoutAProvenFault) {
  ReadBackResult result = kept(35000);
  result.corrupted = 1;
  auto drill = Drill().steady(20s).fault("primary lost", {.effective_after = std::nullopt}).bad(3s).good(15s).lift();
  EXPECT_EQ(drill.read_back(result).end().judge().outcome, Outcome::kFail);
}

TEST(Health, SteadyStateThatNeverHolds) {
  auto drill = Drill().bad(60s).steady_failed("12 % of the bins are bad").lift().read_back(kept(0)).end();
  const auto verdict = drill.judge();
  EXPECT_EQ(verdict.outcome, Outcome::kInconclusive);
  EXPECT_EQ(verdict.exit_code, 2);
  EXPECT_THAT(verdict.reasons.at(0), HasSubstr("12 % of the bins are bad"));
  EXPECT_FALSE(find_judgement(verdict, "rto").reached);
}

TEST(Health, ASlowGeneratorTakesRtoAndLatencyButNotTheData) {
  Spec spec = simple_spec();
  Threshold latency;
  latency.metric = "bid_latency";
  latency.aggregate = "p";
  latency.percentile = 99;
  latency.comparison = "<";
  latency.bound = 1e8;
  latency.text = "bid_latency: p(99)<100ms";
  spec.scenario.objectives.thresholds = {latency};
  auto drill = Drill().steady(19s).late(1s, 50us, 9).fault("primary lost").bad(3s).good(15s).lift();
  drill.read_back(kept(35000)).end();
  EXPECT_EQ(outcome_of(drill, "rto", spec), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(drill, "mtd", spec), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(drill, latency.text, spec), Outcome::kInconclusive);
  EXPECT_EQ(outcome_of(drill, "rpo", spec), Outcome::kPass);
  EXPECT_EQ(drill.judge(spec).exit_code, 2);
}

TEST(Health, WithoutAnyEvidenceNothingPasses) {
  Spec spec;
  const auto empty = measure(spec, {});
  ASSERT_TRUE(empty.has_value());
  EXPECT_EQ(judge(spec, *empty).outcome, Outcome::kInconclusive);
  EXPECT_FALSE(judge(spec, *empty).reasons.empty());
}

TEST(Health, APlannedFaultThatNeverCameIsInconclusive) {
  Spec spec = simple_spec();
  spec.scenario.faults.push_back(spec.scenario.faults.front());
  spec.scenario.faults.back().name = "cache lost";
  EXPECT_EQ(clean().end().judge(spec).outcome, Outcome::kInconclusive);
}

TEST(Evidence, NothingPassesWithoutIt) {
  const Verdict verdict = clean().end().judge();
  for (const Judgement& judgement : verdict.judgements)
    EXPECT_FALSE(judgement.outcome == Outcome::kPass && judgement.evidence.empty()) << judgement.name;
  EXPECT_EQ(find_judgement(verdict, "everything healed").outcome, Outcome::kPass);
}

TEST(ExitCode, Residues) {
  const Json residue = Json::array({{{"what", "process 7 still stopped"}, {"how_to_heal", "kill -CONT 7"}}});
  const auto left = clean().end(false, "", residue).judge();
  EXPECT_EQ(left.exit_code, 4);
  EXPECT_EQ(left.outcome, Outcome::kPass) << "residues change the exit code, not the measurements";
  EXPECT_THAT(left.reasons.at(0), HasSubstr("kill -CONT 7"));
  EXPECT_EQ(find_judgement(left, "everything healed").outcome, Outcome::kFail);
  EXPECT_EQ(clean().stop("Ctrl-C").end(false, "", residue).judge().exit_code, 4) << "above every other code";
}

TEST(ExitCode, AnInternalErrorIsNeverAPass) {
  auto events = clean().end().events();
  events.back().body["exit_code"] = 255;
  const auto measurement = measure(simple_spec(), events);
  ASSERT_TRUE(measurement.has_value());
  EXPECT_EQ(judge(simple_spec(), *measurement).exit_code, 255);
}

TEST(ExitCode, AnUnhealedFaultIsLeftBehind) {
  EXPECT_EQ(clean().end(true).judge().exit_code, 4);
  EXPECT_EQ(clean().judge().exit_code, 0) << "before the end, damage is still open as planned";
}

TEST(ExitCode, Stopped) {
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).stop("Ctrl-C").lift().end();
  EXPECT_EQ(drill.judge().exit_code, 3);
  EXPECT_THAT(drill.judge().reasons.at(0), HasSubstr("Ctrl-C"));
}

TEST(Procedure, Validations) {
  Spec spec = simple_spec();
  spec.scenario.validation.resize(2);
  spec.scenario.validation[0].name = "bids reconcile";
  spec.scenario.validation[1].name = "all endpoints";
  auto drill = Drill().steady(20s).fault("primary lost").bad(3s).good(12s);
  drill.validation("bids reconcile", false, "2 lost").validation("bids reconcile", true).good(2s).lift();
  drill.read_back(kept(35000)).end();
  EXPECT_EQ(outcome_of(drill, "bids reconcile", spec), Outcome::kPass) << "the last result counts";
  EXPECT_EQ(outcome_of(drill, "all endpoints", spec), Outcome::kInconclusive);
  EXPECT_FALSE(find_judgement(drill.judge(spec), "all endpoints").reached);
  drill.validation("all endpoints", false, "404");
  EXPECT_EQ(outcome_of(drill, "all endpoints", spec), Outcome::kFail);
  EXPECT_EQ(find_judgement(drill.judge(spec), "all endpoints").why, "404");
}

TEST(Procedure, BudgetsAndCommunicationsAsTheScenarioSays) {
  Spec spec = simple_spec();
  Communication message;
  message.audience = "engineering";
  message.channel = "slack";
  message.within = 1s;
  spec.scenario.communications = {message};
  auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
  drill.step("Promote", 1500ms, {.budget = 1s}).bad(2s).notified(0, at(21s)).good(15s).lift();
  drill.read_back(kept(35000)).end();
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kPass) << "the default warns";
  EXPECT_THAT(drill.judge(spec).reasons, testing::Contains(HasSubstr("warning: budget of 'Promote'")));
  spec.scenario.judge.budgets = Judge::kFail;
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kFail);
  spec.scenario.judge.budgets = Judge::kIgnore;
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kPass);
  spec.scenario.judge.communications = Judge::kFail;
  EXPECT_EQ(drill.judge(spec).outcome, Outcome::kFail);
}

TEST(Procedure, ACheckThatUsedUpItsBudgetDidNotKeepIt) {
  for (const auto& [outcome, verdict] : {std::pair{"failed", Outcome::kFail}, std::pair{"ok", Outcome::kPass}}) {
    auto drill = Drill().steady(20s).fault("primary lost").bad(1s);
    drill.step("Confirm", 1s, {.outcome = outcome, .budget = 1s}).good(15s).lift();
    drill.read_back(kept(35000)).end();
    EXPECT_EQ(find_judgement(drill.judge(simple_spec()), "budget of 'Confirm'").outcome, verdict) << outcome;
  }
}

}  // namespace
}  // namespace blackstart::test
