#include "base/random.h"

#include "base/arithmetic.h"
#include "base/hash.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace blackstart {
namespace {

TEST(random, the_same_seed_and_name_draw_the_same_for_ever) {
  // Written down once: a drill that was run with a seed must be repeatable with every later build.
  RandomStream stream{42, "arrivals"};
  const std::uint64_t first[] = {stream.next(), stream.next(), stream.next()};
  const std::uint64_t expected[] = {0x7d5c9be438336087ULL, 0x616e09d0abfbe94cULL, 0x607bd9093ed6dfedULL};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(first[i], expected[i]) << i;
  RandomStream exponential{42, "arrivals"};
  EXPECT_EQ(exponential.exponential(), 0x1.58721672540d6p-1);
  RandomStream normal{42, "arrivals"};
  EXPECT_EQ(normal.normal(), -0x1.a4e57f2ec41b9p-3);
}

TEST(random, other_seeds_and_other_names_are_other_streams) {
  const auto first = [](std::uint64_t seed, const char* name) { return RandomStream{seed, name}.next(); };
  EXPECT_NE(first(1, "a"), first(2, "a"));
  EXPECT_NE(first(1, "a"), first(1, "b"));
  EXPECT_NE(first(0, ""), 0U);
}

RC_GTEST_PROP(random_property, below_stays_below, (std::uint64_t seed, std::uint64_t bound)) {
  RC_PRE(bound >= 1U);
  RandomStream stream{seed, "x"};
  for (int i = 0; i < 20; ++i) RC_ASSERT(stream.below(bound) < bound);
}

TEST(random, below_is_even_handed) {
  RandomStream stream{7, "x"};
  std::vector<int> seen(6);
  for (int i = 0; i < 60'000; ++i) ++seen[stream.below(6)];
  double chi_squared = 0;
  for (const int count : seen) chi_squared += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  EXPECT_LT(chi_squared, 20.5) << "5 degrees of freedom, 99.9 %; the seed is fixed";
}

struct Moments {
  double mean = 0;
  double deviation = 0;
};

template <class Draw>
Moments moments(Draw draw) {
  constexpr int kDraws = 200'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kDraws;
  return {mean, std::sqrt(squares / kDraws - mean * mean)};
}

TEST(random, distributions_have_their_moments) {
  RandomStream stream{11, "moments"};
  const auto uniform = moments([&] { return stream.uniform(); });
  EXPECT_NEAR(uniform.mean, 0.5, 0.003);
  EXPECT_NEAR(uniform.deviation, std::sqrt(1.0 / 12), 0.003);
  const auto exponential = moments([&] { return stream.exponential(); });
  EXPECT_NEAR(exponential.mean, 1, 0.01);
  EXPECT_NEAR(exponential.deviation, 1, 0.02);
  const auto normal = moments([&] { return stream.normal(); });
  EXPECT_NEAR(normal.mean, 0, 0.01);
  EXPECT_NEAR(normal.deviation, 1, 0.01);
}

TEST(random, log_normal_has_its_median_and_its_95th_percentile) {
  RandomStream stream{12, "people"};
  std::vector<double> draws(100'001);
  for (auto& draw : draws) draw = stream.log_normal(40, 90);
  std::sort(draws.begin(), draws.end());
  EXPECT_NEAR(draws[50'000], 40, 0.6);
  EXPECT_NEAR(draws[95'000], 90, 2);
  RandomStream fixed{12, "people"};
  EXPECT_NEAR(fixed.log_normal(40, 40), 40, 1e-12) << "no spread";
}

TEST(zipf, ranks_come_in_proportion_to_their_weights) {
  const ZipfTable table{5, 1.0};
  RandomStream stream{3, "auctions"};
  std::vector<int> seen(5);
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) ++seen[table.draw(stream.next())];
  const double total = 1 + 1.0 / 2 + 1.0 / 3 + 1.0 / 4 + 1.0 / 5;
  for (int rank = 0; rank < 5; ++rank) {
    EXPECT_NEAR(seen[static_cast<std::size_t>(rank)] / double{kDraws}, 1.0 / (rank + 1) / total, 0.006) << rank;
  }
}

TEST(zipf, exponent_0_is_uniform_and_one_rank_is_always_drawn) {
  const ZipfTable uniform{4, 0};
  std::vector<int> seen(4);
  for (std::uint64_t i = 0; i < 4'000; ++i) ++seen[uniform.draw(mix64(i))];
  for (const int count : seen) EXPECT_NEAR(count, 1'000, 120);
  const ZipfTable single{1, 2.5};
  EXPECT_EQ(single.draw(0), 0U);
  EXPECT_EQ(single.draw(~0ULL), 0U);
}

RC_GTEST_PROP(zipf_property, every_draw_is_a_rank, (std::uint64_t bits)) {
  const auto count = *rc::gen::inRange<std::uint32_t>(1, 500);
  const auto exponent = *rc::gen::inRange(0, 30) / 10.0;
  const ZipfTable table{count, exponent};
  RC_ASSERT(table.count() == count);
  RC_ASSERT(table.draw(bits) < count);
}

/// Distance in units in the last place of `expected`.
double ulps(double value, double expected) {
  const double step = std::nextafter(std::abs(expected), std::numeric_limits<double>::infinity()) - std::abs(expected);
  return std::abs(value - expected) / step;
}

TEST(arithmetic, logarithm_and_exponential_agree_with_the_c_library) {
  RandomStream stream{5, "arithmetic"};
  for (int i = 0; i < 100'000; ++i) {
    const double x = std::ldexp(0.5 + stream.uniform(), static_cast<int>(stream.below(2'000)) - 1'000);
    EXPECT_LE(ulps(stable_log(x), std::log(x)), 3) << x;
    const double y = (stream.uniform() - 0.5) * 1'400;
    EXPECT_NEAR(stable_exp(y) / std::exp(y), 1, 2e-15) << y;
  }
}

TEST(arithmetic, edges) {
  EXPECT_EQ(stable_log(1), 0);
  EXPECT_EQ(stable_exp(0), 1);
  EXPECT_EQ(stable_exp(-1e300), 0);
  EXPECT_EQ(stable_exp(1e300), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(stable_exp(std::numeric_limits<double>::quiet_NaN())));
  const double smallest = std::numeric_limits<double>::denorm_min();
  EXPECT_NEAR(stable_log(smallest), std::log(smallest), 1e-12);
  EXPECT_EQ(stable_pow(7, 0), 1);
  EXPECT_NEAR(stable_pow(2, 10), 1'024, 1e-11);
  EXPECT_DEATH((void)stable_log(0), "check failed");
}

}  // namespace
}  // namespace blackstart
