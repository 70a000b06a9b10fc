// What has been written and is not there yet: in a search index that was not refreshed since, in a copy that lags.

#include "tests/simulator/world_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace blackstart::testing {
namespace {

using ::testing::ElementsAre;

/// A search index, and a file store of two regions; `of_find` and `of_files` say more of them.
Spec stores(const std::string& of_find, const std::string& of_files) {
  return spec_of(scenario_with("{rate: 10/s}", "  - {name: x, at: 0s, kill: {service: files, count: 1}, until: end}"),
                 R"(
blackstart_target: 1
name: stores
regions: {west: {primary: true}, east: {}}
services:
  files: {kind: files, tier: standard, replicas: {west: 1, east: 1}}
  find: {kind: search, tier: standard}
load: {protocol: bids, service: find}
drivers: {external: {}}
sim:
  find: {service_time: 1ms, start: 1s, refresh: )" +
                     of_find + "}\n  files: {start: 1s, lag: " + of_files + "}\nproduction: false\n");
}

class Records {
 public:
  Records(const Spec& spec, const std::string& service) : world(spec) {
    canary_.name = "it";
    canary_.write = canary_.read = {"http", "{{services." + service + ".url}}/x"};
    world.start();
  }
  /// So long after the traffic's start.
  Records& at(Duration time) {
    world.pass(world.began + time - world.world.clock().now());
    return *this;
  }
  void write(std::uint64_t number) {
    const auto seen = world.world.run(world.world.write_canary(canary_, number, {}));
    EXPECT_TRUE(seen && seen->ok);
  }
  std::vector<std::uint64_t> read() {
    const auto numbers = world.world.run(world.world.read_canary(canary_, 1, {}));
    EXPECT_TRUE(numbers.has_value());
    return numbers ? *numbers : std::vector<std::uint64_t>();
  }

  ScriptedWorld world;

 private:
  Canary canary_;
};

TEST(CanaryDelay, ASearchIndexFindsWhatWasWrittenBeforeItsLastRefresh) {
  Records slow(stores("10s", "0s"), "find"), quick(stores("1s", "0s"), "find");
  for (Records* records : {&slow, &quick}) {
    records->at(5s).write(1);
    records->at(12s).write(2);
  }
  EXPECT_THAT(slow.at(19s).read(), ElementsAre(1));
  EXPECT_THAT(slow.at(21s).read(), ElementsAre(1, 2));
  EXPECT_THAT(quick.at(14s).read(), ElementsAre(1, 2));
}

TEST(CanaryDelay, ACopyInAnotherRegionLacksWhatItsLagHolds) {
  Records late(stores("1s", "5s"), "files"), in_step(stores("1s", "0s"), "files");
  for (Records* records : {&late, &in_step}) {
    records->at(5s).write(1);
    records->at(18s).write(2);
    EXPECT_THAT(records->at(19s).read(), ElementsAre(1, 2));
    records->at(20s).world.inject(0);
  }
  EXPECT_THAT(late.at(40s).read(), ElementsAre(1));
  EXPECT_THAT(in_step.at(40s).read(), ElementsAre(1, 2));
  EXPECT_TRUE(late.world.perform("{start: {service: files}}").ok);
  EXPECT_THAT(late.read(), ElementsAre(1, 2)) << "they lay in the west all the while";
}

}  // namespace
}  // namespace blackstart::testing
