// The World port as the virtual world keeps it: what faults do, and that healing undoes it.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blackstart::testing {
namespace {

TEST(SimWorld, AKilledServiceRefusesAndAHealingIsIdempotent) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 500/s}", "  - {name: api, at: 0s, kill: {service: api}, until: end}"),
              pair_target("async", "8ms")));
  world.start();
  world.pass(5s);
  EXPECT_TRUE(world.probe("{http: {url: 'http://api.sim/health', status: 200}}").ok);
  const Injection injection = world.inject(0);
  EXPECT_TRUE(injection.proven);
  world.pass(5s);
  EXPECT_FALSE(world.probe("{http: {url: 'http://api.sim/health', status: 200}}").ok);
  EXPECT_FALSE(world.probe("{tcp: {service: api}}").ok);
  EXPECT_TRUE(world.heal(0).proven);
  const Instant once = world.world.clock().now();
  EXPECT_TRUE(world.heal(0).proven);
  EXPECT_EQ(world.world.clock().now(), once);
  world.pass(5s);
  EXPECT_TRUE(world.probe("{tcp: {service: api}}").ok);
  const ReadBackResult read = world.stop_and_read();
  EXPECT_EQ(read.lost, 0U);
  const auto before = world.between(0s, 4s), during = world.between(6s, 9s), after = world.between(12s, 15s);
  EXPECT_EQ(before.acknowledged, before.offered);
  EXPECT_EQ(during.refused, during.offered);
  EXPECT_GT(during.offered, 1000U);
  EXPECT_EQ(after.acknowledged, after.offered);
}

TEST(SimWorld, AStandbyDoesNotCatchUpWithWhoDiesAsItStarts) {
  ScriptedWorld world(spec_of(scenario_with("{rate: 500/s}",
                                            "  - {name: loop, at: 0s, crash_loop: {service: database, role: primary}, "
                                            "until: end}"),
                              pair_target("async", "2s")));
  world.start();
  world.pass(6s);
  world.inject(0);
  world.pass(3s);
  EXPECT_FALSE(world.perform("{restart: {service: database, role: primary}}").ok) << "it does not stay up";
  EXPECT_TRUE(world.perform("{promote: {service: database, role: standby}}").ok);
  EXPECT_TRUE(world.perform("{repoint: {services: [api], to: database}}").ok);
  world.pass(2s);
  const ReadBackResult read = world.stop_and_read();
  EXPECT_NEAR(static_cast<double>(read.lost), 1000, 5 * std::sqrt(1000)) << "two seconds of 500 bids";
}

TEST(SimWorld, GroupsOfASynchronousStoreAreOnTheirWayToItsStandbyTogether) {
  const std::string target = R"(
blackstart_target: 1
name: pair
services:
  database: {kind: sql, tier: critical, roles: {primary: 1, standby: 1}, replication: sync}
  api: {kind: api, tier: critical, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 4096, service_time: 1ms, start: 1s}
  database: {servers: 4096, commit: 1ms, start: 1s}
network: {within_zone: {latency: 10ms}}
production: false
)";
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 1000/s}", "  - {name: api, at: 0s, kill: {service: api}, until: end}"), target));
  world.start();
  world.pass(3s);
  EXPECT_EQ(world.stop_and_read().lost, 0U);
  const Histogram latency = world.between(0s, 3s).latency;
  EXPECT_GT(latency.count(), 2000U);
  // The service, to the store and back, its disk, to the standby and back, the standby's disk; a write may have to wait
  // for the one before it, never for that one's way.
  EXPECT_GE(latency.min(), 43ms);
  EXPECT_LE(latency.max(), 44ms);
}

TEST(SimWorld, HealingWhatNeverActedChangesNothing) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 100/s}", "  - {name: api, at: 0s, kill: {service: api}, until: end}"),
              pair_target("async", "8ms")));
  world.start();
  EXPECT_TRUE(world.heal(0).proven);
  world.pass(2s);
  const ReadBackResult read = world.stop_and_read();
  EXPECT_GT(read.kept, 100U);
}

/// Bids of a partition between api and database in one direction.
ReadBackResult cut(const std::string& direction, TrafficInterval& during) {
  ScriptedWorld world(spec_of(
      scenario_with(
          "{rate: 500/s, timeout: 2s}",
          "  - {name: cut, at: 0s, partition: {between: [api, database], direction: " + direction + "}, until: end}"),
      pair_target("async", "8ms")));
  world.start();
  world.pass(3s);
  world.inject(0);
  world.pass(4s);
  EXPECT_TRUE(world.heal(0).proven);
  world.pass(6s);
  const ReadBackResult read = world.stop_and_read();
  during = world.between(4s, 6s);
  const auto after = world.between(10s, 13s);
  EXPECT_EQ(after.acknowledged, after.offered) << "healed";
  return read;
}

TEST(SimWorld, APartitionCutsOneDirectionOnly) {
  TrafficInterval to, from;
  const ReadBackResult cut_to = cut("to", to), cut_from = cut("from", from);
  EXPECT_EQ(to.acknowledged, 0U);
  EXPECT_EQ(from.acknowledged, 0U);
  // Requests that never arrive store nothing; answers that never arrive hide what was stored.
  EXPECT_GT(cut_to.not_lost, 1000U);
  EXPECT_LT(cut_to.recovered, 20U);
  EXPECT_GT(cut_from.recovered, 1000U);
  EXPECT_EQ(cut_to.lost + cut_from.lost, 0U);
}

TEST(SimWorld, APausedServiceTimesOutAndLosesNothing) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 500/s, timeout: 1s}", "  - {name: api, at: 0s, pause: {service: api}, until: end}"),
              pair_target("async", "8ms")));
  world.start();
  world.pass(3s);
  world.inject(0);
  world.pass(5s);
  EXPECT_FALSE(world.probe("{http: {url: 'http://api.sim/health', status: 200}}").ok);
  world.heal(0);
  world.pass(5s);
  const ReadBackResult read = world.stop_and_read();
  const auto during = world.between(4s, 6s);
  EXPECT_EQ(during.timed_out, during.offered);
  EXPECT_EQ(read.lost, 0U);
  EXPECT_GT(read.recovered, 0U) << "what was sent is served when it goes on";
}

const char* const kPooledTarget = R"(
blackstart_target: 1
name: pooled
services:
  database: {kind: sql, tier: critical}
  api: {kind: api, tier: critical, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 100000, service_time: 1ms, start: 1s, calls: {database: {timeout: 5s}}}
  database: {servers: 1000, commit: 1ms, start: 1s, connections: 20}
production: false
)";

TEST(SimWorld, AStoreThatHangsRefusesWhoFindsNoConnection) {
  ScriptedWorld world(spec_of(scenario_with("{rate: 500/s, timeout: 1s}",
                                            "  - {name: hangs, at: 0s, pause: {service: database}, until: end}\n"
                                            "  - {name: dies, at: 1s, kill: {service: database}, until: end}"),
                              kPooledTarget));
  world.start();
  world.pass(3s);
  world.inject(0);
  world.pass(4s);
  world.heal(0);
  world.pass(3s);
  world.inject(0);
  world.pass(2s);
  world.inject(1);
  world.heal(0);
  EXPECT_TRUE(world.perform("{start: {service: database}}").ok);
  world.pass(5s);
  world.stop_and_read();
  const auto before = world.between(1s, 2s), first = world.between(3s, 4s), full = world.between(4s, 6s);
  const auto after = world.between(8s, 9s), started = world.between(14s, 17s);
  EXPECT_EQ(before.acknowledged, before.offered);
  EXPECT_NEAR(static_cast<double>(first.timed_out), 20, 2) << "who has a connection waits";
  EXPECT_EQ(full.refused, full.offered) << "and holds it after he has given up";
  EXPECT_EQ(after.acknowledged, after.offered);
  EXPECT_EQ(started.acknowledged, started.offered) << "the connections of who died are free";
}

TEST(SimWorld, WhatAReadHeldOfTheStoreIsFreeWhenItsAnswerIsThere) {
  const std::string target = R"(
blackstart_target: 1
name: pair
services:
  database: {kind: sql, tier: critical, roles: {primary: 1}}
  cache: {kind: cache, tier: critical}
  api: {kind: api, tier: critical, needs: [cache, database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  database: {servers: 1, connections: 1, commit: 1ms, start: 1s}
  cache: {servers: 8, service_time: 1ms, hit_ratio: 0%, miss: database, start: 1s}
  api: {servers: 8, service_time: 1ms, start: 1s}
production: false
)";
  ScriptedWorld world(spec_of(
      scenario_with("{rate: 10/s, arrivals: constant}", "  - {name: x, at: 0s, kill: {service: cache}, until: end}"),
      target));
  world.start();
  world.pass(5s);
  world.stop_and_read();
  const TrafficInterval all = world.between(0s, 10s);
  EXPECT_EQ(all.offered, 50U);
  EXPECT_EQ(all.acknowledged, all.offered) << "each bid reads, and then finds the one connection to write";
}

TEST(SimWorld,
     AServiceWithoutNeedsIsJustItsQueue) {  // M/M/1: the time in the system is exponential of mean 1/(mu - lambda)
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 700/s, timeout: 10s}", "  - {name: x, at: 0s, kill: {service: desk}, until: end}"),
              kQueueTarget));
  world.start();
  world.pass(2000s);
  const ReadBackResult read = world.stop_and_read();
  const auto all = world.between(100s, 2000s);
  EXPECT_EQ(all.acknowledged, all.offered);
  EXPECT_NEAR(to_seconds(all.latency.mean()), 1 / 300.0, 0.00015);
  EXPECT_NEAR(to_seconds(all.latency.percentile(99)), std::log(100) / 300.0, 0.0012);
  EXPECT_EQ(read.lost, 0U);
}

/// Goodput in the last ten seconds, a minute and a half after a pause of five seconds.
double goodput_after_pause(ScriptedWorld& world) {
  world.start();
  world.pass(10s);
  world.inject(0);
  world.pass(5s);
  world.heal(0);
  world.pass(90s);
  world.stop_and_read();
  const auto end = world.between(90s, 100s);
  return static_cast<double>(end.acknowledged) / static_cast<double>(end.offered);
}

double after_pause(const std::string& rate, int retries) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: " + rate + ", timeout: 1s, connections: {max: 100000}, retry: {attempts: " +
                                std::to_string(retries) + ", backoff: 10ms}}",
                            "  - {name: pause, at: 0s, pause: {service: desk}, until: end}"),
              kQueueTarget));
  return goodput_after_pause(world);
}

TEST(SimWorld, ARetryStormNeverEndsWhenWorkWithRetriesExceedsWhatCanBeServed) {
  EXPECT_LT(after_pause("600/s", 1), 0.2);   // 0.6 x 2 >= 1
  EXPECT_GT(after_pause("400/s", 1), 0.99);  // 0.4 x 2 < 1
  EXPECT_GT(after_pause("600/s", 0), 0.99);
}

/// The same of calls between services: goodput long after a pause of the service behind.
double after_pause_behind(const std::string& retry) {
  const std::string target = R"(
blackstart_target: 1
name: pair
services:
  desk: {kind: api, tier: critical}
  door: {kind: api, tier: critical, needs: [desk]}
load: {protocol: bids, service: door}
drivers: {external: {}}
sim:
  desk: {servers: 1, service_time: {exponential: 1ms}, start: 1s}
  door: {servers: 100000, service_time: 1ms, start: 1s, calls: {desk: {timeout: 1s, retry: {RETRY}}}}
production: false
)";
  ScriptedWorld world(spec_of(scenario_with("{rate: 600/s, timeout: 5s, connections: {max: 100000}}",
                                            "  - {name: pause, at: 0s, pause: {service: desk}, until: end}"),
                              std::string(target).replace(target.find("RETRY"), 5, retry)));
  return goodput_after_pause(world);
}

TEST(SimWorld, ABudgetOfRetriesEndsAStormBetweenServices) {
  EXPECT_LT(after_pause_behind("attempts: 1, backoff: 10ms"), 0.5) << "0.6 x 2 >= 1";
  EXPECT_GT(after_pause_behind("attempts: 1, backoff: 10ms, budget: 10%"), 0.99) << "0.6 x 1.1 < 1";
}

TEST(SimWorld, LatencyIsNormalAgainWhenTheQueueHasDrained) {  // after D/(1 - rho), not after D
  ScriptedWorld world(spec_of(scenario_with("{rate: 800/s, timeout: 60s, connections: {max: 100000}}",
                                            "  - {name: pause, at: 0s, pause: {service: desk}, until: end}"),
                              kQueueTarget));
  world.start();
  world.pass(10s);
  world.inject(0);
  world.pass(5s);
  world.heal(0);
  world.pass(40s);
  world.stop_and_read();
  const auto middle = world.between(25s, 27s), late = world.between(40s, 50s);
  EXPECT_NEAR(to_seconds(middle.latency.mean()), 5 - 0.2 * 16, 0.5);  // D - (1 - rho) a
  EXPECT_LT(to_seconds(late.latency.mean()), 0.05);
}

}  // namespace
}  // namespace blackstart::testing
