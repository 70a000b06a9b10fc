// The whole virtual world against the exact recursion: a service without needs is just its queue, to the nanosecond.

#include "load/schedule.h"
#include "simulator/call_draws.h"
#include "simulator/station_recursion.h"
#include "simulator/time_law.h"
#include "tests/simulator/world_script.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace blackstart::testing {
namespace {

struct QueueCase {
  const char* name;
  std::uint32_t servers;
  std::optional<std::uint32_t> queue;
  int rate;
  const char* service_time;
  DurationSampler service;
};

std::string target_of(const QueueCase& each) {
  return fmt::format(R"(
blackstart_target: 1
name: queue
services:
  desk: {{kind: api, tier: critical}}
load: {{protocol: bids, service: desk}}
drivers: {{external: {{}}}}
sim:
  desk: {{servers: {}, {}service_time: {}, start: 1s}}
production: false
)",
                     each.servers, each.queue ? fmt::format("queue: {}, ", *each.queue) : "", each.service_time);
}

struct Expected {
  std::uint64_t offered = 0;
  std::uint64_t refused = 0;
  Histogram latency;
};

/// Of each of the first `seconds` seconds of traffic.
std::vector<Expected> by_recursion(const QueueCase& each, Instant began, std::size_t seconds) {
  ScheduleConfig config;
  config.seed = 1;
  config.profile = {{1s, {static_cast<double>(each.rate)}, {static_cast<double>(each.rate)}}};
  config.start = began;
  Schedule schedule(config);
  StationRecursion station({each.servers, each.queue});
  std::vector<Expected> expected(seconds);
  std::uint64_t number = 0;
  for (;;) {
    const Instant arrival = schedule.next().intended;
    const auto second = static_cast<std::size_t>((arrival - began) / 1s);
    if (second >= seconds) return expected;
    ++expected[second].offered;
    KeyedStream draws = draws_of(key_of_attempt(config.seed, number++, 0), DrawOf::kService);
    const auto served = station.serve(arrival, each.service.draw(draws));
    if (served.dropped()) {
      ++expected[second].refused;
    } else {
      expected[second].latency.record(served.end - arrival);
    }
  }
}

TEST(SimWorld, AServiceWithoutNeedsGivesTheInstantsOfTheRecursion) {
  const QueueCase cases[] = {
      {"M/M/1", 1, {}, 800, "{exponential: 1ms}", DurationSampler::exponential(1ms)},
      {"M/G/4", 4, {}, 3000, "{median: 1ms, p95: 3ms}", DurationSampler::log_normal(1ms, 3ms)},
      {"M/E/16", 16, {}, 2000, "{erlang: {shape: 3, mean: 7ms}}", DurationSampler::erlang(3, 7ms)},
      {"M/M/2/7", 2, 5, 2000, "{exponential: 1ms}", DurationSampler::exponential(1ms)},
      {"M/D/1/1", 1, 0, 500, "1ms", DurationSampler::constant(1ms)},
  };
  for (const QueueCase& each : cases) {
    SCOPED_TRACE(each.name);
    ScriptedWorld world(spec_of(scenario_with(fmt::format("{{rate: {}/s, timeout: 10s}}", each.rate),
                                              "  - {name: x, at: 0s, kill: {service: desk}, until: end}"),
                                target_of(each)));
    world.start();
    world.pass(40s);
    world.stop_and_read();
    const auto expected = by_recursion(each, world.began, 30);
    ASSERT_GE(world.intervals.size(), expected.size());
    std::uint64_t refused = 0;
    for (std::size_t second = 0; second < expected.size(); ++second) {
      const TrafficInterval& interval = world.intervals[second];
      ASSERT_EQ(interval.start, world.began + second * 1s);
      ASSERT_EQ(interval.offered, expected[second].offered);
      ASSERT_EQ(interval.refused, expected[second].refused);
      ASSERT_TRUE(interval.latency == expected[second].latency) << second;
      ASSERT_EQ(interval.latency.max(), expected[second].latency.max()) << second;
      ASSERT_EQ(interval.latency.mean(), expected[second].latency.mean()) << second;
      refused += interval.refused;
    }
    EXPECT_EQ(refused > 0, each.queue.has_value());
    QueueCase planted = each;
    ++planted.servers;
    EXPECT_FALSE(by_recursion(planted, world.began, 1)[0].latency == world.intervals[0].latency)
        << "a server more is told apart";
  }
}

}  // namespace
}  // namespace blackstart::testing
