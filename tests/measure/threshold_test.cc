// Thresholds: k6's notation over the phases.

#include "tests/measure/journal_builder.h"

#include <gtest/gtest.h>

namespace blackstart::test {
namespace {

Threshold threshold(const std::string& metric, const std::string& phase, const std::string& aggregate,
                    double percentile = 0) {
  Threshold made;
  made.metric = metric;
  made.phase = phase;
  made.aggregate = aggregate;
  made.percentile = percentile;
  made.comparison = "<";
  made.bound = 1;
  made.text = metric + "." + phase + ": " + aggregate;
  return made;
}

Measurement sample() {
  ReadBackResult result =
      lost_in({stretch(at(0s), at(20s), 20000, 40, at(19s), at(19500ms)), stretch(at(20s), at(37s), 15000)});
  result.rolled_back_span = 300ms;
  result.rolled_back = 3;
  result.duplicated = 5;
  auto drill = Drill().watchers(1s, 8ms).steady(20s).fault("a").bad(2s).slow(15s, 4ms).lift().read_back(result);
  return drill.measure();
}

struct ValueCase {
  Threshold threshold;
  double value;
};
class Value : public testing::TestWithParam<ValueCase> {};
TEST_P(Value, IsThatOfItsPhase) {
  const auto value = threshold_value(GetParam().threshold, sample());
  ASSERT_TRUE(value.has_value()) << GetParam().threshold.text;
  EXPECT_NEAR(*value, GetParam().value, GetParam().value * 0.001) << GetParam().threshold.text;
}
INSTANTIATE_TEST_SUITE_P(All, Value,
                         testing::Values(ValueCase{threshold("bid_latency", "steady", "p", 99), 1e6},
                                         ValueCase{threshold("bid_latency", "steady", "avg"), 1e6},
                                         ValueCase{threshold("bid_latency", "after", "p", 50), 4e6},
                                         ValueCase{threshold("bid_latency", "", "max"), 4e6},
                                         ValueCase{threshold("bid_latency", "", "min"), 1e6},
                                         ValueCase{threshold("bid_latency", "steady", "count"), 20000},
                                         ValueCase{threshold("service_time", "after", "p", 99), 2e6},
                                         ValueCase{threshold("bid_failed", "steady", "rate"), 0},
                                         ValueCase{threshold("bid_failed", "impact", "count"), 2000},
                                         ValueCase{threshold("bid_failed", "impact", "rate"), 2.0 / 3},
                                         ValueCase{threshold("goodput", "after", "rate"), 1},
                                         ValueCase{threshold("degraded", "", "count"), 0},
                                         ValueCase{threshold("lost", "", "count"), 40},
                                         ValueCase{threshold("lost", "", "span"), 5e8},
                                         ValueCase{threshold("rolled_back", "", "span"), 3e8},
                                         ValueCase{threshold("duplicated", "", "count"), 5},
                                         ValueCase{threshold("lost", "", "rate"), 40.0 / 35000},
                                         ValueCase{threshold("notification_delay", "steady", "p", 50), 8e6}));

TEST(Value, WithoutEvidenceThereIsNone) {
  const auto bare = Drill().steady(20s).measure();
  EXPECT_EQ(threshold_value(threshold("bid_latency", "after", "p", 99), bare), std::nullopt);
  EXPECT_EQ(threshold_value(threshold("bid_failed", "impact", "rate"), bare), std::nullopt);
  EXPECT_EQ(threshold_value(threshold("lost", "", "count"), bare), std::nullopt);
  EXPECT_EQ(threshold_value(threshold("notification_delay", "", "p", 99), bare), std::nullopt);
  Spec spec = simple_spec();
  spec.scenario.objectives.thresholds = {threshold("bid_latency", "after", "p", 99)};
  const auto judgement = find_judgement(judge(spec, bare), "bid_latency.after: p");
  EXPECT_EQ(judgement.outcome, Outcome::kInconclusive);
  EXPECT_FALSE(judgement.reached);
}

TEST(Compare, AllFive) {
  Threshold bound = threshold("lost", "", "count");
  const auto holds = [&](const char* comparison, double value) {
    bound.comparison = comparison;
    bound.bound = 5;
    return threshold_holds(bound, value);
  };
  EXPECT_TRUE(holds("<", 4) && !holds("<", 5) && holds("<=", 5) && !holds("<=", 6));
  EXPECT_TRUE(holds(">", 6) && !holds(">", 5) && holds(">=", 5) && !holds(">=", 4));
  EXPECT_TRUE(holds("==", 5) && !holds("==", 4) && !holds("~", 5));
}

TEST(Text, CarriesTheUnit) {
  EXPECT_EQ(threshold_text(threshold("bid_latency", "", "p", 99), 412'000), human_duration(412us));
  EXPECT_EQ(threshold_text(threshold("bid_failed", "", "rate"), 0.0002), "0.02 %");
  EXPECT_EQ(threshold_text(threshold("lost", "", "count"), 1234), "1,234");
  EXPECT_EQ(threshold_text(threshold("lost", "", "span"), 5e8), human_duration(500ms));
}

}  // namespace
}  // namespace blackstart::test
