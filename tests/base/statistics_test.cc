#include "base/statistics.h"

#include "base/random.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace blackstart {
namespace {

// ---- Wilson: values of the closed formula, computed with other software

TEST(Wilson, KnownIntervals) {
  struct Case {
    std::uint64_t successes, n;
    double low, high;
  };
  for (const Case& known :
       {Case{93, 100, 0.8625048526092651, 0.9656807389327273}, Case{0, 10, 0, 0.2775327998628892},
        Case{10, 10, 0.7224672001371107, 1}, Case{931, 1000, 0.9135852797713628, 0.9451160544140889},
        Case{1, 1, 0.20654931437723745, 1}, Case{15, 50, 0.19103553500880954, 0.437503504644534}}) {
    const ShareEstimate estimate = wilson_95(known.successes, known.n);
    SCOPED_TRACE(known.successes);
    EXPECT_DOUBLE_EQ(estimate.share, static_cast<double>(known.successes) / static_cast<double>(known.n));
    EXPECT_NEAR(estimate.low, known.low, 1e-12);
    EXPECT_NEAR(estimate.high, known.high, 1e-12);
  }
}

/// Over chances from 2 % to 98 %, the interval of 60 runs holds the chance 95 times in 100, give or take one.
TEST(Wilson, IntervalsCover) {
  RandomStream random(11, "statistics test");
  constexpr int kRuns = 60, kTrials = 300;
  int covered = 0, all = 0;
  for (int percent = 2; percent <= 98; ++percent) {
    const double chance = percent / 100.0;
    for (int trial = 0; trial < kTrials; ++trial) {
      std::uint64_t met = 0;
      for (int run = 0; run < kRuns; ++run) met += random.uniform() < chance ? 1 : 0;
      const ShareEstimate estimate = wilson_95(met, kRuns);
      covered += estimate.low <= chance && chance <= estimate.high ? 1 : 0;
      ++all;
    }
  }
  EXPECT_NEAR(static_cast<double>(covered) / all, 0.95, 0.01);
}

TEST(Wilson, NothingIsKnownOfNothing) {
  const ShareEstimate estimate = wilson_95(0, 0);
  EXPECT_EQ(estimate.low, 0);
  EXPECT_EQ(estimate.high, 1);
}

TEST(ProvenShare, FiftyNinePassesProve95PercentAnd299Prove99) {
  EXPECT_LT(proven_share_95(58), 0.95);
  EXPECT_GE(proven_share_95(59), 0.95);
  EXPECT_LT(proven_share_95(298), 0.99);
  EXPECT_GE(proven_share_95(299), 0.99);
  EXPECT_EQ(proven_share_95(0), 0);
}

// ---- order statistics: by exact sums of the binomial, computed with other software

TEST(QuantileRanks, KnownRanks) {
  struct Case {
    std::size_t n;
    double p;
    std::size_t point;
    std::optional<std::size_t> low, high;
  };
  const auto none = std::nullopt;
  for (const Case& known :
       {Case{10, .5, 5, 2, 9}, Case{100, .5, 50, 40, 61}, Case{20, .5, 10, 6, 15}, Case{100, .95, 95, 90, 100},
        Case{71, .95, 68, 63, none}, Case{72, .95, 69, 64, 72}, Case{100, .05, 5, 1, 11}, Case{5, .5, 3, none, none},
        Case{6, .5, 3, 1, 6}, Case{367, .99, 364, 359, none}, Case{368, .99, 365, 360, 368},
        Case{1000, .95, 950, 936, 964}, Case{1000, .05, 50, 37, 65}, Case{1, .5, 1, none, none}}) {
    const QuantileRanks ranks = quantile_ranks_95(known.n, known.p);
    SCOPED_TRACE(testing::Message() << known.n << " " << known.p);
    EXPECT_EQ(ranks.point, known.point);
    EXPECT_EQ(ranks.low, known.low);
    EXPECT_EQ(ranks.high, known.high);
  }
}

TEST(QuantileRanks, ManyRunsLoseNoPrecision) {
  // By the normal approximation: n p -+ 1.96 sqrt(n p (1 - p)).
  const QuantileRanks ranks = quantile_ranks_95(1'000'000, 0.99);
  EXPECT_NEAR(static_cast<double>(*ranks.low), 990'000 - 195, 2);
  EXPECT_NEAR(static_cast<double>(*ranks.high), 990'000 + 196, 2);
}

/// The interval holds the true quantile at least 95 times in 100.
TEST(BoundedSample, IntervalsCover) {
  RandomStream random(7, "statistics test");
  constexpr int kTrials = 2000;
  constexpr double kShare = 0.9;
  int covered = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    BoundedSample sample;
    for (int value = 0; value < 80; ++value) sample.add(static_cast<std::int64_t>(random.below(1'000'000)));
    const auto estimate = sample.quantiles({kShare}).front();
    const bool above = estimate.low && *estimate.low > 900'000, below = estimate.high && *estimate.high < 900'000;
    covered += !above && !below ? 1 : 0;
  }
  // At most 5 % miss by construction; three standard deviations of chance.
  EXPECT_GE(covered, kTrials * 0.95 - 3 * std::sqrt(kTrials * 0.95 * 0.05));
  EXPECT_LT(covered, kTrials);  // an interval that cannot miss says nothing
}

/// Also where runs were cut off before their end and give lower bounds alone.
TEST(BoundedSample, IntervalsCoverWhereRunsAreCensored) {
  RandomStream random(8, "statistics test");
  constexpr int kTrials = 2000;
  constexpr double kShare = 0.7;
  int covered = 0, bounded = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    BoundedSample sample;
    for (int value = 0; value < 80; ++value) {
      const auto length = static_cast<std::int64_t>(random.below(1'000'000));
      const auto cut = static_cast<std::int64_t>(random.below(10'000'000));  // one run of twenty
      if (length < cut)
        sample.add(length);
      else
        sample.add_censored(cut);
    }
    const auto estimate = sample.quantiles({kShare}).front();
    const bool above = estimate.low && *estimate.low > 700'000, below = estimate.high && *estimate.high < 700'000;
    covered += !above && !below ? 1 : 0;
    bounded += estimate.low && estimate.high ? 1 : 0;
  }
  EXPECT_GE(covered, kTrials * 0.95 - 3 * std::sqrt(kTrials * 0.95 * 0.05));
  EXPECT_EQ(bounded, kTrials);  // an interval without an end would cover anything
}

TEST(BoundedSample, AQuantileIsANearestRank) {
  BoundedSample sample;
  for (const std::int64_t value : {50, 10, 40, 20, 30}) sample.add(value);
  const auto quantiles = sample.quantiles({0.05, 0.5, 0.8, 0.81, 0.99});
  ASSERT_EQ(quantiles.size(), 5u);
  const std::int64_t expected[] = {10, 30, 40, 50, 50};
  for (std::size_t index = 0; index < 5; ++index) {
    EXPECT_EQ(quantiles[index].value, expected[index]);
    EXPECT_FALSE(quantiles[index].censored);
  }
  EXPECT_EQ(sample.min(), 10);
  EXPECT_EQ(sample.max(), 50);
}

TEST(BoundedSample, ACensoredRunMovesOnlyWhatItCanReach) {
  BoundedSample sample;
  for (std::int64_t value = 1; value <= 9; ++value) sample.add(value);
  sample.add_censored(100);  // beyond all others: the median stands, the 95th percentile is a lower bound
  auto quantiles = sample.quantiles({0.5, 0.95});
  EXPECT_EQ(quantiles[0].value, 5);
  EXPECT_FALSE(quantiles[0].censored);
  EXPECT_EQ(quantiles[1].value, 100);
  EXPECT_TRUE(quantiles[1].censored);
  EXPECT_EQ(sample.censored(), 1u);
}

TEST(BoundedSample, AnEarlyBoundMakesTheMedianABound) {
  BoundedSample sample;
  for (std::int64_t value = 1; value <= 9; ++value) sample.add(value);
  sample.add_censored(0);  // it may be anything
  const auto median = sample.quantiles({0.5}).front();
  EXPECT_EQ(median.value, 4);  // at least this: with the unknown one below all
  EXPECT_TRUE(median.censored);
  EXPECT_EQ(median.low, 1);   // rank 2 of 0, 1, 2, ...
  EXPECT_EQ(median.high, 9);  // rank 9 of 1, 2, ..., with the unknown one above all
}

TEST(BoundedSample, NoUpperBoundWhereCensoredRunsFillTheTail) {
  BoundedSample sample;
  for (std::int64_t value = 1; value <= 8; ++value) sample.add(value);
  sample.add_censored(8);
  sample.add_censored(8);
  EXPECT_EQ(sample.quantiles({0.5}).front().high, std::nullopt);
}

TEST(BoundedSample, AnEmptySampleHasNoQuantiles) { EXPECT_TRUE(BoundedSample().quantiles({0.5}).empty()); }

// ---- shares of variance

TEST(VarianceShares, IndependentPartsShareByTheirVariance) {
  // Orthogonal columns with variances 4 and 1.
  const std::vector<double> a{2, 2, -2, -2}, b{1, -1, 1, -1};
  std::vector<double> whole;
  for (std::size_t index = 0; index < a.size(); ++index) whole.push_back(a[index] + b[index]);
  const auto shares = variance_shares({a, b}, whole);
  EXPECT_DOUBLE_EQ(shares[0], 0.8);
  EXPECT_DOUBLE_EQ(shares[1], 0.2);
}

TEST(VarianceShares, APartThatWorksAgainstTheWholeIsNegative) {
  const auto shares = variance_shares({{1, 2, 3}, {-0.5, -1, -1.5}}, {0.5, 1, 1.5});
  EXPECT_DOUBLE_EQ(shares[0], 2);
  EXPECT_DOUBLE_EQ(shares[1], -1);
}

TEST(VarianceShares, NothingVaries) { EXPECT_EQ(variance_shares({{1, 1}}, {5, 5}), std::vector<double>{0}); }

RC_GTEST_PROP(VarianceShares, AddUpToOne, (const std::vector<std::array<std::uint16_t, 3>>& rows)) {
  std::vector<std::vector<double>> parts(3);
  std::vector<double> whole;
  for (const auto& row : rows) {
    whole.push_back(0);
    for (std::size_t part = 0; part < 3; ++part) {
      parts[part].push_back(row[part]);
      whole.back() += row[part];
    }
  }
  const bool varies = !whole.empty() && deviation_of(whole) > 0;
  double sum = 0;
  for (const double share : variance_shares(parts, whole)) sum += share;
  RC_ASSERT(std::abs(sum - (varies ? 1 : 0)) < 1e-9);
}

TEST(Deviation, OfASample) {
  EXPECT_DOUBLE_EQ(deviation_of({2, 4, 4, 4, 5, 5, 7, 9}), std::sqrt(32.0 / 7));
  EXPECT_EQ(deviation_of({3}), 0);
}

}  // namespace
}  // namespace blackstart
