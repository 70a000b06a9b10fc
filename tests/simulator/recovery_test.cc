// Recovery actions, and what the platform does by itself.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blackstart::testing {
namespace {

const char* kShop = R"(
blackstart_target: 1
name: shop
regions: {east: {primary: true}, west: {}}
services:
  database:
    kind: sql
    tier: critical
    roles: {primary: {east: 1}, standby: {west: 1}}
    replication: async
    backups: {full: {every: 24h, at: "23:00 UTC", takes: 10m}, log: {every: 1m}}
  cache: {kind: cache, tier: critical, replicas: {east: 1, west: 1}}
  rates: {kind: external, tier: standard}
  api: {kind: api, tier: critical, replicas: {east: 2, west: 2}, needs: [database, rates]}
  dns: {kind: dns, replicas: {west: 1}}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api:
    servers: 1000
    service_time: 1ms
    start: 1s
    health_check: {every: 1s, failures: 2}
    rollback: 3s
    calls: {rates: {timeout: 100ms, breaker: {threshold: 50%, calls: 20, open: 2s, half_open_calls: 3}, fallback: 1ms}}
  database: {servers: 1000, commit: 1ms, lag: 10ms, start: 1s, promote: 1s, failover: 1s, restore: 5s, rebuild: 2s}
  cache: {servers: 100, service_time: 100us, start: 1s}
  rates: {servers: 1000, service_time: 5ms}
  dns: {ttl: 10s, propagation: 1s, records: {shop.example.com: east}}
production: false
)";

Spec shop(const std::string& fault) {
  return spec_of(scenario_with("{rate: 500/s, timeout: 1s}", "  - {name: x, at: 0s, " + fault + "}"), kShop);
}

double share_of(std::uint64_t part, const TrafficInterval& whole) {
  return static_cast<double>(part) / static_cast<double>(whole.offered);
}

TEST(Recovery, AHealthCheckTakesADeadMemberOutOfItsCallersTurn) {
  ScriptedWorld world(shop("kill: {service: api, count: 1}, until: end"));
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(10s);
  world.stop_and_read();
  EXPECT_GT(share_of(world.between(5s, 6s).refused, world.between(5s, 6s)), 0.3) << "half goes to a dead member";
  EXPECT_EQ(world.between(9s, 14s).refused, 0U);
}

TEST(Recovery, ABreakerOpensAndBidsAreAcknowledgedAsDegraded) {
  ScriptedWorld world(shop("dependency_outage: {service: rates, mode: hang}, until: end"));
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(10s);
  world.heal(0);
  world.pass(10s);
  const ReadBackResult read = world.stop_and_read();
  const auto before = world.between(0s, 4s), during = world.between(7s, 14s), after = world.between(20s, 24s);
  EXPECT_EQ(before.degraded, 0U);
  EXPECT_EQ(during.acknowledged, during.offered);
  EXPECT_EQ(during.degraded, during.offered);
  EXPECT_LT(to_seconds(during.latency.percentile(90)), 0.05) << "the breaker saves them the time-out";
  EXPECT_EQ(after.degraded, 0U);
  EXPECT_EQ(read.lost, 0U);
}

TEST(Recovery, ABadReleaseErrsUntilItIsRolledBack) {
  ScriptedWorld world(shop("bad_deploy: {service: api, version: errs}, until: recovered"));
  world.start();
  world.pass(3s);
  world.inject(0);
  world.pass(3s);
  const char* const kHealth = "{http: {url: '{{services.api.url}}/health', status: 200}}";
  EXPECT_FALSE(world.probe(kHealth).ok) << "its health shows it";
  EXPECT_TRUE(world.perform("{rollback: {service: api, of: release}}").ok);
  EXPECT_TRUE(world.probe(kHealth).ok);
  world.pass(10s);
  world.stop_and_read();
  EXPECT_EQ(world.between(4s, 6s).acknowledged, 0U);
  const auto after = world.between(12s, 16s);
  EXPECT_EQ(after.acknowledged, after.offered);
}

TEST(Recovery, ALostRegionIsLeftByDnsAndItsStoreFailedOver) {
  ScriptedWorld world(shop("region: {which: east}, until: end"));
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(5s);
  EXPECT_TRUE(world.perform("{failover: {service: database, to: west}}").ok);
  EXPECT_TRUE(world.perform("{dns: {record: shop.example.com, to: west}}").ok);
  world.pass(10s);
  const ReadBackResult read = world.stop_and_read();
  EXPECT_EQ(world.between(6s, 10s).acknowledged, 0U);
  // Half of the clients ask again within half of the time to live.
  const auto half = world.between(16s, 18s);
  EXPECT_GT(share_of(half.acknowledged, half), 0.2);
  EXPECT_LT(share_of(half.acknowledged, half), 0.8);
  const auto after = world.between(24s, 30s);
  EXPECT_EQ(after.acknowledged, after.offered);
  EXPECT_TRUE(read.complete) << "east, which is away, is not the one that is asked";
  EXPECT_NEAR(static_cast<double>(read.lost), 5, 12);
}

TEST(Recovery, AServiceThatIsFailedOverIsReachedInItsNewRegionAtOnce) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 100/s}", "  - {name: x, at: 0s, kill: {service: database}, until: end}"), R"(
blackstart_target: 1
name: coasts
regions: {east: {primary: true}, west: {}}
services:
  database: {kind: sql, tier: critical, roles: {primary: {east: 1}}}
  api: {kind: api, tier: critical, replicas: {east: 2, west: 2}, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
network: {between_regions: {latency: 40ms}}
sim:
  api: {servers: 1000, service_time: 1ms, start: 1s, failover: 1s}
  database: {servers: 1000, commit: 1ms, start: 1s}
production: false
)"));
  world.start();
  world.pass(4s);
  EXPECT_TRUE(world.perform("{failover: {service: api, to: west}}").ok);
  world.pass(5s);
  world.stop_and_read();
  EXPECT_LT(to_seconds(world.between(0s, 4s).latency.percentile(100)), 0.04);
  EXPECT_GT(to_seconds(world.between(6s, 9s).latency.percentile(0)), 0.08) << "to its store and back";
}

TEST(Recovery, ARestoreToBeforeTheCorruptionLosesWhatCameAfterIt) {
  ScriptedWorld world(shop("corrupt_rows: {service: database, table: bids, share: 10%}, until: end"));
  world.start();
  world.pass(200s);
  EXPECT_TRUE(world.probe("{sql: {service: database, query: q, is: '0'}}").ok);
  const Injection corrupted = world.inject(0);
  EXPECT_FALSE(world.probe("{sql: {service: database, query: q, is: '0'}}").ok);
  world.pass(100s);
  const ActionOutcome restored = world.perform("{restore: {service: database, from: latest, to: whenever}}");
  ASSERT_TRUE(restored.ok && restored.recovery_point) << restored.detail;
  const Instant point = *restored.recovery_point->newest;
  EXPECT_LE(point, corrupted.acted);
  EXPECT_GT(point, corrupted.acted - 2s);
  EXPECT_FALSE(restored.recovery_point->backup_id.empty());
  EXPECT_TRUE(world.probe("{sql: {service: database, query: q, is: '0'}}").ok);
  world.pass(10s);
  const ReadBackResult read = world.stop_and_read({point});
  EXPECT_EQ(read.corrupted, 0U);
  EXPECT_EQ(read.rolled_back, read.lost);
  // 500 bids a second from the recovery point to the begin of the restore; nothing is taken while it runs.
  EXPECT_NEAR(static_cast<double>(read.lost), 500 * 101, 1000);
}

TEST(Recovery, AFencedPrimaryTakesNothing) {
  ScriptedWorld world(shop("kill: {service: cache, count: 1}, until: end"));
  world.start();
  world.pass(3s);
  EXPECT_TRUE(world.perform("{fence: {service: database, role: primary}}").ok);
  world.pass(3s);
  world.stop_and_read();
  EXPECT_EQ(world.between(4s, 6s).acknowledged, 0U);
}

TEST(Recovery, OnlyAShareIsLetIn) {
  ScriptedWorld world(shop("kill: {service: cache, count: 1}, until: end"));
  world.start();
  world.pass(3s);
  EXPECT_TRUE(world.perform("{admit: {share: 10%..100%, over: 10s}}").ok);
  world.pass(5s);
  world.stop_and_read();
  EXPECT_NEAR(share_of(world.between(3s, 5s).acknowledged, world.between(3s, 5s)), 0.19, 0.06);
  EXPECT_NEAR(share_of(world.between(10s, 12s).acknowledged, world.between(10s, 12s)), 0.82, 0.06);
  EXPECT_EQ(world.between(14s, 17s).refused, 0U);
}

TEST(Recovery, ASurgeIsOfferedOnTop) {
  ScriptedWorld world(shop("surge: {factor: 3}, for: 10s"));
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(10s);
  world.heal(0);
  world.pass(5s);
  world.stop_and_read();
  EXPECT_NEAR(static_cast<double>(world.between(6s, 14s).offered), 12'000, 600);
  EXPECT_NEAR(static_cast<double>(world.between(16s, 19s).offered), 1500, 200);
}

}  // namespace
}  // namespace blackstart::testing
