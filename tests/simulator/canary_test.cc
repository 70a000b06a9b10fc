// Canaries in the virtual world: a record follows the services on its way, what a fault takes is gone, and what a
// replay or a restore brings back is back.

#include "tests/simulator/sim_fixture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace blackstart::testing {
namespace {

const char* kTarget = R"(
blackstart_target: 1
name: shop
services:
  database: {kind: sql, tier: critical, roles: {primary: 1, standby: 1}, replication: async}
  stream:
    kind: stream
    tier: critical
    replicas: 3
    backups: {full: {every: 24h, at: "01:00 UTC", takes: 1m}}
  analytics: {kind: sql, tier: standard, needs: [stream]}
  notifications: {kind: api, tier: standard, needs: [stream]}
  files:
    kind: files
    tier: standard
    url: "http://files.example"
    backups: {full: {every: 24h, at: "01:00 UTC", takes: 1m}}
  api: {kind: api, tier: critical, needs: [database, stream]}
load: {protocol: bids, service: api, watch: notifications}
drivers: {external: {}}
sim:
  api: {servers: 100, service_time: 1ms, start: 1s, calls: {stream: {wait: false, required: false}}}
  database: {servers: 100, commit: 1ms, lag: 10ms, start: 1s, promote: 1s, rebuild: 2s}
  stream: {servers: 10, service_time: 1ms, partitions: 3, replication_factor: 3, start: 2s, restore: 3s, replay: 100000/s}
  analytics: {servers: 10, commit: 5ms, start: 1s}
  notifications: {servers: 10, service_time: 2ms, start: 1s}
  files: {start: 1s, restore: 3s}
production: false
)";

std::string scenario(const std::string& canary, const std::string& component, const std::string& faults,
                     const std::string& steps) {
  return "blackstart: 1\ntitle: x\ntarget: shop\nload: {bids: {rate: 50/s, timeout: 1s}}\ncanaries:\n  it: " + canary +
         "\nobjectives:\n  rto: 10m\n  service_level: {goodput: 99%, hold: 5s}\n  components:\n    part: " + component +
         "\nsteady_state: {for: 10s}\nfaults:\n" + faults + "recovery:\n  after: {at: 70s}\n  steps:\n" + steps +
         "observe: 5m\n";
}

const char* kThroughTheStream = "{write: {kafka: events}, read: {sql: analytics}, every: 1s}";
/// Analytics hangs for a minute; halfway the log is lost with half a minute that it had not read.
const char* kLogLost =
    "  - {name: analytics hangs, at: 0s, pause: {service: analytics}, for: 60s}\n"
    "  - {name: brokers lost, at: 30s, kill: {service: stream}, until: recovered}\n"
    "  - {name: log gone, at: 31s, delete_file: {service: stream, path: \"**\"}, until: recovered}\n";
const char* kRestore =
    "    - {title: Start, action: {restart: {service: stream}}}\n"
    "    - {title: Restore, action: {restore: {service: stream, from: latest}}}\n";
const char* kReplay = "    - {title: Replay, action: {replay: {from: database, to: stream}}}\n";

Outcome outcome_of(const PlayedDrill& drill, const std::string& name) {
  for (const auto& judgement : drill.result.verdict.judgements)
    if (judgement.name == name) return judgement.outcome;
  ADD_FAILURE() << name << " was not judged";
  return Outcome::kInconclusive;
}

const ComponentRecord& part_of(const PlayedDrill& drill) { return drill.measurement.components.front(); }

TEST(SimCanary, WhatAReplayBringsBackIsNotLost) {
  const auto text =
      scenario(kThroughTheStream, "{covers: {services: [analytics]}, from: {canary: it}, rto: 5m, rpo: 10s}", kLogLost,
               std::string(kRestore) + kReplay);
  const auto drill = play(spec_of(text, kTarget));
  EXPECT_EQ(outcome_of(drill, "part rto"), Outcome::kPass);
  EXPECT_EQ(outcome_of(drill, "part rpo"), Outcome::kPass);
  EXPECT_EQ(part_of(drill).records->lost, 0U);
  EXPECT_GT(part_of(drill).records->late, 30U);
}

TEST(SimCanary, WithoutAReplayTheLostLogIsLost) {
  const auto text =
      scenario(kThroughTheStream, "{covers: {services: [analytics]}, from: {canary: it}, rto: 5m, rpo: 10s}", kLogLost,
               kRestore);
  const auto drill = play(spec_of(text, kTarget));
  EXPECT_EQ(outcome_of(drill, "part rto"), Outcome::kPass) << "new records come through again";
  EXPECT_EQ(outcome_of(drill, "part rpo"), Outcome::kFail);
  ASSERT_TRUE(part_of(drill).records->lost.has_value());
  EXPECT_GE(*part_of(drill).records->lost, 25U);
  EXPECT_LE(*part_of(drill).records->lost, 35U);
  EXPECT_EQ(drill.result.verdict.outcome, Outcome::kFail);
}

TEST(SimCanary, WatchersHearOfBidsAgainWhenTheirTellerIsBack) {
  const auto text = scenario("{write: {bid: own auction}, read: {watch: own auction}, every: 1s}",
                             "{covers: {services: [notifications]}, from: {canary: it}, rto: 5m}",
                             "  - {name: teller lost, at: 0s, kill: {service: notifications}, until: recovered}\n",
                             "    - {title: Start, action: {start: {service: notifications}}}\n"
                             "    - {title: They hear, check: {canary: it, count: 5}, budget: 1m}\n");
  const auto drill = play(spec_of(text, kTarget));
  const Incident& incident = part_of(drill).incidents.front();
  EXPECT_FALSE(incident.rto.absorbed);
  EXPECT_NEAR(to_seconds(*incident.rto.achieved), 71, 3) << "70 s until somebody acts, one to start";
  EXPECT_TRUE(drill.incident().rto.absorbed) << "no bid needs it";
  EXPECT_EQ(part_of(drill).records->lost, 0U) << "the stream has kept what they had not heard";
}

TEST(SimCanary, FilesGoBackToTheirBackup) {
  const auto text = scenario(
      "{write: {http: \"{{services.files.url}}/uploads/canary\"}, "
      "read: {http: \"{{services.files.url}}/uploads/canary\"}, every: 1s}",
      "{covers: {services: [files]}, from: {canary: it}, rto: 5m, rpo: 48h}",
      "  - {name: deleted, at: 0s, delete_file: {service: files, path: \"uploads/**\"}, until: recovered}\n",
      "    - {title: Restore, action: {restore: {service: files, from: latest}}}\n");
  const auto drill = play(spec_of(text, kTarget));
  const Incident& incident = part_of(drill).incidents.front();
  EXPECT_EQ(outcome_of(drill, "part rto"), Outcome::kPass);
  EXPECT_NEAR(to_seconds(*incident.rto.achieved), 73, 3);
  EXPECT_GT(*part_of(drill).records->lost, 5U);
  EXPECT_GT(*incident.rpo.achieved, Duration{1h}) << "the backup is of the night before";
  EXPECT_EQ(outcome_of(drill, "part rpo"), Outcome::kPass);
}

TEST(SimCanary, IsPlayedTheSameTwice) {
  const auto text =
      scenario(kThroughTheStream, "{covers: {services: [analytics]}, from: {canary: it}, rto: 5m, rpo: 10s}", kLogLost,
               std::string(kRestore) + kReplay);
  const Spec spec = spec_of(text, kTarget);
  EXPECT_EQ(play(spec, 3).journal, play(spec, 3).journal);
}

TEST(SimCanary, RefusesWhatItCannotFollow) {
  const auto refused = [](const std::string& canary) {
    const Spec spec =
        spec_of(scenario(canary, "{covers: {services: [analytics]}, from: {canary: it}, rto: 5m}", kLogLost, kRestore),
                kTarget);
    std::string text;
    for (const auto& error : SimWorld({.plan = make_plan(spec, {.world = "sim"})}).refusals(spec))
      text += error.to_string() + "\n";
    return text;
  };
  EXPECT_EQ(refused(kThroughTheStream), "");
  EXPECT_THAT(refused("{write: {exec: ./w}, read: {exec: ./r}, every: 1s}"),
              ::testing::HasSubstr("commands are not run"));
  EXPECT_THAT(refused("{write: {http: \"http://elsewhere.example/x\"}, read: {sql: analytics}, every: 1s}"),
              ::testing::HasSubstr("the target has no"));
  EXPECT_THAT(refused("{write: {sql: analytics}, read: {http: \"{{services.files.url}}/x\"}, every: 1s}"),
              ::testing::HasSubstr("nothing in the target brings"));
}

TEST(SimProtection, IsBackWhenTheStandbyFollowsAgain) {
  const auto drill = play(spec_of(failover_scenario("200/s"), pair_target("async", "10ms")));
  const Timeline& marks = drill.incident().timeline;
  ASSERT_TRUE(marks.protected_again.has_value());
  EXPECT_GT(*marks.protected_again, *marks.restored) << "the rebuild takes five seconds more";
}

}  // namespace
}  // namespace blackstart::testing
