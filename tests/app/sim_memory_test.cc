#include "app/sim_memory.h"

#include <gtest/gtest.h>

namespace blackstart {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kGiB = std::uint64_t{1} << 30;

Plan plan_of(double per_second, Duration observe) {
  Plan plan;
  RateStage stage;
  stage.from.per_second = stage.to.per_second = per_second;
  stage.length = 1s;
  plan.spec.scenario.load.bids.profile = {stage};
  plan.steady_length = 10s;
  plan.steady_within = 60s;
  plan.observe = observe;
  return plan;
}

TEST(SimMemory, FourHoursAtTenThousandASecondFitAnOrdinaryMachine) {
  EXPECT_TRUE(fits_memory(plan_of(10'000, 4h), 1, 4 * kGiB));
}

TEST(SimMemory, GrowsWithTheRateWithTheLengthAndWithTheRunsAtOnce) {
  const auto least = sim_memory_most(plan_of(100, 10min));
  EXPECT_GT(sim_memory_most(plan_of(100'000, 10min)), 2 * least);
  EXPECT_GT(sim_memory_most(plan_of(100, 24h)), 2 * least);
  EXPECT_TRUE(fits_memory(plan_of(100, 10min), 1, least));
  EXPECT_FALSE(fits_memory(plan_of(100, 10min), 2, least));
}

TEST(SimMemory, ARefusalSaysHowMuchForWhatAndWhatToWriteInstead) {
  const Status refused = fits_memory(plan_of(50'000'000, 1h), 1, 2 * kGiB);
  ASSERT_FALSE(refused);
  const std::string said = refused.error().to_string();
  for (const char* part : {"may need up to", "50000000 bids/s", "2,048 MiB", "load.bids.rate", "observe"})
    EXPECT_NE(said.find(part), std::string::npos) << part << " in: " << said;
  EXPECT_EQ(said.find("--jobs"), std::string::npos);
  EXPECT_NE(fits_memory(plan_of(50'000'000, 1h), 8, 2 * kGiB).error().to_string().find("--jobs 1"), std::string::npos);
}

TEST(SimMemory, ForEverIsNoOverflow) { EXPECT_FALSE(fits_memory(plan_of(1e12, 24h * 365 * 100), 1'024, 1'024 * kGiB)); }

TEST(SimMemory, TheMachineHasSome) { EXPECT_GT(memory_available(), 0U); }

}  // namespace
}  // namespace blackstart
