// Zones of a region: where members live, what the ways between them cost, and what is lost with one of them.

#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

/// Two of api and one of desk in zones a and b in turn, the database's primary in a and its standby in b.
std::string zones_target(const std::string& network) {
  return fmt::format(R"(
blackstart_target: 1
name: zones
regions: {{east: {{primary: true, zones: [east-a, east-b]}}, west: {{}}}}
services:
  database: {{kind: sql, tier: critical, roles: {{primary: {{east: 1}}, standby: {{east: 1}}}}, replication: async}}
  api: {{kind: api, tier: critical, needs: [database], replicas: {{east: 2}}}}
  desk: {{kind: api, tier: critical, replicas: {{east: 1}}}}
load: {{protocol: bids, service: api}}
drivers: {{external: {{}}}}
sim:
  api: {{servers: 64, service_time: 1ms, start: 1s}}
  desk: {{servers: 64, service_time: 1ms, start: 1s}}
  database: {{servers: 64, commit: 1ms, lag: 1ms, start: 1s, promote: 1s}}
{}production: false
)",
                     network);
}

struct Zones : ::testing::Test {
  static Spec spec(const std::string& fault, const std::string& network = "") {
    return spec_of(scenario_with("{rate: 200/s, timeout: 500ms}", "  - {name: x, at: 0s, " + fault + ", until: end}"),
                   zones_target(network));
  }
  static TrafficInterval calm(const std::string& network) {
    ScriptedWorld world(spec("surge: {factor: 2}", network));
    world.start();
    world.pass(5s);
    world.stop_and_read();
    return world.between(1s, 4s);
  }
  static TrafficInterval under(const std::string& fault, const std::string& network = "") {
    ScriptedWorld world(spec(fault, network));
    world.start();
    world.pass(2s);
    world.inject(0);
    world.pass(10s);
    world.stop_and_read();
    return world.between(4s, 10s);
  }
};

double milliseconds_at(const TrafficInterval& bids, double share) {
  return to_seconds(bids.latency.percentile(100 * share)) * 1000;
}

TEST_F(Zones, TheWayToAnotherZoneTakesLonger) {
  const TrafficInterval bids = calm("network: {within_zone: {latency: 1ms}, between_zones: {latency: 20ms}}\n");
  EXPECT_LT(milliseconds_at(bids, 0.4), 10) << "half of them stay in the primary's zone";
  EXPECT_GT(milliseconds_at(bids, 0.6), 40) << "there and back";
}

TEST_F(Zones, ALinkOfAZoneIsOfOneDirection) {
  const TrafficInterval bids = calm("network: {links: [{between: [east-b, east-a], direction: to, latency: 20ms}]}\n");
  EXPECT_LT(milliseconds_at(bids, 0.4), 10);
  EXPECT_GT(milliseconds_at(bids, 0.6), 20);
  EXPECT_LT(milliseconds_at(bids, 0.99), 30) << "not on the way back";
}

TEST_F(Zones, LossBetweenZonesHitsWhoCrosses) {
  const TrafficInterval bids = calm("network: {between_zones: {loss: 100%}}\n");
  EXPECT_NEAR(static_cast<double>(bids.acknowledged), static_cast<double>(bids.offered) / 2, 2);
}

TEST_F(Zones, APartitionBetweenThemHitsWhoCrosses) {
  const TrafficInterval bids = under("partition: {between: [{zone: east-a}, {zone: east-b}]}");
  EXPECT_NEAR(static_cast<double>(bids.timed_out), static_cast<double>(bids.offered) / 2, 2);
}

struct LostZone : Zones {
  LostZone() : world(spec("zone: {which: east-a}")) {
    world.start();
    world.pass(5s);
    proof = world.inject(0).proof;
    world.pass(1s);
  }
  ScriptedWorld world;
  std::string proof;
};

TEST_F(LostZone, ItsMembersAreGoneAndNoOthers) {
  EXPECT_EQ(proof, "all 3 members of east-a are gone");
  EXPECT_FALSE(world.probe("{tcp: {service: database, role: primary}}").ok);
  EXPECT_TRUE(world.probe("{tcp: {service: database, role: standby}}").ok);
  EXPECT_FALSE(world.probe("{region: {region: east, is: down}}").ok) << "half of it is up";
  world.stop_and_read();
}

TEST_F(LostZone, NothingStartsInItAndWhatGrowsGoesElsewhere) {
  const ActionOutcome start = world.perform("{start: {service: desk}}");
  EXPECT_FALSE(start.ok);
  EXPECT_EQ(start.detail, "zone east-a is lost: nothing can start there");
  EXPECT_TRUE(world.perform("{scale: {services: [desk], to: 1}}").ok) << "in the other zone";
  EXPECT_TRUE(world.probe("{tcp: {service: desk}}").ok);
  EXPECT_TRUE(world.perform("{promote: {service: database, role: standby}}").ok);
  world.stop_and_read();
}

TEST_F(LostZone, ComesBackWhenItIsHealed) {
  EXPECT_TRUE(world.heal(0).proven);
  EXPECT_TRUE(world.probe("{tcp: {service: desk}}").ok);
  EXPECT_TRUE(world.probe("{tcp: {service: database, role: primary}}").ok);
  world.stop_and_read();
}

}  // namespace
}  // namespace blackstart::testing
