// Every bid is in the read-back once, as what it came to, while calls of many are still under way.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

/// An api on a store that commits a group in 2 ms, one after the other, while a bid a millisecond comes. `call`: how
/// the api calls it.
ScriptedWorld busy_store(const std::string& load, const std::string& call, const std::string& queue = "unbounded") {
  std::string target = R"(
blackstart_target: 1
name: pair
services:
  database: {kind: sql, tier: critical, roles: {primary: 1}}
  api: {kind: api, tier: critical, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  database: {servers: 1, queue: QUEUE, commit: 2ms, start: 1s}
  api: {servers: 100000, service_time: 1ms, start: 1s, calls: {database: {CALL}}}
production: false
)";
  target.replace(target.find("CALL"), 4, call).replace(target.find("QUEUE"), 5, queue);
  return ScriptedWorld(
      spec_of(scenario_with("{rate: 1000/s, timeout: 1s, connections: {max: 100000}, " + load + "}",
                            "  - {name: hang, at: 0s, pause: {service: database, role: primary}, until: end}"),
              target));
}

struct Accounts {
  TrafficInterval all;
  ReadBackResult read;
};

Accounts accounts_of(ScriptedWorld world) {
  world.start();
  world.pass(10s);
  const ReadBackResult read = world.stop_and_read();
  return {world.between(0s, 60s), read};
}

TEST(Accounts, BothTriesOfABidAreOneBidWhileItsStoreIsStillBusy) {
  const Accounts found = accounts_of(busy_store("retry: {attempts: 1, backoff: 10ms}", "timeout: 30s"));
  EXPECT_GT(found.read.duplicated, 100U);
  EXPECT_EQ(found.read.kept, found.all.acknowledged);
  EXPECT_EQ(found.read.recovered + found.read.not_lost, found.all.indeterminate);
  EXPECT_EQ(found.read.read, found.read.kept + found.read.recovered + found.read.duplicated);
  EXPECT_GT(found.read.not_lost, 1000U) << "what waits for the store is not there yet";
  EXPECT_EQ(found.all.offered, found.all.acknowledged + found.all.indeterminate);
}

TEST(Accounts, WhatIsStoredAfterItsAcknowledgementIsKept) {
  const Accounts found = accounts_of(busy_store("retry: {attempts: 0}", "timeout: 50ms, fallback: 1ms"));
  EXPECT_EQ(found.all.offered, found.all.acknowledged);
  EXPECT_EQ(found.read.recovered + found.read.not_lost, 0U);
  EXPECT_EQ(found.read.kept + found.read.lost, found.all.acknowledged);
  EXPECT_EQ(found.read.read, found.read.kept);
  EXPECT_GT(found.read.kept, 4000U);
  EXPECT_GT(found.read.lost, 4000U) << "acknowledged by the fallback, and not stored yet";
}

TEST(Accounts, WhoIsRefusedAtTheSecondTryAndStoredByTheFirstIsResurrected) {
  const Accounts found = accounts_of(
      busy_store("retry: {attempts: 0}", "timeout: 1ms, retry: {attempts: 1, backoff: 100us, jitter: none}", "0"));
  EXPECT_GT(found.read.resurrected, 100U);
  EXPECT_EQ(found.read.kept, found.all.acknowledged);
  EXPECT_EQ(found.read.recovered + found.read.not_lost, found.all.indeterminate);
  EXPECT_GT(found.all.refused, found.read.resurrected);
}

}  // namespace
}  // namespace blackstart::testing
