// Who gets a call, by what becomes of queues: two stations of one server each, at 80 % of what they can do.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <string>

namespace blackstart::testing {
namespace {

const std::string kAlone = R"(
blackstart_target: 1
name: queues
services:
  desk: {kind: api, tier: critical, replicas: 2}
load: {protocol: bids, service: desk}
drivers: {external: {}}
sim:
  desk: {servers: 1, service_time: {exponential: 1ms}, start: 1s, balance: BALANCE}
production: false
)";

const std::string kBehindADoor = R"(
blackstart_target: 1
name: queues
services:
  desk: {kind: api, tier: critical, replicas: 2}
  door: {kind: api, tier: critical, needs: [desk]}
load: {protocol: bids, service: door}
drivers: {external: {}}
sim:
  desk: {servers: 1, service_time: {exponential: 1ms}, start: 1s, balance: BALANCE}
  door: {servers: 100000, service_time: 0s, start: 1s}
production: false
)";

/// Mean time in the system, in milliseconds.
double mean_ms(std::string target, const std::string& balance) {
  target.replace(target.find("BALANCE"), 7, balance);
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 1600/s, timeout: 10s}", "  - {name: x, at: 0s, kill: {service: desk}, until: end}"),
              target));
  world.start();
  world.pass(600s);
  world.stop_and_read();
  const auto all = world.between(20s, 600s);
  EXPECT_EQ(all.acknowledged, all.offered);
  return to_seconds(all.latency.mean()) * 1000;
}

TEST(Balance, ByChanceEachIsAQueueOfItsOwn) {  // M/M/1: 1 / (mu - lambda / 2)
  EXPECT_NEAR(mean_ms(kAlone, "random"), 5.0, 0.25);
  EXPECT_NEAR(mean_ms(kBehindADoor, "random"), 5.0, 0.25);
}

TEST(Balance, InTurnArrivalsAreMoreEven) {  // E2/M/1: 1 / (mu (1 - s)), s = (1600 / (1600 + 1000 (1 - s)))^2
  EXPECT_NEAR(mean_ms(kAlone, "round_robin"), 3.73, 0.2);
  EXPECT_NEAR(mean_ms(kBehindADoor, "round_robin"), 3.73, 0.2);
}

TEST(Balance, WhoIsLeastBusyIsAlmostOneQueueForBoth) {  // M/M/2: 1 / (mu (1 - 0.8^2)), which no rule can beat
  for (const auto& target : {kAlone, kBehindADoor}) {
    const double mean = mean_ms(target, "least_busy");
    EXPECT_GT(mean, 2.65);
    EXPECT_LT(mean, 3.2);
  }
}

}  // namespace
}  // namespace blackstart::testing
