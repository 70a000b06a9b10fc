// Each word of a fault has its effect in the virtual world, or is refused by name before the drill starts.

#include "tests/simulator/world_script.h"

#include <gtest/gtest.h>

#include <cmath>

namespace blackstart::testing {
namespace {

std::vector<std::string> refusals_of(const std::string& fault) {
  const Spec spec = spec_of(scenario_with("{rate: 20/s}", "  - {name: x, at: 0s, " + fault + ", until: end}"),
                            pair_target("async", "8ms"));
  std::vector<std::string> messages;
  for (const auto& refused : SimWorld({.plan = make_plan(spec, {.seed = 1, .world = "sim"})}).refusals(spec))
    messages.push_back(refused.message);
  return messages;
}

void expect_word_refused(const std::string& fault, const std::string& word) {
  const auto messages = refusals_of(fault);
  ASSERT_EQ(messages.size(), 1U) << fault;
  EXPECT_NE(messages.front().find("the virtual world does not know " + word + " of"), std::string::npos)
      << messages.front();
}

TEST(FaultWords, WhatIsNotModelledIsRefusedByName) {
  expect_word_refused("latency: {service: api, latency: 1s, toxicity: 10%}", "toxicity");
  expect_word_refused("latency: {service: api, latency: 1s, correlation: 10%}", "correlation");
  expect_word_refused("loss: {service: api, pb: 10%}", "pb");
  expect_word_refused("loss: {service: api, percent: 10%, one_h: 50%}", "one_h");
  expect_word_refused("io_error: {service: database, methods: [read]}", "methods");
  expect_word_refused("io_error: {service: database, path: 'x/**'}", "path");
  expect_word_refused("io_latency: {service: database, latency: 1s, percent: 10%}", "percent");
  expect_word_refused("disk_full: {service: database, bytes_left: 10GB}", "bytes_left");
}

TEST(FaultWords, WhatSaysNothingNewIsNot) {
  EXPECT_EQ(refusals_of("latency: {service: api, latency: 1s, jitter: 1ms, toxicity: 100%}").size(), 0U);
  EXPECT_EQ(refusals_of("io_error: {service: database, percent: 30%}").size(), 0U);
  EXPECT_EQ(refusals_of("disk_full: {service: database, bytes_left: 0B}").size(), 0U);
}

/// What came of the bids that were sent while the fault stood.
TrafficInterval under(const std::string& fault) {
  ScriptedWorld world(
      spec_of(scenario_with("{rate: 500/s, timeout: 2s}", "  - {name: x, at: 0s, " + fault + ", until: end}"),
              pair_target("async", "8ms")));
  world.start();
  world.pass(3s);
  world.inject(0);
  world.pass(10s);
  world.heal(0);
  world.pass(5s);
  world.stop_and_read();
  return world.between(4s, 11s);
}

void expect_share_hit(std::uint64_t hit, const TrafficInterval& of, double share) {
  const auto offered = static_cast<double>(of.offered);
  EXPECT_NEAR(static_cast<double>(hit) / offered, share, 5 * std::sqrt(share * (1 - share) / offered));
}

TEST(FaultWords, ToxicityIsTheShareOfTheCalls) {
  for (const char* const fault :
       {"reset_peer: {service: api, toxicity: 20%}", "down: {service: api, toxicity: 20%}",
        "timeout: {service: api, timeout: 0s, toxicity: 20%}", "timeout: {service: api, timeout: 1s, toxicity: 20%}",
        "timeout: {service: api, timeout: 1s, toxicity: 20%, stream: upstream}"}) {
    const TrafficInterval bids = under(fault);
    SCOPED_TRACE(fault);
    expect_share_hit(bids.offered - bids.acknowledged, bids, 0.2);
  }
}

TEST(FaultWords, ATimeoutEndsTheConnectionAfterItsTime) {
  const TrafficInterval closed = under("timeout: {service: api, timeout: 500ms}");
  EXPECT_EQ(closed.acknowledged, 0U);
  EXPECT_EQ(closed.timed_out, 0U) << "they hear of it before they give up";
  const TrafficInterval open = under("timeout: {service: api, timeout: 0s}");
  EXPECT_EQ(open.timed_out, open.offered);
}

}  // namespace
}  // namespace blackstart::testing
