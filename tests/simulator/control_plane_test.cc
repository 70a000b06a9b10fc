// What a control plane and a DNS service do for others, and what stands still without them.

#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

/// `cluster` and `dns` are those services' parts.
std::string managed_target(const std::string& cluster, const std::string& dns) {
  return fmt::format(R"(
blackstart_target: 1
name: managed
regions: {{east: {{primary: true}}, west: {{}}}}
services:
  database: {{kind: sql, tier: critical, roles: {{primary: {{east: 1}}}}}}
  api: {{kind: api, tier: critical, needs: [database], replicas: {{east: 2, west: 1}}}}
  cluster: {{kind: control-plane, tier: standard, replicas: {{east: 1}}}}
  names: {{kind: dns, tier: standard, replicas: {{west: 1}}}}
load: {{protocol: bids, service: api}}
drivers: {{external: {{}}}}
sim:
  api: {{servers: 64, service_time: 1ms, start: 1s, stop: 30s, rollback: 1s}}
  database: {{servers: 64, commit: 1ms, start: 1s}}
  cluster: {{start: 1s{}}}
  names: {{start: 1s, ttl: 20s, propagation: 1s{}}}
production: false
)",
                     cluster, dns);
}

struct Managed {
  explicit Managed(const std::string& fault, const std::string& cluster = "",
                   const std::string& dns = ", records: {api.example.com: east}")
      : world(
            spec_of(scenario_with("{rate: 200/s, timeout: 500ms}", "  - {name: x, at: 0s, " + fault + ", until: end}"),
                    managed_target(cluster, dns))) {
    world.start();
    world.pass(5s);
  }
  ActionOutcome perform(const std::string& action) { return world.perform(action); }
  ScriptedWorld world;
};

TEST(ControlPlane, WithoutItNothingIsStartedThatItPlaces) {
  Managed drill("kill: {service: cluster}");
  drill.world.inject(0);
  EXPECT_EQ(drill.perform("{scale: {services: [api], to: 5}}").detail,
            "control plane cluster is down: api cannot grow");
  EXPECT_EQ(drill.perform("{rollback: {service: api, of: release}}").detail,
            "control plane cluster is down: no release can be rolled back");
  EXPECT_TRUE(drill.perform("{stop: {service: api}}").ok);
  const ActionOutcome started = drill.perform("{start: {service: api}}");
  EXPECT_EQ(started.detail, "api 3 started, in 1 s") << "west has no control plane of its own and needs none";
  EXPECT_TRUE(drill.perform("{restart: {service: database}}").ok) << "a database is not placed by it";
  EXPECT_TRUE(drill.perform("{start: {service: cluster}}").ok);
  EXPECT_EQ(drill.perform("{start: {service: api}}").detail, "api 1, api 2 started, in 1 s");
  drill.world.stop_and_read();
}

TEST(ControlPlane, AMemberStartsOnceItIsScheduled) {
  Managed drill("kill: {service: api, count: 1}", ", schedule: 7s");
  drill.world.inject(0);
  EXPECT_EQ(drill.perform("{start: {service: api}}").detail, "api 1 started, in 8 s");
  drill.world.stop_and_read();
}

TEST(ControlPlane, WhereNoMoreFitAHostComesFirst) {
  Managed drill("kill: {service: api, count: 1}", ", capacity: 3, provision: 1m");
  drill.world.inject(0);
  EXPECT_EQ(drill.perform("{start: {service: api}}").detail, "api 1 started, in 1 s") << "its place is still there";
  EXPECT_EQ(drill.perform("{scale: {services: [api], to: 4}}").detail, "api 4 started, in 1 s");
  EXPECT_EQ(drill.perform("{scale: {services: [api], to: 5}}").detail, "api 5 started, in 1m 01s");
  EXPECT_TRUE(drill.perform("{scale: {services: [api], to: 4}}").ok);
  EXPECT_EQ(drill.perform("{scale: {services: [api], to: 5}}").detail, "api 5 started, in 1 s") << "the host is there";
  drill.world.stop_and_read();
}

TEST(Scale, WhoIsTakenAwayTakesItsTimeToStop) {
  Managed drill("surge: {factor: 1}");
  EXPECT_FALSE(drill.world.performed_within("{scale: {services: [api], to: 1}}", 29s));
  EXPECT_TRUE(drill.world.performed_within("{scale: {services: [api], to: 1}}", 31s));
  EXPECT_TRUE(drill.perform("{scale: {services: [api], to: 2}}").ok);
  drill.world.stop_and_read();
}

TEST(Names, WithoutServersNothingIsChangedAndClientsForget) {
  Managed drill("kill: {service: names}");
  drill.world.inject(0);
  EXPECT_EQ(drill.perform("{dns: {record: api.example.com, to: west}}").detail,
            "names is down: its records cannot be changed");
  drill.world.pass(40s);
  drill.world.heal(0);
  drill.world.pass(10s);
  drill.world.stop_and_read();
  const TrafficInterval halfway = drill.world.between(14s, 16s), later = drill.world.between(26s, 44s);
  EXPECT_NEAR(static_cast<double>(halfway.acknowledged), static_cast<double>(halfway.offered) / 2,
              static_cast<double>(halfway.offered) / 10);
  EXPECT_EQ(later.acknowledged, 0U) << "the time to live is over for everyone";
  EXPECT_EQ(later.refused, later.offered);
  const TrafficInterval after = drill.world.between(48s, 54s);
  EXPECT_EQ(after.acknowledged, after.offered);
}

TEST(Names, WhoIsNotFoundByThemDoesNotMissThem) {
  Managed drill("kill: {service: names}", "", "");
  drill.world.inject(0);
  drill.world.pass(40s);
  drill.world.stop_and_read();
  const TrafficInterval later = drill.world.between(26s, 44s);
  EXPECT_EQ(later.acknowledged, later.offered);
}

}  // namespace
}  // namespace blackstart::testing
