#pragma once
// Statistics over independent runs: quantiles with order-statistic intervals, shares with Wilson intervals, what a
// spread comes from. Sums run in a fixed order and use only arithmetic that is the same on every machine. Pure.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace blackstart {

/// A share of a whole, 0..1, with its 95 % interval.
struct ShareEstimate {
  double share = 0, low = 0, high = 1;
};
/// Wilson's score interval; of nothing: 0 within [0, 1]. REQUIRES: successes <= n.
ShareEstimate wilson_95(std::uint64_t successes, std::uint64_t n);

/// The pass probability that `n` passes out of `n` prove at 95 %: 0.05^(1/n); 0 for n = 0.
double proven_share_95(std::uint64_t n);

/// Which order statistics (from 1) estimate a quantile, and bound it from either side with an error of at most 2.5 %
/// each, whatever the distribution. A bound is missing where `n` values are too few for one.
struct QuantileRanks {
  std::size_t point = 0;
  std::optional<std::size_t> low, high;
};
/// REQUIRES: n >= 1, 0 < p < 1.
QuantileRanks quantile_ranks_95(std::size_t n, double p);

/// A quantile of a sample that may hold lower bounds ("more than 30 min") beside values.
struct QuantileEstimate {
  std::int64_t value = 0;
  bool censored = false;  // it is at least `value`: lower bounds decide it
  std::optional<std::int64_t> low, high;
};
class BoundedSample {
 public:
  void add(std::int64_t value) { values_.push_back(value); }
  /// Something that is at least `bound`.
  void add_censored(std::int64_t bound) { bounds_.push_back(bound); }

  [[nodiscard]] std::size_t size() const { return values_.size() + bounds_.size(); }
  [[nodiscard]] std::size_t censored() const { return bounds_.size(); }
  /// For each of `shares` (0 < p < 1); empty for an empty sample.
  [[nodiscard]] std::vector<QuantileEstimate> quantiles(const std::vector<double>& shares) const;
  /// Smallest and largest; a lower bound counts as itself. REQUIRES: size() > 0.
  [[nodiscard]] std::int64_t min() const;
  [[nodiscard]] std::int64_t max() const;

 private:
  std::vector<std::int64_t> values_, bounds_;
};

double mean_of(const std::vector<double>& values);
/// Standard deviation of a sample (n - 1); 0 below two values.
double deviation_of(const std::vector<double>& values);

/// How much of the variance of `whole` each of its additive parts explains: cov(part, whole) / var(whole). Where the
/// parts add up to the whole, the shares add up to 1; one may be negative, where a part is long when the whole is
/// short. All 0 where the whole does not vary. REQUIRES: every part has as many values as the whole.
std::vector<double> variance_shares(const std::vector<std::vector<double>>& parts, const std::vector<double>& whole);

}  // namespace blackstart
