// Who reads a stream takes so many records a second, and what he missed on top of what comes.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace blackstart::testing {
namespace {

/// 50 records a second; analytics reads them, and so does who tells the watchers.
Spec read_at(const std::string& consume) {
  return spec_of(R"(
blackstart: 1
title: Behind
target: behind
load: {bids: {rate: 50/s, arrivals: constant}, watchers: {count: 1000}}
objectives: {rto: 1m, service_level: {goodput: 99%, hold: 5s}}
faults:
  - {name: reader, at: 0s, kill: {service: analytics}, until: end}
  - {name: teller, at: 0s, kill: {service: tell}, until: end}
)",
                 R"(
blackstart_target: 1
name: behind
services:
  database: {kind: sql, tier: critical}
  stream: {kind: stream, tier: critical, replicas: 3}
  analytics: {kind: sql, tier: standard, replicas: 2, needs: [stream]}
  tell: {kind: api, tier: standard, needs: [stream]}
  api: {kind: api, tier: critical, needs: [database, stream]}
load: {protocol: bids, service: api, watch: tell}
drivers: {external: {}}
sim:
  api: {servers: 64, service_time: 1ms, start: 1s, calls: {stream: {wait: false, required: false}}}
  database: {servers: 64, commit: 1ms, start: 1s}
  stream: {servers: 64, start: 1s, partitions: 6, replication_factor: 3, acks: all)" +
                     consume + R"(}
  analytics: {servers: 64, commit: 1ms, start: 1s}
  tell: {servers: 64, service_time: 1ms, start: 1s}
production: false
)");
}

struct Behind {
  explicit Behind(const std::string& consume) : world(read_at(consume)) {
    canary.name = "it";
    canary.write = {"kafka", "events"};
    canary.read = {"sql", "analytics"};
    world.start();
  }
  void pass_to(Duration time) { world.pass(world.began + time - world.world.clock().now()); }
  void write(std::uint64_t number) {
    const auto seen = world.world.run(world.world.write_canary(canary, number, {}));
    EXPECT_TRUE(seen && seen->ok);
  }
  bool reads(std::uint64_t number) {
    const auto numbers = world.world.run(world.world.read_canary(canary, 1, {}));
    return numbers && std::ranges::find(*numbers, number) != numbers->end();
  }

  ScriptedWorld world;
  Canary canary;
};

/// When the record is read that was written in the tenth second of an outage of half a minute, 10 s after the start.
Duration read_after_outage(const std::string& consume) {
  Behind behind(consume);
  behind.pass_to(5s);
  behind.write(1);
  behind.pass_to(6s);
  EXPECT_TRUE(behind.reads(1)) << "who is not behind reads at once";
  behind.pass_to(10s);
  behind.world.inject(0);
  behind.pass_to(20s);
  behind.write(2);
  behind.pass_to(39s);
  EXPECT_TRUE(behind.world.perform("{start: {service: analytics}}").ok);
  for (Duration at = 40s; at < 90s; at += 500ms) {
    behind.pass_to(at);
    if (behind.reads(2)) return at;
  }
  return 90s;
}

TEST(Consumers, WhatWasMissedIsReadOnTopOfWhatComes) {
  // From 40 s on the 500 records of the ten seconds before it have to be taken, by two members.
  EXPECT_NEAR(to_seconds(read_after_outage("")), 40, 0.6);
  EXPECT_NEAR(to_seconds(read_after_outage(", consume: 50/s")), 45, 0.8);
  EXPECT_NEAR(to_seconds(read_after_outage(", consume: 25/s")), 50, 0.8);
}

/// Watchers' delay in [from, to) after the start, where who tells them is away from 10 s to 40 s.
double delay(const std::string& consume, Duration from, Duration to) {
  Behind behind(consume);
  behind.pass_to(10s);
  behind.world.inject(1);
  behind.pass_to(39s);
  EXPECT_TRUE(behind.world.perform("{start: {service: tell}}").ok);
  behind.pass_to(80s);
  Histogram all;
  for (const NotificationInterval& told : behind.world.notifications)
    if (told.start >= behind.world.began + from && told.start < behind.world.began + to) all.add(told.delay);
  return to_seconds(all.mean());
}

TEST(Consumers, WatchersHearLaterWhileWhoTellsThemIsBehind) {
  EXPECT_LT(delay("", 41s, 43s), 0.1);
  EXPECT_LT(delay(", consume: 100/s", 5s, 9s), 0.1);
  // 1,500 records at 40 s, and one of every two that he takes is new: 14 s behind at 42 s, none at 70 s.
  EXPECT_NEAR(delay(", consume: 100/s", 41s, 43s), 14, 0.6);
  EXPECT_LT(delay(", consume: 100/s", 72s, 78s), 0.1);
}

}  // namespace
}  // namespace blackstart::testing
