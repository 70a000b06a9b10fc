// A drill in memory comes to what the same drill comes to with a journal, without what nobody asks for.

#include "simulator/sim_play.h"
#include "rehearsal/plan.h"
#include "tests/simulator/sim_fixture.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart::testing {
namespace {

Spec watched(const std::string& thresholds) {
  return spec_of(R"(
blackstart: 1
title: Watched
target: pair
load: {bids: {rate: 200/s}, watchers: {count: 5000}}
objectives: {rto: 1m, service_level: {goodput: 99%, hold: 5s}, thresholds: {)" +
                     thresholds + R"(}}
steady_state: {for: 10s}
faults: [{name: it, at: 0s, kill: {service: api}, until: recovered}]
detection: [{name: api, tcp: {service: api}, every: 1s, timeout: 500ms, failures: 2}]
recovery: {steps: [{title: Restart, action: {restart: {service: api}}, budget: 1m}]}
)",
                 pair_target("async", "8ms"));
}

Measurement in_memory(const Spec& spec, std::uint64_t seed) {
  const auto run = play_in_memory(make_plan(spec, {.seed = seed, .world = "sim"}), {});
  if (!run) ADD_FAILURE() << run.error().to_string();
  return run ? run->measurement : Measurement{};
}

void expect_alike(const PhaseLatency& one, const PhaseLatency& other) {
  EXPECT_EQ(one.steady, other.steady);
  EXPECT_EQ(one.impact, other.impact);
  EXPECT_EQ(one.after, other.after);
}

TEST(PlayInMemory, ComesToWhatTheDrillComesTo) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Spec spec = watched("notification_delay: p(99)<1s");
    const Measurement measured = play(spec, seed).measurement, run = in_memory(spec, seed);
    EXPECT_EQ(run.bids.all.acknowledged, measured.bids.all.acknowledged);
    EXPECT_GT(run.bids.all.acknowledged, 1'000U);
    expect_alike(run.latency, measured.latency);
    expect_alike(run.notification_delay, measured.notification_delay);
    EXPECT_GT(run.notification_delay.steady.count(), 1'000U);
  }
}

TEST(PlayInMemory, LeavesOutWhatWatchersHearWhereNobodyAsks) {
  const Spec spec = watched("bid_latency: p(99)<1s");
  const Measurement measured = play(spec, 1).measurement, run = in_memory(spec, 1);
  EXPECT_GT(measured.notification_delay.steady.count(), 1'000U);
  EXPECT_TRUE(run.notification_delay.steady.empty());
  EXPECT_EQ(run.bids.all.acknowledged, measured.bids.all.acknowledged);
  expect_alike(run.latency, measured.latency);
}

}  // namespace
}  // namespace blackstart::testing
