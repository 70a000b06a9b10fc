// Autoscaling: members come with the load, and go with it.

#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

std::string scaled(const std::string& cooldown) {
  return fmt::format(R"(
blackstart_target: 1
name: scaled
services:
  api: {{kind: api, tier: critical, replicas: 8}}
load: {{protocol: bids, service: api}}
drivers: {{external: {{}}}}
sim:
  api:
    servers: 100
    service_time: 100ms
    start: 1s
    autoscaling: {{min: 1, max: 8, target: 50%, every: 15s, cooldown: {}}}
production: false
)",
                     cooldown);
}

int running(ScriptedWorld& world) {
  int up = 0;
  // "api 3 accepts; …" of each that runs, or "api 3: connection refused"
  const std::string seen = world.probe("{state: {service: api, is: down}}").detail;
  for (std::size_t at = seen.find("accepts"); at != std::string::npos; at = seen.find("accepts", at + 1)) ++up;
  return up;
}

Spec scaling_at(const char* rate, const char* cooldown) {
  return spec_of(scenario_with(fmt::format("{{rate: {}, arrivals: constant, timeout: 5s}}", rate),
                               "  - {name: x, at: 0s, pause: {service: api}, until: end}"),
                 scaled(cooldown));
}

TEST(Scaling, MembersThatAreNotNeededAreTakenAwayAndLoseNothing) {
  ScriptedWorld world(scaling_at("800/s", "1m"));
  world.start();
  world.pass(10min);
  // 80 servers are busy: two members of 100 at 50 %.
  EXPECT_EQ(running(world), 2);
  world.stop_and_read();
  const auto all = world.between(0s, 9min);
  ASSERT_GT(all.offered, 0U);
  EXPECT_EQ(all.acknowledged, all.offered) << "who is taken away finishes what it serves";
}

TEST(Scaling, NobodyIsTakenAwayWithinTheCooldown) {
  ScriptedWorld world(scaling_at("100/s", "5m"));
  world.start();
  world.pass(290s);
  EXPECT_EQ(running(world), 8);
  world.pass(60s);
  EXPECT_EQ(running(world), 1);
  world.stop_and_read();
}

}  // namespace
}  // namespace blackstart::testing
