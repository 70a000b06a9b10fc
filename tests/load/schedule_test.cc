#include "load/schedule.h"

#include "load/replay.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

namespace blackstart {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ScheduleConfig constant(double rate, std::vector<RateStage> profile = {}) {
  ScheduleConfig config;
  config.arrivals = Arrivals::kConstant;
  config.profile = profile.empty() ? std::vector<RateStage>{{seconds(10), {rate}, {rate}}} : std::move(profile);
  return config;
}

std::vector<Instant> walk(const ScheduleConfig& config, std::size_t count) {
  Schedule schedule(config);
  std::vector<Instant> all;
  while (all.size() < count) {
    const Arrival arrival = schedule.next();
    if (arrival.intended == kNever) break;
    EXPECT_EQ(arrival.bid, all.size());
    all.push_back(arrival.intended);
  }
  return all;
}

std::size_t count_between(const std::vector<Instant>& all, Duration from, Duration to) {
  return static_cast<std::size_t>(std::count_if(
      all.begin(), all.end(), [&](Instant at) { return at >= kDrillStart + from && at < kDrillStart + to; }));
}

TEST(Schedule, ConstantArrivalsAreExactlyApartAndNeverDrift) {
  const auto all = walk(constant(10'000), 1'000'001);
  EXPECT_EQ(to_ns(all[0]), 0);
  EXPECT_EQ(to_ns(all[1]), 100'000);
  EXPECT_EQ(to_ns(all[1'000'000]), 100'000'000'000);  // beyond the last stage: its rate goes on
}

TEST(Schedule, StartShiftsEverything) {
  ScheduleConfig config = constant(1000);
  config.start = kDrillStart + seconds(5);
  EXPECT_EQ(to_ns(walk(config, 2)[1]), 5'001'000'000);
}

TEST(Schedule, RampFollowsTheIntegralOfItsRate) {
  // 0 to 1000/s over 10 s: after t seconds 50 t^2 bids.
  const auto all = walk(constant(0, {{seconds(10), {0}, {1000}}}), 6000);
  EXPECT_EQ(count_between(all, seconds(0), seconds(2)), 200U);
  EXPECT_EQ(count_between(all, seconds(0), seconds(10)), 5000U);
  EXPECT_EQ(count_between(all, seconds(10), seconds(11)), 1000U);
  EXPECT_NEAR(to_seconds(all[200] - kDrillStart), 2.0, 1e-6);
}

TEST(Schedule, FallingRampToNothingEnds) {
  const auto all = walk(constant(0, {{seconds(10), {1000}, {0}}}), 100'000);
  EXPECT_EQ(all.size(), 5000U);
  EXPECT_LE(all.back(), kDrillStart + seconds(10));
}

TEST(Schedule, StageWithoutRateIsAPause) {
  const auto all =
      walk(constant(0, {{seconds(1), {100}, {100}}, {seconds(5), {0}, {0}}, {seconds(1), {100}, {100}}}), 150);
  EXPECT_EQ(count_between(all, seconds(0), seconds(1)), 100U);
  EXPECT_EQ(count_between(all, seconds(1), seconds(6)), 0U);
  EXPECT_EQ(to_ns(all[100]), 6'000'000'000);
}

TEST(Schedule, PoissonHasMeanAndVarianceOfItsRate) {
  ScheduleConfig config = constant(1000);
  config.arrivals = Arrivals::kPoisson;
  config.seed = 11;
  const auto all = walk(config, 400'000);
  double sum = 0;
  double squares = 0;
  constexpr int kSeconds = 300;
  for (int i = 0; i < kSeconds; ++i) {
    const auto count = static_cast<double>(count_between(all, seconds(i), seconds(i + 1)));
    sum += count;
    squares += count * count;
  }
  const double mean = sum / kSeconds;
  const double variance = squares / kSeconds - mean * mean;
  EXPECT_NEAR(mean, 1000, 5 * std::sqrt(1000.0 / kSeconds));
  EXPECT_NEAR(variance, 1000, 400);
}

TEST(Schedule, ReplayIsTheRecordingAndThenNothing) {
  ScheduleConfig config;
  config.arrivals = Arrivals::kReplay;
  config.replayed = {milliseconds(0), milliseconds(5), milliseconds(5)};
  config.start = kDrillStart + seconds(1);
  Schedule schedule(config);
  EXPECT_EQ(to_ns(schedule.next().intended), 1'000'000'000);
  EXPECT_EQ(to_ns(schedule.next().intended), 1'005'000'000);
  EXPECT_EQ(schedule.next().bid, 2U);
  EXPECT_EQ(schedule.next().intended, kNever);
  EXPECT_EQ(schedule.next().intended, kNever);
}

ScheduleConfig any_config() {
  ScheduleConfig config;
  config.seed = *rc::gen::arbitrary<std::uint64_t>();
  config.arrivals = *rc::gen::element(Arrivals::kPoisson, Arrivals::kConstant);
  const auto stages = *rc::gen::inRange(1, 6);
  for (int i = 0; i < stages; ++i) {
    config.profile.push_back({milliseconds(*rc::gen::inRange(0, 5000)),
                              {double(*rc::gen::inRange(0, 500))},
                              {double(*rc::gen::inRange(0, 500))}});
  }
  return config;
}

RC_GTEST_PROP(Schedule, IsDeterministicAndNeverGoesBack, ()) {
  const ScheduleConfig config = any_config();
  const auto first = walk(config, 1000);
  RC_ASSERT(first == walk(config, 1000));
  RC_ASSERT(std::is_sorted(first.begin(), first.end()));
}

RC_GTEST_PROP(Schedule, ConstantCountsFollowTheProfile, ()) {
  ScheduleConfig config = any_config();
  config.arrivals = Arrivals::kConstant;
  config.profile.push_back({milliseconds(1), {0}, {0}});
  double expected = 0;
  for (const RateStage& stage : config.profile) {
    expected += to_seconds(stage.length) * (stage.from.per_second + stage.to.per_second) / 2;
  }
  RC_ASSERT(std::abs(static_cast<double>(walk(config, 1'000'000).size()) - expected) <= 1.0);
}

TEST(Replay, ReadsSecondsWithHeadingAndComments) {
  const auto read = parse_replay("seconds,auction\n# recorded\n0.5,7\n\n0.5\r\n1.25,3\n", "trace.csv");
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, (std::vector<Duration>{milliseconds(500), milliseconds(500), milliseconds(1250)}));
}

TEST(Replay, NamesTheLineThatIsWrong) {
  const struct {
    const char* text;
    const char* where;
  } cases[] = {{"0.5\nx\n", "trace.csv:2"}, {"1\n0.5\n", "trace.csv:2"},   {"-1\n", "trace.csv:1"},
               {"1s\n", "trace.csv:1"},     {"nan\nnan\n", "trace.csv:2"}, {"# nothing\n", "trace.csv"}};
  for (const auto& one : cases) {
    const auto read = parse_replay(one.text, "trace.csv");
    ASSERT_FALSE(read) << one.text;
    EXPECT_EQ(read.error().context, one.where) << one.text;
  }
}

}  // namespace
}  // namespace blackstart
