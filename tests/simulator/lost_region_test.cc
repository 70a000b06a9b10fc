// What a region that is lost, and stays lost, can no longer do: nothing in it starts until the fault is healed.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart::testing {
namespace {

const char* const kPlacesTarget = R"(
blackstart_target: 1
name: places
regions: {east: {primary: true}, west: {}}
services:
  database:
    kind: sql
    tier: critical
    roles: {primary: {east: 1}, replica: {west: 1}}
    replication: async
    backups: {full: {every: 1m, takes: 1s}}
  api: {kind: api, tier: critical, needs: [database], replicas: {east: 2, west: 1}}
  desk: {kind: api, tier: critical, replicas: {east: 1}}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 64, service_time: 1ms, start: 1s, failover: 1s}
  desk: {servers: 64, service_time: 1ms, start: 1s}
  database: {servers: 64, commit: 1ms, lag: 1ms, start: 1s, promote: 1s, failover: 1s, restore: 1s, rebuild: 1s}
production: false
)";

struct LostRegion : ::testing::Test {
  explicit LostRegion(const std::string& target = kPlacesTarget)
      : world(spec_of(scenario_with("{rate: 100/s}", "  - {name: east, at: 0s, region: {which: east}, until: end}"),
                      target)) {
    world.start();
    world.pass(90s);
    world.inject(0);
    world.pass(1s);
  }
  void expect_names_the_region(const std::string& action) {
    const ActionOutcome outcome = world.perform(action);
    EXPECT_FALSE(outcome.ok) << action << ": " << outcome.detail;
    EXPECT_NE(outcome.detail.find("region east is lost"), std::string::npos) << action << ": " << outcome.detail;
  }

  ScriptedWorld world;
};

TEST_F(LostRegion, NothingInItStarts) {
  expect_names_the_region("{start: {service: desk}}");
  expect_names_the_region("{restart: {service: desk}}");
  expect_names_the_region("{scale: {services: [desk], to: 3}}");
  expect_names_the_region("{start: {service: database, role: primary}}");
  expect_names_the_region("{restore: {service: database, from: latest}}");
  expect_names_the_region("{failover: {service: api, to: east}}");
  expect_names_the_region("{rollback: {service: desk, of: release}}");
  expect_names_the_region("{rollback: {service: desk, of: configuration}}");
  world.pass(5s);
  EXPECT_FALSE(world.probe("{tcp: {service: desk}}").ok);
  EXPECT_TRUE(world.probe("{region: {region: east, is: down}}").ok);
  world.stop_and_read();
}

TEST_F(LostRegion, MembersElsewhereStart) {
  EXPECT_TRUE(world.perform("{stop: {service: api}}").ok);
  const ActionOutcome outcome = world.perform("{start: {service: api}}");
  EXPECT_TRUE(outcome.ok) << outcome.detail;
  EXPECT_EQ(outcome.detail, "api 3 started, in 1 s");
  EXPECT_TRUE(world.perform("{failover: {service: database, to: west}}").ok);
  EXPECT_TRUE(world.perform("{failover: {service: api, to: west}}").ok);
  EXPECT_TRUE(world.perform("{scale: {services: [api], to: 2}}").ok) << "where it is active now";
  world.stop_and_read();
}

TEST_F(LostRegion, BackupsThatLieThereAloneCannotBeRestored) {
  EXPECT_TRUE(world.perform("{failover: {service: database, to: west}}").ok);
  const ActionOutcome gone = world.perform("{restore: {service: database, from: latest}}");
  EXPECT_FALSE(gone.ok);
  EXPECT_NE(gone.detail.find("lie in east, which is lost"), std::string::npos) << gone.detail;
  world.pass(40s);
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok) << "one was made in the west since";
  world.stop_and_read();
}

TEST_F(LostRegion, BackupsThatLieThereComeBackWithIt) {
  EXPECT_TRUE(world.perform("{failover: {service: database, to: west}}").ok);
  EXPECT_FALSE(world.perform("{restore: {service: database, from: latest}}").ok);
  EXPECT_TRUE(world.heal(0).proven);
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok);
  world.stop_and_read();
}

struct LostRegionWithCopies : LostRegion {
  static std::string target() {
    const std::string takes = "takes: 1s";
    std::string text = kPlacesTarget;
    return text.replace(text.find(takes), takes.size(), "takes: 1s, copies: [west]");
  }
  LostRegionWithCopies() : LostRegion(target()) {}
};

TEST_F(LostRegionWithCopies, ACopyElsewhereIsRestored) {
  EXPECT_TRUE(world.perform("{failover: {service: database, to: west}}").ok);
  const ActionOutcome outcome = world.perform("{restore: {service: database, from: latest}}");
  EXPECT_TRUE(outcome.ok) << outcome.detail;
  world.stop_and_read();
}

TEST_F(LostRegion, ComesBackWhenItIsHealed) {
  EXPECT_TRUE(world.heal(0).proven);
  EXPECT_TRUE(world.probe("{tcp: {service: desk}}").ok);
  EXPECT_TRUE(world.perform("{restart: {service: desk}}").ok);
  world.stop_and_read();
}

}  // namespace
}  // namespace blackstart::testing
