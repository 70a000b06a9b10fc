// Where a stream's partitions lie decides what the loss of brokers takes: by the hypergeometric distribution.

#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

namespace blackstart::testing {
namespace {

std::string brokers(int members, int copies, int in_sync, const std::string& acks) {
  return fmt::format(R"(
blackstart_target: 1
name: log
services:
  log: {{kind: stream, tier: critical, replicas: {}}}
load: {{protocol: bids, service: log}}
drivers: {{external: {{}}}}
sim:
  log: {{servers: 64, service_time: 1ms, partitions: 12, replication_factor: {}, min_in_sync: {}, acks: {}, election: 1s, start: 1s}}
production: false
)",
                     members, copies, in_sync, acks);
}

struct LostBrokers {
  std::string target;
  int killed = 0;
  double refused = 0;  // once leaders are elected
};

void expect_share_refused(const LostBrokers& one) {
  ScriptedWorld world(spec_of(
      scenario_with("{rate: 500/s, timeout: 1s}",
                    fmt::format("  - {{name: x, at: 0s, kill: {{service: log, count: {}}}, until: end}}", one.killed)),
      one.target));
  world.start();
  world.pass(5s);
  world.inject(0);
  world.pass(20s);
  world.heal(0);
  world.pass(5s);
  world.stop_and_read();
  const auto during = world.between(8s, 24s), after = world.between(27s, 29s);
  const auto offered = static_cast<double>(during.offered);
  const double deviation = std::sqrt(one.refused * (1 - one.refused) / offered);
  EXPECT_NEAR(static_cast<double>(during.refused) / offered, one.refused, 5 * deviation) << one.target;
  EXPECT_EQ(after.acknowledged, after.offered) << one.target;
}

TEST(StreamCopies, PartitionsWithoutACopyHaveNoLeaderUntilABrokerIsBack) {
  expect_share_refused({brokers(3, 1, 1, "all"), 1, 1.0 / 3});
  expect_share_refused({brokers(3, 1, 1, "1"), 2, 2.0 / 3});
  expect_share_refused({brokers(3, 3, 1, "all"), 2, 0});
  expect_share_refused({brokers(12, 3, 1, "1"), 9, 84.0 / 220});  // all three copies among the nine
}

TEST(StreamCopies, AcknowledgementByAllAsksForEnoughOfEachPartition) {
  expect_share_refused({brokers(3, 3, 2, "all"), 2, 1});
  expect_share_refused({brokers(5, 3, 2, "all"), 2, 3.0 / 10});  // both of the lost ones among its three
  expect_share_refused({brokers(5, 3, 2, "1"), 2, 0});
}

}  // namespace
}  // namespace blackstart::testing
