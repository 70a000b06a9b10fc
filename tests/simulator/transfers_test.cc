// A restore or a rebuild is no faster than the slowest of what it passes.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart::testing {
namespace {

/// 10 GB that the target would restore and rebuild in ten seconds.
const std::string kFarTarget = R"(
blackstart_target: 1
name: far
regions: {east: {primary: true}, west: {}}
services:
  database:
    kind: sql
    tier: critical
    roles: {primary: {east: 1}, standby: {west: 1}}
    replication: async
    backups: {full: {every: 1h, COPIES}}
  files: {kind: files, tier: critical, backups: {full: {every: 1h}}}
  api: {kind: api, tier: critical, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 64, service_time: 1ms, start: 1s}
  database: {servers: 64, commit: 1ms, start: 1s, failover: 1s, size: 10GB, restore: 1GB/s, rebuild: 1GB/s}
  files: {start: 1s, size: 10GB, restore: 1GB/s, OWN}
network: {BETWEEN}
production: false
)";

struct Far {
  const char* copies = "keep: 30d";
  const char* own = "stop: 0s";
  const char* network = "between_regions: {bandwidth: 100MB/s}";
};

std::string put(std::string text, const std::string& name, const std::string& value) {
  return text.replace(text.find(name), name.size(), value);
}

/// Seconds that the last of `actions` takes.
double seconds_of(const Far& far, const std::vector<std::string>& actions) {
  const std::string target = put(put(put(kFarTarget, "COPIES", far.copies), "OWN", far.own), "BETWEEN", far.network);
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 10/s}", "  - {name: x, at: 0s, kill: {service: files}, until: end}"), target));
  world.start();
  world.pass(10s);
  Instant began;
  for (const std::string& action : actions) {
    began = world.world.clock().now();
    const ActionOutcome outcome = world.perform(action);
    EXPECT_TRUE(outcome.ok) << outcome.detail;
  }
  const double took = to_seconds(world.world.clock().now() - began);
  world.stop_and_read();
  return took;
}

const char* const kRestore = "{restore: {service: database, from: latest}}";
const char* const kFailover = "{failover: {service: database, to: west}}";
const char* const kRebuild = "{rebuild: {service: database, role: standby}}";
const char* const kFiles = "{restore: {service: files, from: latest}}";

TEST(Transfers, WhatIsNearComesAtTheTargetsOwnRate) {
  EXPECT_NEAR(seconds_of({}, {kRestore}), 10, 0.01);
  EXPECT_NEAR(seconds_of({.network = ""}, {kRebuild}), 10, 0.01);
  EXPECT_NEAR(seconds_of({}, {kFiles}), 10, 0.01);
}

TEST(Transfers, BetweenRegionsTheLinkCarriesWhatItCan) {
  EXPECT_NEAR(seconds_of({}, {kRebuild}), 100, 0.01);
  EXPECT_NEAR(seconds_of({}, {kFailover, kRestore}), 100, 0.01) << "the backup lies in the east";
  EXPECT_NEAR(seconds_of({.copies = "copies: [west]"}, {kFailover, kRestore}), 10, 0.01) << "and in the west";
  EXPECT_NEAR(seconds_of({.network = "links: [{between: [east, west], direction: to, bandwidth: 200MB/s}]"},
                         {kFailover, kRestore}),
              50, 0.01);
  EXPECT_NEAR(seconds_of({.network = "between_regions: {bandwidth: 2GB/s}"}, {kRebuild}), 10, 0.01);
}

TEST(Transfers, AStoreWritesWhatItCan) {
  EXPECT_NEAR(seconds_of({.own = "read: 1MB/s, write: 500MB/s"}, {kFiles}), 20, 0.01);
}

}  // namespace
}  // namespace blackstart::testing
