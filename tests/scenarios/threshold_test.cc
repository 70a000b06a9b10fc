#include "scenarios/threshold.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace blackstart {
namespace {

TEST(Threshold, ReadsMetricPhaseAndCondition) {
  const auto latency = parse_threshold("bid_latency.steady", "p(99) < 100ms");
  ASSERT_TRUE(latency.has_value());
  EXPECT_EQ(latency->metric, "bid_latency");
  EXPECT_EQ(latency->phase, "steady");
  EXPECT_EQ(latency->aggregate, "p");
  EXPECT_EQ(latency->percentile, 99);
  EXPECT_EQ(latency->comparison, "<");
  EXPECT_EQ(latency->bound, 100e6);
  EXPECT_EQ(latency->text, "bid_latency.steady: p(99)<100ms");

  EXPECT_EQ(parse_threshold("bid_failed", "rate<=0.1%")->bound, 0.001);
  EXPECT_EQ(parse_threshold("lost_after_fault", "count==0")->bound, 0);
  EXPECT_EQ(parse_threshold("rolled_back", "span<1h")->bound, 3600e9);
  EXPECT_EQ(parse_threshold("resurrected", "count==0")->metric, "resurrected");
  EXPECT_EQ(parse_threshold("bid_latency", "p(99.9)<1s")->percentile, 99.9);
}

TEST(Threshold, LatencyBoundsAreUpperBounds) {
  EXPECT_EQ(parse_latency_bound("p(95) < 2s")->percentile, 95);
  EXPECT_EQ(parse_latency_bound("p(95)<2s")->bound, std::chrono::seconds{2});
  for (const char* text : {"p(95)>2s", "avg<2s", "p(95)<0s", "p(95)<2", "95<2s", "", "p(101)<1s"}) {
    EXPECT_TRUE(parse_latency_bound(text).has_error()) << text;
  }
}

RC_GTEST_PROP(Threshold, ReadsBackWhatItSpells, ()) {
  const Metric metric = *rc::gen::elementOf(threshold_metrics());
  const std::string phase = metric.phases ? *rc::gen::element<std::string>("", "steady", "impact", "after") : "";
  const std::string name = phase.empty() ? metric.name : metric.name + "." + phase;
  Threshold wanted;
  wanted.aggregate = *rc::gen::elementOf(metric.aggregates);
  wanted.comparison = *rc::gen::element<std::string>("<", "<=", ">", ">=", "==");
  wanted.percentile = wanted.aggregate == "p" ? *rc::gen::element(50.0, 99.0, 99.9, 99.99, 100.0, 0.5) : 0;
  const auto whole = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 1'000'000'000'000));
  wanted.bound = wanted.aggregate == "rate" ? static_cast<double>(*rc::gen::inRange(0, 100'001)) / 100'000 : whole;
  const auto parsed = parse_threshold(name, spell_condition(wanted));
  RC_ASSERT(parsed.has_value());
  RC_ASSERT(parsed->metric == metric.name);
  RC_ASSERT(parsed->phase == phase);
  RC_ASSERT(parsed->aggregate == wanted.aggregate);
  RC_ASSERT(parsed->percentile == wanted.percentile);
  RC_ASSERT(parsed->comparison == wanted.comparison);
  RC_ASSERT(parsed->bound == wanted.bound);
}

RC_GTEST_PROP(Threshold, AnyTextIsReadOrRefused, ()) {
  const auto letters = rc::gen::elementOf(std::string{"p(9.)<>=!%ms countrate\xff"});
  const auto text = *rc::gen::container<std::string>(letters);
  const auto parsed = parse_threshold("bid_latency", text);
  if (parsed) RC_ASSERT(parse_threshold("bid_latency", spell_condition(*parsed)).has_value());
}

}  // namespace
}  // namespace blackstart
