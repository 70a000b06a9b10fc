// What a target says and the virtual world does not do is told by name, with its place.

#include "simulator/sim_notices.h"
#include "tests/simulator/world_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

std::vector<std::string> notices_of(const std::string& target) {
  return find_sim_notices(
      spec_of(scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, surge: {factor: 2}, until: end}"), target).target);
}

TEST(SimNotices, EachWordWithoutEffectIsToldOnceWithWhoHasIt) {
  EXPECT_THAT(
      notices_of(R"(
blackstart_target: 1
name: idle
regions: {east: {primary: true}, west: {}}
services:
  database: {kind: sql, tier: critical}
  cache: {kind: cache, tier: critical}
  api: {kind: api, tier: critical, needs: [database, cache]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {service_time: 1ms, balance: random}
  database: {connections: 10}
  cache: {hit_ratio: 50%, entries: 5}
network:
  between_regions: {latency: 1ms, bandwidth: 1GB/s}
  clients: {bandwidth: 1GB/s}
  links: [{between: [east, west], bandwidth: 2GB/s}, {between: [clients, west], bandwidth: 1GB/s}]
production: false
)"),
      ElementsAre(EndsWith(":14:36: entries of cache has no effect in the virtual world beside hit_ratio"),
                  EndsWith(": bandwidth of network.clients, network.links has no effect in the virtual world")));
}

TEST(SimNotices, NoneWhereEachWordHasOne) { EXPECT_THAT(notices_of(pair_target("async", "8ms")), IsEmpty()); }

}  // namespace
}  // namespace blackstart::testing
