#include "rehearsal/plan.h"

#include "tests/rehearsal/drill_fixture.h"

#include <gmock/gmock.h>

#include <regex>

namespace blackstart::testing {
namespace {

TEST(Plan, IdIsStableInSimAndUniqueLive) {
  const Spec spec = database_failure();
  const auto id = [&](PlanOptions options) { return make_plan(spec, options).drill_id; };
  EXPECT_EQ(id({.seed = 1, .world = "sim", .started = {1}}), id({.seed = 1, .world = "sim", .started = {2}}));
  EXPECT_NE(id({.seed = 1, .world = "sim", .started = {}}), id({.seed = 2, .world = "sim", .started = {}}));
  EXPECT_NE(id({.seed = 1, .world = "live", .started = {1}}), id({.seed = 1, .world = "live", .started = {2}}));
  EXPECT_TRUE(std::regex_match(id({}), std::regex("database-failure-[0-9a-f]{8}"))) << id({});
}

TEST(Plan, IdIsSafeInUrlsWhateverTheName) {
  for (const char* name : {"", "/", "a/b/", "Über uns/../x?y=1&z", "-",
                           "very-long-"
                           "name-name-name-name-name-name-name-name"}) {
    Spec spec = database_failure();
    spec.scenario.name = name;
    const std::string id = make_plan(spec, {}).drill_id;
    EXPECT_TRUE(std::regex_match(id, std::regex("[a-z0-9][a-z0-9-]{0,60}-[0-9a-f]{8}"))) << id;
  }
}

TEST(Plan, FaultsAreInOrderWithIdsFromOne) {
  Spec spec = database_failure();
  spec.scenario.faults = {fault("late", 20s, FaultClass::kActing, FaultEnd::kFor, 30s),
                          fault("first", 0s, FaultClass::kActing, FaultEnd::kRecovered),
                          fault("second", 0s, FaultClass::kDamage, FaultEnd::kDrillEnd)};
  const Plan plan = make_plan(spec, {});
  ASSERT_EQ(plan.faults.size(), 3u);
  EXPECT_EQ(plan.faults[0].spec.name, "first");
  EXPECT_EQ(plan.faults[1].spec.name, "second");
  EXPECT_EQ(plan.faults[2].spec.name, "late");
  EXPECT_EQ(plan.faults[2].id, 3u);
  EXPECT_GT(plan.faults[2].dead_man, 30s);
  EXPECT_GT(plan.faults[0].dead_man, 20s + plan.observe) << "above every end that the scenario gives";
}

TEST(Plan, DefaultsAreThoseOfTheDefinitions) {
  Spec spec = database_failure();
  spec.scenario.steady_state.reset();
  spec.scenario.observe.reset();
  const Plan live = make_plan(spec, {});
  EXPECT_EQ(live.steady_length, 10s);
  EXPECT_EQ(live.steady_within, 60s);
  EXPECT_EQ(live.observe, 10min);
  EXPECT_EQ(live.hold, 5s);
  EXPECT_EQ(make_plan(spec, {.seed = 1, .world = "sim", .started = {}}).observe, 1min + 5s) << "RTO + hold";
  spec.scenario.objectives.rto.reset();
  EXPECT_EQ(make_plan(spec, {.seed = 1, .world = "sim", .started = {}}).observe, 10min);
}

struct BinCase {
  const char* name;
  std::vector<RateStage> profile;
  Duration fault_at;
  Duration expected;
};

TEST(Plan, BinHoldsAHundredBidsAtTheFirstFault) {
  const BinCase cases[] = {
      {"fast", {{1h, {10'000}, {10'000}}}, 0s, 100ms},
      {"edge", {{1h, {1'000}, {1'000}}}, 0s, 100ms},
      {"slow", {{1h, {100}, {100}}}, 0s, 1s},
      {"ramp, in its middle", {{30s, {0}, {400}}}, 10s, 500ms},  // 5 s of steady state + 10 s: 200/s
      {"after the profile", {{1s, {10}, {50}}}, 1min, 2s},
      {"nothing offered", {{1h, {0}, {0}}}, 0s, 1s},
      {"no profile", {}, 0s, 1s},
  };
  for (const auto& one : cases) {
    Spec spec = database_failure();
    spec.scenario.load.bids.profile = one.profile;
    spec.scenario.faults[0].at = one.fault_at;
    EXPECT_EQ(bin_length_of(spec.scenario), one.expected) << one.name;
  }
  Spec spec = database_failure();
  spec.scenario.objectives.service_level.bin = 250ms;
  EXPECT_EQ(make_plan(spec, {}).bin_length, 250ms);
}

TEST(Plan, ObjectivesThatItsBinsCannotDecideAreNamed) {
  Spec spec = database_failure();
  spec.scenario.load.bids.profile = {{1h, {100}, {100}}};  // bins of 1 s
  spec.scenario.objectives.rto = RtoObjective{.within = 1001ms};
  EXPECT_TRUE(coarse_objectives(spec.scenario).empty());
  spec.scenario.objectives.rto->within = 1s;
  const auto named = coarse_objectives(spec.scenario);
  ASSERT_EQ(named.size(), 1U);
  EXPECT_TRUE(named[0].starts_with("objectives: an RTO of 1s cannot be decided in bins of 1s")) << named[0];
  for (const auto evidence : {Component::Evidence::kProbe, Component::Evidence::kBids}) {
    Component component;
    component.name = evidence == Component::Evidence::kBids ? "bids" : "search";
    component.evidence = evidence;
    component.rto = RtoObjective{.within = 1ms};
    spec.scenario.objectives.components.push_back(component);
  }
  ASSERT_EQ(coarse_objectives(spec.scenario).size(), 2U);
  EXPECT_TRUE(coarse_objectives(spec.scenario)[1].starts_with("objectives.components, bids: an RTO of 1ms"));
  spec.scenario.objectives.service_level.bin = 500us;
  EXPECT_TRUE(coarse_objectives(spec.scenario).empty());
}

TEST(Plan, ManualStepsNeedAPerson) {
  Spec spec = database_failure();
  EXPECT_TRUE(plan_refusals(make_plan(spec, {}), false).empty());
  Step manual;
  manual.title = "Call the vendor";
  manual.manual = true;
  manual.where = {"drill.yaml", 12, 7};
  spec.scenario.recovery->steps[1].otherwise = {manual};
  const auto refused = plan_refusals(make_plan(spec, {}), false);
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_THAT(refused[0].message, ::testing::HasSubstr("Call the vendor"));
  EXPECT_THAT(refused[0].message, ::testing::HasSubstr("--assume-manual"));
  EXPECT_EQ(refused[0].context, "drill.yaml:12:7");
  EXPECT_TRUE(plan_refusals(make_plan(spec, {}), true).empty());
  EXPECT_TRUE(plan_refusals(make_plan(spec, {.assume_manual = 0s}), false).empty());
  spec.scenario.recovery->steps[1].otherwise.clear();
  spec.scenario.validation[0].otherwise = {manual};
  EXPECT_EQ(plan_refusals(make_plan(spec, {}), false).size(), 1u);
}

TEST(Plan, FaultsInProductionNeedTheTargetsNameTyped) {
  Spec spec = database_failure();
  spec.target.name = "shop";
  spec.target.production = true;
  const auto refusals = [&spec](PlanOptions options) { return plan_refusals(make_plan(spec, options), true).size(); };
  EXPECT_EQ(refusals({}), 1u);
  EXPECT_EQ(refusals({.allow_production = "shoq"}), 1u);
  EXPECT_EQ(refusals({.allow_production = "shop"}), 0u);
  EXPECT_EQ(refusals({.dry = true}), 0u) << "a dry run injects nothing";
  EXPECT_EQ(refusals({.world = "sim"}), 0u);
  EXPECT_THAT(plan_refusals(make_plan(spec, {}), true)[0].message, ::testing::HasSubstr("--allow-production shop"));
  spec.target.production = false;
  EXPECT_EQ(refusals({}), 0u);
}

}  // namespace
}  // namespace blackstart::testing
