// What a failover loses, and what it does not: the closed forms of docs/simulator.md.

#include "tests/simulator/sim_fixture.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blackstart::testing {
namespace {

/// Every bid is somewhere, and the two ways of counting agree.
void expect_whole(const PlayedDrill& drill) {
  std::uint64_t offered = 0, accounted = 0, acknowledged = 0;
  for (const auto& interval : drill.intervals()) {
    offered += interval.offered;
    acknowledged += interval.acknowledged;
    accounted += interval.acknowledged + interval.refused + interval.indeterminate + interval.unsent_no_connection +
                 interval.unsent_generator;
  }
  EXPECT_EQ(accounted, offered);
  const ReadBackResult read = drill.read_back();
  EXPECT_TRUE(read.complete) << read.why_incomplete;
  EXPECT_EQ(read.kept + read.lost + read.corrupted, acknowledged);
}

TEST(Failover, AsynchronousStandbyMissesTheLastLagsWorthOfBids) {
  const PlayedDrill drill = play(spec_of(failover_scenario("1000/s"), pair_target("async", "2s")));
  expect_whole(drill);
  const ReadBackResult read = drill.read_back();
  // lambda x L bids, Poisson: within five standard deviations.
  EXPECT_NEAR(static_cast<double>(read.lost), 2000, 5 * std::sqrt(2000));
  ASSERT_TRUE(drill.incident().rpo.achieved.has_value());
  EXPECT_NEAR(to_seconds(*drill.incident().rpo.achieved), 2.0, 0.02);
  EXPECT_EQ(read.lost_after_fault, 0U);
}

TEST(Failover, AStandbyFurtherBehindThanTheDrillIsLongLosesItsWholeLag) {
  const PlayedDrill drill = play(spec_of(failover_scenario("200/s"), pair_target("async", "20m")));
  const ReadBackResult read = drill.read_back();
  EXPECT_GT(read.lost, 0U);
  const RpoFigure rpo = drill.incident().rpo;
  ASSERT_TRUE(rpo.achieved.has_value());
  EXPECT_NEAR(to_seconds(*rpo.achieved), 1200, 0.01) << "what was written before the drill is lost, too";
  EXPECT_FALSE(rpo.censored);
}

TEST(Failover, SynchronousStandbyLosesNothing) {
  const PlayedDrill drill = play(spec_of(failover_scenario("1000/s"), pair_target("sync", "2s")));
  expect_whole(drill);
  EXPECT_EQ(drill.read_back().lost, 0U);
  EXPECT_EQ(drill.result.exit_code, 0) << (drill.result.verdict.reasons.empty() ? ""
                                                                                : drill.result.verdict.reasons.front());
}

TEST(Failover, TheSameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const Spec spec = spec_of(failover_scenario("500/s"), pair_target("async", "{median: 8ms, p95: 60ms}"));
  const std::string first = play(spec, 7).journal;
  EXPECT_EQ(first, play(spec, 7).journal);
  EXPECT_NE(first, play(spec, 8).journal);
}

TEST(Failover, ServiceIsRestoredWhenThePrimaryIsReplaced) {
  const PlayedDrill drill = play(spec_of(failover_scenario("500/s"), pair_target("async", "8ms")));
  const Timeline timeline = drill.incident().timeline;
  ASSERT_TRUE(timeline.fault && timeline.detected && timeline.restored);
  // Three looks a second apart, then two seconds of promotion.
  const double rto = to_seconds(*timeline.restored - *timeline.fault);
  EXPECT_GT(rto, 4.0);
  EXPECT_LT(rto, 6.0);
}

}  // namespace
}  // namespace blackstart::testing
