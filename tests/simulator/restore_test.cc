// What a restore does to the store and can bring back: nobody is served meanwhile, what is down or empty was not backed
// up, damage that the restored state has already stays.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

const char* kStore = R"(
blackstart_target: 1
name: store
services:
  database: {kind: sql, tier: critical, backups: {full: {every: 24h, at: "23:00 UTC", takes: 10m}, log: {every: 1m}}}
  api: {kind: api, tier: critical, needs: [database]}
load: {protocol: bids, service: api}
drivers: {external: {}}
sim:
  api: {servers: 1000, service_time: 1ms, start: 1s}
  database: {servers: 1000, commit: 1ms, start: 1s, restore: 20s}
production: false
)";

const char* kDisk =
    "  - {name: x, at: 0s, kill: {service: database}, until: end}\n"
    "  - {name: y, at: 0s, delete_file: {service: database, path: '**'}, until: end}\n";

Spec store(const std::string& faults) { return spec_of(scenario_with("{rate: 200/s, timeout: 1s}", faults), kStore); }

TEST(Restore, TheStoreServesNobodyMeanwhile) {
  ScriptedWorld world(store(kDisk));
  world.start();
  world.pass(70s);
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok);
  world.pass(5s);
  world.stop_and_read();
  const auto during = world.between(71s, 89s), after = world.between(91s, 94s);
  EXPECT_EQ(during.acknowledged, 0U);
  EXPECT_GT(during.offered, 0U);
  EXPECT_EQ(after.acknowledged, after.offered);
}

TEST(Restore, TheLogIsNotArchivedWhileTheStoreIsDown) {
  ScriptedWorld world(store(kDisk));
  world.start();
  world.pass(150s);
  const Injection killed = world.inject(0);
  world.inject(1);
  world.pass(200s);  // three more times for the log to be archived
  const ActionOutcome restored = world.perform("{restore: {service: database, from: latest}}");
  ASSERT_TRUE(restored.ok && restored.recovery_point) << restored.detail;
  EXPECT_LE(*restored.recovery_point->newest, killed.acted);
  EXPECT_GT(*restored.recovery_point->newest, killed.acted - 1min);
}

TEST(Restore, AnEmptyStoreRunsAndErrsAndIsNotBackedUp) {
  ScriptedWorld world(store(kDisk));
  world.start();
  world.pass(150s);
  const Injection killed = world.inject(0);
  world.inject(1);
  EXPECT_TRUE(world.perform("{start: {service: database}}").ok);
  EXPECT_TRUE(world.probe("{process: {service: database}}").ok);
  EXPECT_FALSE(world.probe("{http: {url: '{{services.api.url}}/health', status: 200}}").ok) << "its tables are gone";
  world.pass(200s);
  const ActionOutcome restored = world.perform("{restore: {service: database, from: latest}}");
  ASSERT_TRUE(restored.ok && restored.recovery_point) << restored.detail;
  EXPECT_LE(*restored.recovery_point->newest, killed.acted);
  world.pass(5s);
  world.stop_and_read({*restored.recovery_point->newest});
  const auto empty = world.between(152s, 349s), whole = world.between(373s, 375s);
  EXPECT_EQ(empty.acknowledged, 0U);
  EXPECT_EQ(whole.acknowledged, whole.offered);
}

TEST(Restore, ALogThatHasTheDamageBringsItBack) {
  ScriptedWorld world(
      store("  - {name: x, at: 0s, corrupt_rows: {service: database, table: bids, share: 10%}, until: end}"));
  const char* const kValid = "{sql: {service: database, query: q, is: '0'}}";
  world.start();
  world.pass(150s);
  world.inject(0);
  world.pass(100s);
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok);
  EXPECT_FALSE(world.probe(kValid).ok) << "the log up to now holds the corruption as well";
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest, to: before}}").ok);
  EXPECT_TRUE(world.probe(kValid).ok);
}

TEST(Restore, WhatIsGivenUpHalfwayIsNoStore) {
  ScriptedWorld world(store(kDisk));
  world.start();
  world.pass(70s);
  EXPECT_FALSE(world.performed_within("{restore: {service: database, from: latest}}", 5s));
  EXPECT_FALSE(world.probe("{process: {service: database}}").ok);
  EXPECT_TRUE(world.perform("{start: {service: database}}").ok);
  EXPECT_FALSE(world.probe("{sql: {service: database, query: q, is: '0'}}").ok) << "half of the data are no data";
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok);
  EXPECT_TRUE(world.probe("{sql: {service: database, query: q, is: '0'}}").ok);
}

/// The same with encrypted backups.
Spec encrypted_store(const std::string& faults) {
  Spec spec = store(faults);
  for (BackupSpec& backup : spec.target.services.front().backups) backup.encrypted = "aes-256-cbc";
  return spec;
}

TEST(Restore, WithoutAReadableBackupTheStoreIsLeftAlone) {
  ScriptedWorld world(encrypted_store("  - {name: x, at: 0s, lose_key: {service: database}, until: end}"));
  world.start();
  world.pass(10s);
  world.inject(0);
  EXPECT_FALSE(world.perform("{restore: {service: database, from: latest}}").ok);
  world.stop_and_read();
  const auto all = world.between(1s, 25s);
  EXPECT_EQ(all.acknowledged, all.offered);
}

TEST(Restore, ALostKeyIsNoLossToBackupsThatAreNotEncrypted) {
  ScriptedWorld world(store("  - {name: x, at: 0s, lose_key: {service: database}, until: end}"));
  world.start();
  world.pass(10s);
  const Injection injection = world.inject(0);
  EXPECT_NE(injection.proof.find("none of the backups of database is encrypted"), std::string::npos);
  EXPECT_TRUE(world.perform("{restore: {service: database, from: latest}}").ok);
  world.stop_and_read();
}

}  // namespace
}  // namespace blackstart::testing
