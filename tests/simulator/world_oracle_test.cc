// The whole world against closed forms of faults (docs/simulator.md): each of 200 seeds gives one figure, and its 95 %
// interval by theory has to hold it for at least 180 of them; the interval of a model that is a little off must not.

#include "tests/simulator/coverage.h"
#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

namespace blackstart::testing {
namespace {

constexpr double kNormal975 = 1.959964;

struct Law {
  double mean = 0, deviation = 0;
  [[nodiscard]] bool holds(double value) const { return std::abs(value - mean) <= kNormal975 * deviation; }
};

void expect_law(const Law& law, const Law& planted, const std::function<double(std::uint64_t seed)>& figure) {
  int held = 0, held_planted = 0;
  for (std::uint64_t seed = 1; seed <= kCoverageSeeds; ++seed) {
    const double value = figure(seed);
    held += law.holds(value) ? 1 : 0;
    held_planted += planted.holds(value) ? 1 : 0;
  }
  EXPECT_GE(held, kCoveredLeast) << "mean " << law.mean << ", deviation " << law.deviation;
  EXPECT_LT(held_planted, kPlantedMost) << "a model that is off would pass too";
}

/// Bids that a promotion loses `lag` behind a primary that took `rate` a second.
double lost_by_failover(std::uint64_t seed) {
  ScriptedWorld world(spec_of(scenario_with("{rate: 1000/s}",
                                            "  - {name: primary, at: 0s, kill: {service: database, role: primary}, "
                                            "until: end}"),
                              pair_target("async", "2s")),
                      seed);
  world.start();
  world.pass(6s);
  world.inject(0);
  EXPECT_TRUE(world.perform("{promote: {service: database, role: standby}}").ok);
  EXPECT_TRUE(world.perform("{repoint: {services: [api], to: database}}").ok);
  world.pass(1s);
  const ReadBackResult read = world.stop_and_read();
  EXPECT_EQ(read.lost_after_fault, 0U);
  return static_cast<double>(read.lost);
}

TEST(world_oracle, a_failover_loses_lambda_times_lag) {
  const double mean = 1000 * 2.0;  // Poisson
  expect_law({mean, std::sqrt(mean)}, {1.1 * mean, std::sqrt(1.1 * mean)}, lost_by_failover);
}

constexpr double kStormRate = 400;      // bids/s at 1,000 services/s
constexpr double kStormPause = 5;       // s
constexpr double kStormPatience = 0.1;  // s

/// Seconds from a pause's begin until bids are answered in time again, each of them tried twice meanwhile.
double storm_length(std::uint64_t seed) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 400/s, timeout: 100ms, connections: {max: 100000}, retry: {attempts: 1, backoff: "
                            "1ms}}",
                            "  - {name: pause, at: 0s, pause: {service: desk}, until: end}"),
              kQueueTarget),
      seed);
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(5s);
  world.heal(0);
  world.pass(40s);
  world.stop_and_read();
  for (const auto& interval : world.intervals) {
    const double from = to_seconds(interval.start - world.acts.front());
    if (from >= kStormPause && interval.acknowledged * 100 >= interval.offered * 99) return from;
  }
  return 0;
}

/// First passage: the backlog after the pause is lambda (1 + R) D; from then on it falls by mu - lambda (1 + R) a
/// second until a bid waits for less than its time-out. With both of a bid's tries at once, arrivals vary (1 + R)^2
/// lambda.
Law storm_law(double rate) {
  const double tries = 2, services = 1000;
  const double falls = services - tries * rate;
  const double backlog = tries * rate * kStormPause - kStormPatience * services;
  const double varies = tries * tries * rate + services;
  const double variance =
      backlog * varies / (falls * falls * falls) + tries * tries * rate * kStormPause / (falls * falls);
  const double looked_at_by_the_second = 1.0 / 12;
  return {kStormPause + backlog / falls + 0.5, std::sqrt(variance + looked_at_by_the_second)};
}

TEST(world_oracle, a_retry_storm_above_the_limit_never_drains) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 400/s, timeout: 100ms, connections: {max: 100000}, retry: {attempts: 3, backoff: "
                            "1ms}}",
                            "  - {name: pause, at: 0s, pause: {service: desk}, until: end}"),
              kQueueTarget),
      1);
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(5s);
  world.heal(0);
  world.pass(120s);
  world.stop_and_read();
  const auto calm = [](const TrafficInterval& interval) {
    return interval.acknowledged * 100 >= interval.offered * 99;
  };
  ASSERT_TRUE(calm(world.intervals.front())) << "0.4 of what it can serve, before";
  std::uint64_t attempts = 0, offered = 0;
  for (const TrafficInterval& interval : world.intervals) {
    if (interval.start < world.acts.front() + 10s) continue;
    EXPECT_FALSE(calm(interval)) << "four tries of 0.4 are more than it can serve, for ever";
    attempts += interval.attempts;
    offered += interval.offered;
  }
  EXPECT_GT(attempts, 3 * offered);
}
TEST(world_oracle, a_retry_storm_below_the_limit_drains_in_d_over_1_minus_rho_times_tries) {
  const Law law = storm_law(kStormRate);
  EXPECT_NEAR(law.mean, kStormPause / (1 - 0.4 * 2), 1.0);  // D / (1 - rho (1 + R))
  expect_law(law, storm_law(1.1 * kStormRate), storm_length);
}

}  // namespace
}  // namespace blackstart::testing
