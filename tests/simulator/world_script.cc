#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace blackstart::testing {
namespace {

Call call_of(const std::string& yaml) {
  const auto node = parse_yaml(yaml, "test");
  EXPECT_TRUE(node.has_value()) << yaml;
  Call call;
  call.word = node->entries.front().key;
  call.arguments = node->entries.front().value;
  return call;
}

template <class T>
T value_of(Result<T> result) {
  EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().to_string());
  return result ? std::move(*result) : T{};
}

}  // namespace

ScriptedWorld::ScriptedWorld(const Spec& spec_in, std::uint64_t seed_in, bool foresees)
    : spec(spec_in),
      seed(seed_in),
      world({.plan = make_plan(spec, {.seed = seed, .world = "sim"}), .foresees = foresees}) {
  for (const auto& refused : world.refusals(spec)) ADD_FAILURE() << refused.to_string();
  value_of(world.run(world.bring_up({})));
}

void ScriptedWorld::start() {
  began = world.clock().now();
  EXPECT_TRUE(world.run(world.start({.seed = seed, .drill_id = "test", .start = began}, *this, {})).has_value());
}

void ScriptedWorld::pass(Duration length) {
  EXPECT_TRUE(world.run(world.clock().sleep_until(world.clock().now() + length, {})).has_value());
}

Injection ScriptedWorld::inject(std::size_t index) {
  FaultRequest request;
  request.id = index + 1;
  request.spec = spec.scenario.faults.at(index);
  request.act_at = world.clock().now();
  const Injection injection = value_of(world.run(world.inject(request, [] {}, {})));
  acts.push_back(injection.acted);
  return injection;
}

Healing ScriptedWorld::heal(std::size_t index) { return value_of(world.run(world.heal(index + 1, {}))); }

ActionOutcome ScriptedWorld::perform(const std::string& yaml) {
  return value_of(world.run(world.perform(call_of(yaml), "step", {})));
}

bool ScriptedWorld::performed_within(const std::string& yaml, Duration time) {
  Limit limit;
  limit.deadline = world.clock().now() + time;
  const auto outcome = world.run(world.perform(call_of(yaml), "step", limit));
  return outcome && outcome->ok;
}

Observation ScriptedWorld::probe(const std::string& yaml) {
  Limit limit;
  limit.deadline = world.clock().now() + 1s;
  return value_of(world.run(world.probe(call_of(yaml), limit)));
}

ReadBackResult ScriptedWorld::stop_and_read(std::vector<Instant> restored_points) {
  value_of(world.run(world.stop({})));
  ReadBackRequest request;
  request.fault_acts = acts;
  request.effective = acts.empty() ? kNever : acts.front();
  request.restored_points = std::move(restored_points);
  return value_of(world.run(world.read_back(request, {})));
}

TrafficInterval ScriptedWorld::between(Duration from, Duration to) const {
  TrafficInterval sum;
  for (const auto& interval : intervals) {
    if (interval.start < began + from || interval.start >= began + to) continue;
    sum.offered += interval.offered;
    sum.sent += interval.sent;
    sum.acknowledged += interval.acknowledged;
    sum.degraded += interval.degraded;
    sum.refused += interval.refused;
    sum.indeterminate += interval.indeterminate;
    sum.timed_out += interval.timed_out;
    sum.unsent_no_connection += interval.unsent_no_connection;
    sum.attempts += interval.attempts;
    sum.latency.add(interval.latency);
  }
  return sum;
}

const char* const kQueueTarget = R"(
blackstart_target: 1
name: queue
services:
  desk: {kind: api, tier: critical}
load: {protocol: bids, service: desk}
drivers: {external: {}}
sim:
  desk: {servers: 1, service_time: {exponential: 1ms}, start: 1s}
production: false
)";

std::string scenario_with(const std::string& load, const std::string& faults) {
  return fmt::format(R"(
blackstart: 1
title: Scripted
target: scripted
load: {{bids: {}}}
objectives: {{rto: 1m, service_level: {{goodput: 99%, hold: 5s}}}}
faults:
{}
)",
                     load, faults);
}

}  // namespace blackstart::testing
