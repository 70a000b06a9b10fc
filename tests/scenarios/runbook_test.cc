// What whole runbooks have besides the core, typed.

#include "good_specs.h"
#include "scenarios/arguments.h"

#include <algorithm>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

Scenario every_part() { return load_good("every-part.yaml").scenario; }

TEST(Runbook, BindsCanariesAndComponents) {
  const Scenario scenario = every_part();
  ASSERT_EQ(scenario.canaries.size(), 2U);
  EXPECT_EQ(scenario.canaries[0].write.way + " " + scenario.canaries[0].write.what, "kafka analytics-events");
  EXPECT_EQ(scenario.canaries[0].read.way + " " + scenario.canaries[0].read.what, "sql store");
  EXPECT_EQ(scenario.canaries[0].within, 30s);
  EXPECT_EQ(scenario.canaries[1].within, 1s) << "as often as it is written";
  const auto& components = scenario.objectives.components;
  ASSERT_EQ(components.size(), 3U);
  EXPECT_EQ(components[0].evidence, Component::Evidence::kBids);
  EXPECT_EQ(components[0].services, (std::vector<std::string>{"api", "store"})) << "those of the tier";
  EXPECT_TRUE(components[0].rto->from_healed);
  EXPECT_EQ(components[0].mtd, 8h);
  EXPECT_EQ(components[1].evidence, Component::Evidence::kCanary);
  EXPECT_EQ(components[1].source, "events");
  EXPECT_EQ(components[1].rpo, 1h);
  EXPECT_EQ(components[2].evidence, Component::Evidence::kProbe);
  EXPECT_EQ(components[2].source, "auctions close");
  EXPECT_EQ(components[2].rpo, std::nullopt);
  EXPECT_EQ(scenario.expected.at("rto"), (std::pair<Duration, Duration>{30min, 60min}));
  EXPECT_EQ(scenario.expected.at("wrt"), (std::pair<Duration, Duration>{5min, 5min}));
}

TEST(Runbook, BindsTimesOfDay) {
  const Scenario scenario = every_part();
  EXPECT_EQ(scenario.start, 1h + 50min);
  ASSERT_TRUE(scenario.faults[0].before.has_value());
  EXPECT_EQ(scenario.faults[0].before->service, "store");
  EXPECT_EQ(scenario.faults[0].before->backup, "full");
  EXPECT_EQ(scenario.faults[0].before->by, 1min);
  EXPECT_FALSE(scenario.faults[1].before.has_value());
  EXPECT_EQ(scenario.faults[1].at, 30s);
}

TEST(Runbook, AlertsSayThemselvesHowOftenAndHowLong) {
  const auto& rules = every_part().detection;
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_EQ(rules[0].probe.word, "alert");
  EXPECT_EQ(text_argument(rules[0].probe, "when"), "rate(http_5xx[5m]) > 0.05");
  EXPECT_EQ(rules[0].every, 30s);
  EXPECT_EQ(rules[0].hold, 1min);
  EXPECT_EQ(rules[0].severity, "critical");
  EXPECT_EQ(rules[1].probe.word, "webhook");
  EXPECT_EQ(load_good("buildnest-deployment-failure.yaml").scenario.detection[0].every, 15s);
  EXPECT_EQ(load_good("every-part.yaml", {{"detection.0.alert", "{when: \"up == 0\"}"}}).scenario.detection[0].every,
            15s);
}

TEST(Runbook, BindsDeadlinesPhasesAndExpectations) {
  const Scenario scenario = every_part();
  ASSERT_EQ(scenario.deadlines.size(), 2U);
  EXPECT_EQ(scenario.deadlines[0].mark + " of " + scenario.deadlines[0].of, "acknowledged of detected");
  EXPECT_EQ(scenario.deadlines[1].of, "fault");
  EXPECT_EQ(scenario.deadlines[1].within, 5min);
  ASSERT_EQ(scenario.phases.size(), 2U);
  EXPECT_EQ(scenario.phases[1].name, "recovery");
  EXPECT_EQ(scenario.phases[1].from, 15min);
  EXPECT_EQ(scenario.phases[1].to, 25min);
  ASSERT_EQ(scenario.expect.size(), 3U);
  EXPECT_EQ(scenario.expect[0].becomes, Expectation::State::kOpen);
  EXPECT_EQ(scenario.expect[1].becomes, Expectation::State::kHalfOpen);
  EXPECT_EQ(scenario.expect[1].of, "open");
  EXPECT_EQ(scenario.expect[2].becomes, Expectation::State::kClosed);
  EXPECT_EQ(scenario.expect[2].breaker, "rates");
  EXPECT_EQ(scenario.judge.budgets, Judge::kFail);
  EXPECT_EQ(scenario.judge.communications, Judge::kIgnore);
  EXPECT_EQ(scenario.judge.deadlines, Judge::kWarn);
}

TEST(Runbook, BindsStepsThatChooseSkipAndDecide) {
  const Scenario scenario = every_part();
  const auto& steps = scenario.recovery->steps;
  ASSERT_EQ(steps.size(), 6U);
  EXPECT_EQ(steps[0].decision->by, "incident commander");
  EXPECT_EQ(steps[0].decision->takes->form, Distribution::Form::kLogNormal);
  EXPECT_EQ(steps[0].decision->takes->second, 40min);
  EXPECT_EQ(steps[0].output, "target_time");
  EXPECT_EQ(steps[0].phase, "containment");
  ASSERT_EQ(steps[1].options.size(), 2U);
  EXPECT_EQ(steps[1].options[0].weight, 7);
  EXPECT_EQ(steps[1].options[1].weight, 0.5);
  EXPECT_EQ(steps[1].options[1].id, "2.options.2");
  EXPECT_EQ(steps[1].options[1].skip_to, "Watch");
  EXPECT_EQ(steps[2].skip_to, "Verification");
  EXPECT_EQ(steps[3].skip_to, "");
  EXPECT_EQ(steps[5].hold, 30min);
  const Call& run = *steps[1].options[1].action;
  EXPECT_EQ(takes_of(run, "")->first, 90s);
  EXPECT_EQ(effect_of(run)->word, "rollback");
  EXPECT_EQ(text_argument(*effect_of(run), "service"), "api");
  EXPECT_EQ(takes_of(*steps[2].action, ""), std::nullopt);
  EXPECT_FALSE(effect_of(*steps[2].action).has_value());
  EXPECT_FALSE(effect_of(*scenario.validation[0].otherwise[0].action).has_value());
}

TEST(Runbook, BindsEveryFormOfADistribution) {
  using Form = Distribution::Form;
  const auto of = [](const std::string& yaml) {
    return load_good("every-part.yaml", {{"people.assemble", yaml}}).scenario.people.times.at("assemble");
  };
  EXPECT_EQ(of("5m"), always(5min));
  const Distribution normal = of("{p95: 3m, median: 1m}");
  EXPECT_EQ(normal.form, Form::kLogNormal);
  EXPECT_EQ(normal.first, 1min);
  EXPECT_EQ(normal.second, 3min);
  const Distribution exponential = of("{exponential: 2m}");
  EXPECT_EQ(exponential.form, Form::kExponential);
  EXPECT_EQ(exponential.first, 2min);
  const Distribution uniform = of("{uniform: [1m, 3m]}");
  EXPECT_EQ(uniform.form, Form::kUniform);
  EXPECT_EQ(uniform.second, 3min);
  const Distribution erlang = of("{erlang: {shape: 4, mean: 2m}}");
  EXPECT_EQ(erlang.form, Form::kErlang);
  EXPECT_EQ(erlang.shape, 4);
  EXPECT_EQ(erlang.first, 2min);
  const Distribution hyper = of("{hyperexponential: {p: 0.9, means: [1m, 9m]}}");
  EXPECT_EQ(hyper.form, Form::kHyperexponential);
  EXPECT_EQ(hyper.p, 0.9);
  EXPECT_EQ(hyper.second, 9min);
  const Distribution samples = of("{samples: minutes.csv}");
  EXPECT_EQ(samples.form, Form::kSamples);
  EXPECT_EQ(samples.samples, (std::vector<Duration>{1min, 150s, 5min}));
}

}  // namespace
}  // namespace blackstart
